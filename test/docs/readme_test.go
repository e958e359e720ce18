// Package docs_test runs what the README tells a newcomer to do.
package docs_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

// terminal is one run of the example, with its lines.
type terminal struct {
	in    io.Writer
	lines chan string
}

func talk(t *testing.T, s *harness.Server, args ...string) *terminal {
	t.Helper()
	return run(t, s, "talk.js", args...)
}

func run(t *testing.T, s *harness.Server, program string, args ...string) *terminal {
	t.Helper()
	dir := filepath.Join(harness.Root(), "examples", "talk")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal("the example is not installed: run `make deps`")
	}
	cmd := exec.Command("node", append([]string{program, "--url", s.URL}, args...)...)
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &terminal{in: in, lines: make(chan string, 100)}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			term.lines <- lines.Text()
		}
		close(term.lines)
	}()
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return term
}

func (term *terminal) say(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(term.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

func (term *terminal) wants(t *testing.T, part string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-term.lines:
			if !ok {
				t.Fatalf("the terminal closed before %q", part)
			}
			if strings.Contains(line, part) {
				return
			}
		case <-deadline:
			t.Fatalf("no line with %q", part)
		}
	}
}

// token runs `parley token` as the README does.
func token(t *testing.T, s *harness.Server, sub string) string {
	t.Helper()
	cmd := exec.Command(harness.Binary(t), "token", "--sub", sub)
	cmd.Env = append(os.Environ(), "PARLEY_DATABASE_URL="+s.DB, "PARLEY_JWT_SECRET="+harness.Secret)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}

// TestFirstConversation is the README's: two terminals, and the history over HTTP.
func TestFirstConversation(t *testing.T) {
	s := harness.Start(t, "PARLEY_OPEN_USERS=false")
	bob := talk(t, s, "--token", token(t, s, "bob"))
	bob.wants(t, "bob is connected, and waits to be invited")
	alice := talk(t, s, "--token", token(t, s, "alice"), "--with", "bob")
	bob.wants(t, `you are in "A conversation"`)
	alice.wants(t, "alice is connected to room")
	alice.say(t, "Hello Bob")
	bob.wants(t, "alice: Hello Bob")
	bob.say(t, "Hello Alice")
	alice.wants(t, "bob: Hello Alice")
	_, answer := s.Call(t, "GET", "/chat/messages?limit=10", token(t, s, "alice"), nil)
	messages, _ := answer["messages"].([]any)
	if len(messages) != 2 {
		t.Errorf("the history has %d messages: %v", len(messages), answer)
	}
}

// TestFirstQuestion is the README's: the answer comes, and the program ends.
func TestFirstQuestion(t *testing.T) {
	s := harness.Start(t)
	ask := run(t, s, "ask.js", "--token", token(t, s, "bob"), "What do you know?")
	ask.wants(t, "What do you know?")
	for line := range ask.lines {
		t.Log(line)
	}
	_, answer := s.Call(t, "GET", "/chat/history", token(t, s, "bob"), nil)
	if messages, _ := answer["messages"].([]any); len(messages) != 2 {
		t.Errorf("the history has %d messages: %v", len(messages), answer)
	}
}
