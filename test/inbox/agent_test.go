package inbox

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/internal/sioclient"
)

// The settings that make this test's program an agent: see TestMain.
const (
	agentURL   = "PARLEY_TEST_AGENT_URL"
	agentToken = "PARLEY_TEST_AGENT_TOKEN" //nolint:gosec // a setting's name
)

// beAgent is an agent on Socket.IO in a process of its own, until it is killed.
func beAgent(url, token string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ready := &greeted{said: make(chan struct{})}
	conn, err := sioclient.Dial(ctx, sioclient.Options{URL: url, Handler: ready, Auth: map[string]string{"token": token}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {
	case <-ready.said:
	case <-conn.Done():
	}
	fmt.Println("ready")
	<-conn.Done()
	return 0
}

// greeted waits for the first event, `ready`.
type greeted struct {
	once sync.Once
	said chan struct{}
}

func (g *greeted) Event([]byte)       { g.once.Do(func() { close(g.said) }) }
func (g *greeted) Ack(uint64, []byte) {}

// process is an agent's process.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	kill func() // as a power cut would, and waits until it is gone
}

// startAgent starts an agent's process and waits until it is connected.
func (h *house) startAgent(t *testing.T, token string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), agentURL+"="+h.URL, agentToken+"="+token)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() {
		defer close(p.done)
		_ = cmd.Wait()
	}()
	p.kill = func() {
		_ = cmd.Process.Kill()
		<-p.done
	}
	t.Cleanup(p.kill)
	if err != nil || strings.TrimSpace(line) != "ready" {
		t.Fatalf("the agent's process is not ready: %q %v", line, err)
	}
	return p
}
