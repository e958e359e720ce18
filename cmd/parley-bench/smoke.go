package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// ratioBenchmark is a benchmark of the repository that measures its own peer in
// the same run and reports the metric `ratio`.
type ratioBenchmark struct{ name, pkg, peer string }

var (
	appendBenchmark   = ratioBenchmark{"Post64", "./chat/...", "bare insert"}
	deliveryBenchmark = ratioBenchmark{"FanOut100", "./gateway/socketio", "gorilla"}
)

// smokeSecret signs the tokens of servers that live for one round on loopback.
const smokeSecret = "parley-bench-smoke-secret-of-32-bytes-or-more"

// smokeCommand measures Parley beside its peers. Every figure comes from fresh
// servers, one at a time, in turns: a noisy minute hits all of them.
type smokeCommand struct {
	Root        string        `help:"The repository." default:"." type:"existingdir"`
	Parley      string        `help:"A built parley to measure; built from the repository if empty." placeholder:"PATH" type:"existingfile"`
	Rounds      int           `help:"Rounds of each line; medians count." default:"5"`
	IdleRounds  int           `help:"Rounds of the idle line." default:"2"`
	Duration    time.Duration `help:"Measured time of one run." default:"4s"`
	Rate        float64       `help:"Messages per second of the delivery line." default:"200"`
	Connections int           `help:"Connections of the idle line." default:"4000"`
	BenchTime   string        `help:"-benchtime of the Go benchmarks." default:"2s"`
	PollRounds  int           `help:"Rounds of the polls line." default:"3"`
	PollTime    time.Duration `help:"Measured time of each part of the polls line." default:"10s"`
	NodeRounds  int           `help:"Rounds of the nodes line." default:"5"`
	NodeTime    time.Duration `help:"Measured time of each part of the nodes line." default:"6s"`
	Only        []string      `help:"Lines to measure: fan-out, delivery, idle, append, streams, polls, nodes." default:"fan-out,delivery,idle,append,streams,polls,nodes" enum:"fan-out,delivery,idle,append,streams,polls,nodes"`
	Strict      bool          `help:"Fail where a line falls short."`
	settle      `embed:""`
}

// Run is called by kong.
func (c *smokeCommand) Run(ctx context.Context, out io.Writer) error {
	if min(c.Rounds, c.IdleRounds, c.PollRounds, c.NodeRounds) < 1 || min(c.PollTime, c.NodeTime) <= 0 || c.Rate <= 0 {
		return errors.New("--rounds, --idle-rounds, --poll-rounds, --poll-time, --node-rounds, --node-time and --rate must be positive")
	}
	s := &smoke{smokeCommand: c, progress: os.Stderr}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	defer os.RemoveAll(s.built)
	measures := []struct {
		name string
		do   func(context.Context) ([]line, error)
	}{{"fan-out", s.fanOut}, {"delivery", s.delivery}, {"idle", s.idle}, {"append", s.appendRate}, {"streams", s.streams}, {"polls", s.polls}, {"nodes", s.nodes}}
	var lines []line
	var failures []error
	for _, m := range measures {
		if !slices.Contains(c.Only, m.name) {
			continue
		}
		measured, err := m.do(ctx)
		lines = append(lines, measured...)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", m.name, err))
		}
	}
	fmt.Fprintf(out, "%s %s/%s, %d cores, Node %s, loopback; medians of %d rounds (idle: %d, polls: %d, nodes: %d)\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), s.nodeVersion(ctx), c.Rounds, c.IdleRounds, c.PollRounds, c.NodeRounds)
	failures = append(failures, writeTable(out, lines))
	if short := shortOf(lines); c.Strict && short > 0 {
		failures = append(failures, fmt.Errorf("%d lines fall short", short))
	}
	return errors.Join(failures...)
}

// smoke is one smoke run: what was built, and how to start it.
type smoke struct {
	*smokeCommand
	progress io.Writer
	built    string // directory of the binaries made for this run
	parley   contender
	node     contender
	gorilla  contender
}

// prepare builds the servers and reads Parley's settings.
func (s *smoke) prepare(ctx context.Context) error {
	root, err := filepath.Abs(s.Root)
	if err != nil {
		return err
	}
	s.Root = root
	if s.built, err = os.MkdirTemp("", "parley-bench-bin-"); err != nil {
		return err
	}
	if s.Parley == "" {
		s.Parley = filepath.Join(s.built, "parley")
		if err := s.command(ctx, ".", "go", "build", "-o", s.Parley, "./cmd/parley"); err != nil {
			return err
		}
	}
	gorilla := filepath.Join(s.built, "gorilla")
	if err := s.command(ctx, "bench", "go", "build", "-o", gorilla, "./gorilla"); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.Root, "bench/node/node_modules/socket.io")); err != nil {
		if err := s.command(ctx, "bench/node", "npm", "ci"); err != nil {
			return err
		}
	}
	env, err := s.parleyEnv(ctx)
	if err != nil {
		return err
	}
	s.contenders(ctx, env, gorilla)
	return nil
}

// contenders tells how each server is started; env is Parley's environment.
func (s *smoke) contenders(ctx context.Context, env []string, gorilla string) {
	s.parley = contender{name: "Parley", secret: smokeSecret, command: func(addr, dir string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, s.Parley, "serve")
		cmd.Dir = dir
		cmd.Env = append(slices.Clone(env), "PARLEY_ADDR="+addr,
			"PARLEY_DATABASE_URL=sqlite://"+filepath.Join(dir, "parley.db"), "PARLEY_JWT_SECRET="+smokeSecret)
		return cmd
	}}
	s.node = contender{name: "Node", plain: true, command: func(addr, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, "node", filepath.Join(s.Root, "bench/node/server.js"), addr[strings.LastIndexByte(addr, ':')+1:])
	}}
	s.gorilla = contender{name: "gorilla", plain: true, command: func(addr, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, gorilla, "-addr", addr)
	}}
}

// parleyEnv is this process's environment without Parley's settings, and then
// those of bench/parley.env, each of which the server must know.
func (s *smoke) parleyEnv(ctx context.Context) ([]string, error) {
	file := filepath.Join(s.Root, "bench/parley.env")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	help, err := exec.CommandContext(ctx, s.Parley, "serve", "--help").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("parley serve --help: %w\n%.2000s", err, help)
	}
	settings, err := parseEnv(string(text), string(help))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	env := slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "PARLEY_") })
	return append(env, settings...), nil
}

// parseEnv reads NAME=value lines, with empty ones and # comments between, and
// refuses names that help does not mention.
func parseEnv(text, help string) ([]string, error) {
	var settings []string
	var failures []error
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, _, ok := strings.Cut(line, "=")
		switch {
		case !ok:
			failures = append(failures, fmt.Errorf("%q is not NAME=value", line))
		case !slices.Contains(strings.FieldsFunc(help, notInName), name):
			failures = append(failures, fmt.Errorf("parley serve --help does not name %s", name))
		default:
			settings = append(settings, line)
		}
	}
	return settings, errors.Join(failures...)
}

func notInName(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }

// command runs a build step in a folder of the repository.
func (s *smoke) command(ctx context.Context, dir, name string, args ...string) error {
	fmt.Fprintln(s.progress, name, strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = filepath.Join(s.Root, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func (s *smoke) nodeVersion(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(strings.TrimPrefix(string(out), "v"))
}
