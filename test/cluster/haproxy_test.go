package cluster

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/test/harness"
)

// haproxyProgram is where Debian has it, which is not on everybody's PATH.
const haproxyProgram = "/usr/sbin/haproxy"

// haproxy runs the real program with deploy/haproxy.cfg, in which nothing is changed
// but addresses, before three nodes, and returns its URL once it serves.
func haproxy(t *testing.T, servers []*harness.Server) string {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(harness.Root(), "deploy", "haproxy.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	addr := harness.FreeAddr(t)
	text := strings.Replace(string(config), "bind :8080", "bind "+addr, 1)
	for i, s := range servers {
		text = strings.Replace(text, fmt.Sprintf("node%d:3000", i+1), s.Addr, 1)
	}
	if regexp.MustCompile(`node\d:|:8080`).MatchString(text) {
		t.Fatal("the configuration names other nodes, or another port")
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(haproxyProgram, "-c", "-f", file).CombinedOutput(); err != nil || bytes.Contains(out, []byte("WARNING")) {
		t.Fatalf("the configuration is not right (`make deps` installs haproxy): %v\n%s", err, out)
	}
	cmd := exec.Command(haproxyProgram, "-db", "-f", file)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("haproxy: %s", log.String())
		}
	})
	url := "http://" + addr
	harness.Eventually(t, 20*time.Second, func() (bool, string) {
		status, err := ask(t.Context(), http.DefaultClient, url)
		return status == http.StatusOK, fmt.Sprint("haproxy answers ", status, " ", err)
	})
	return url
}

// ask asks whoever the balancer chooses whether it is ready.
func ask(ctx context.Context, client *http.Client, url string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// TestOfficialClientsThroughHAProxy: over each transport, with each request of a
// connection on another node, users of three nodes get every message once and in order.
func TestOfficialClientsThroughHAProxy(t *testing.T) {
	nodes := harness.StartNodes(t, 3)
	url := haproxy(t, nodes.Servers)
	for _, transport := range []string{"websocket", "polling", "upgrade"} {
		t.Run(transport, func(t *testing.T) {
			total := harness.Sized(600, 6000)
			users, ids := make([]map[string]string, 6), make([]string, 6)
			for i := range users {
				ids[i] = fmt.Sprintf("%s-%d", transport, i)
				users[i] = map[string]string{"id": ids[i], "token": harness.Token(t, ids[i], "user")}
			}
			room := nodes.Servers[0].Room(t, ids[0], ids[1:]...)
			var seen struct {
				Errors  []string
				Seconds float64
				IDs     []string
			}
			harness.Node(t, 5*time.Minute, "deliver.js", map[string]any{
				"url": url, "room": room, "users": users, "transport": transport, "total": total, "burst": 40,
			}, &seen)
			for _, e := range seen.Errors {
				t.Error(e)
			}
			if history := nodes.Servers[2].History(t, room, users[1]["token"]); len(history) != total || len(seen.IDs) != total {
				t.Fatalf("%d messages were delivered and %d are stored, want %d", len(seen.IDs), len(history), total)
			}
			t.Logf("%d messages to 6 users in %.1f s", total, seen.Seconds)
		})
	}
}

// TestNodesComeAndGoBehindHAProxy: no request fails because a node drains, is gone, or
// comes back.
func TestNodesComeAndGoBehindHAProxy(t *testing.T) {
	nodes := harness.StartNodes(t, 3)
	url := haproxy(t, nodes.Servers)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	ctx, stop := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	var asked atomic.Int64
	for range 4 {
		asking.Go(func() {
			for ctx.Err() == nil {
				status, err := ask(ctx, client, url)
				if ctx.Err() == nil && (err != nil || status != http.StatusOK) {
					t.Errorf("request %d: %d %v", asked.Load(), status, err)
				}
				asked.Add(1)
			}
		})
	}
	for range harness.Sized(2, 10) {
		for _, s := range nodes.Servers {
			s.Kill()
			s.Run()
			s.Stop()
			s.Run()
		}
	}
	stop()
	asking.Wait()
	t.Logf("%d requests", asked.Load())
}
