package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Program is one of test/js's programs, running beside the test. It takes a line
// on its standard input for a word from the test, and prints a JSON object on a
// line for each thing that it has to say.
type Program struct {
	tb    testing.TB
	name  string
	in    io.WriteCloser
	lines chan []byte
	done  chan struct{}
	err   error // set before done is closed
	log   *lockedBuffer
}

// StartNode starts a program with a JSON argument. It ends with the test.
func StartNode(tb testing.TB, program string, arg any) *Program {
	tb.Helper()
	b, err := json.Marshal(arg)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", program, string(b)) //nolint:gosec // our own program
	cmd.Dir = clientsDir(tb)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p := &Program{tb: tb, name: program, lines: make(chan []byte, 1024), done: make(chan struct{}), log: &lockedBuffer{}}
	cmd.Stderr = p.log
	if p.in, err = cmd.StdinPipe(); err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.read(ctx, out)
		p.err = cmd.Wait()
	}()
	tb.Cleanup(func() {
		cancel()
		<-p.done
		if text := p.log.String(); text != "" {
			tb.Logf("%s: %s", program, text)
		}
	})
	return p
}

func (p *Program) read(ctx context.Context, out io.Reader) {
	defer close(p.lines)
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			select {
			case p.lines <- line:
			case <-ctx.Done():
			}
		}
		if err != nil {
			return
		}
	}
}

// Next waits for the next line and decodes it into out.
func (p *Program) Next(timeout time.Duration, out any) {
	p.tb.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			<-p.done
			p.tb.Fatalf("%s ended: %v\n%s", p.name, p.err, p.log)
		}
		if err := json.Unmarshal(line, out); err != nil {
			p.tb.Fatalf("%s printed no JSON: %v\n%.2000s", p.name, err, line)
		}
	case <-time.After(timeout):
		p.tb.Fatalf("%s has nothing to say for %v\n%s", p.name, timeout, p.log)
	}
}

// Tell writes a word to the program.
func (p *Program) Tell(word string) {
	p.tb.Helper()
	if _, err := fmt.Fprintln(p.in, word); err != nil {
		p.tb.Fatalf("%s does not listen: %v\n%s", p.name, err, p.log)
	}
}

func clientsDir(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join(Root(), "test", "js")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		tb.Fatal("the JavaScript clients are not installed: run `make deps`")
	}
	return dir
}
