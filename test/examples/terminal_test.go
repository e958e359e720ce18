package examples_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/test/harness"
)

// terminal is a program that runs as if somebody sat before it: with the lines
// that it prints and a keyboard. It ends with the test.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	done chan struct{}
	// patience is how long a line may take to come.
	patience time.Duration

	mu      sync.Mutex
	lines   []string
	ended   bool
	changed chan struct{} // closed with each line, and at the end
}

// run starts a program in a directory; env comes on top of the test's own.
func run(t *testing.T, dir string, env []string, name string, args ...string) *terminal {
	t.Helper()
	term := &terminal{t: t, cmd: exec.Command(name, args...), patience: harness.Patience}
	term.done, term.changed = make(chan struct{}), make(chan struct{})
	term.cmd.Dir, term.cmd.Env = dir, append(os.Environ(), env...)
	term.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := term.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	term.in, term.cmd.Stdout, term.cmd.Stderr = in, w, w
	if err := term.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	go term.read(r)
	t.Cleanup(func() {
		_ = term.cmd.Process.Kill()
		<-term.done
		if t.Failed() {
			t.Logf("%s %s printed:\n%s", name, strings.Join(args, " "), term.text())
		}
	})
	return term
}

func (term *terminal) read(r *os.File) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		term.change(func() { term.lines = append(term.lines, lines.Text()) })
	}
	_ = r.Close()
	_ = term.cmd.Wait()
	term.change(func() { term.ended = true })
	close(term.done)
}

func (term *terminal) change(do func()) {
	term.mu.Lock()
	defer term.mu.Unlock()
	do()
	close(term.changed)
	term.changed = make(chan struct{})
}

// types writes a line on its keyboard.
func (term *terminal) types(line string) {
	term.t.Helper()
	if _, err := fmt.Fprintln(term.in, line); err != nil {
		term.t.Fatal(err)
	}
}

// wants waits for a line that has the part, which may have come before, and
// returns it.
func (term *terminal) wants(part string) string {
	term.t.Helper()
	return term.wantsNth(1, part)
}

// wantsNth waits for the nth line that has the part.
func (term *terminal) wantsNth(n int, part string) string {
	term.t.Helper()
	deadline := time.After(term.patience)
	for {
		term.mu.Lock()
		lines, changed, ended := term.lines, term.changed, term.ended
		term.mu.Unlock()
		seen := 0
		for _, line := range lines {
			if strings.Contains(line, part) {
				seen++
			}
			if seen == n {
				return line
			}
		}
		if ended {
			term.t.Fatalf("ended without %q", part)
		}
		select {
		case <-changed:
		case <-deadline:
			term.t.Fatalf("no line with %q", part)
		}
	}
}

// text is all that it has printed.
func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return strings.Join(term.lines, "\n")
}

// ends sends a signal and returns the status with which the program ends, -1
// where the signal ended it.
func (term *terminal) ends(sig syscall.Signal) int {
	term.t.Helper()
	_ = term.cmd.Process.Signal(sig)
	select {
	case <-term.done:
	case <-time.After(harness.Patience):
		term.t.Fatalf("did not end with %v", sig)
	}
	return term.cmd.ProcessState.ExitCode()
}
