package examples_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// TestPage opens the HTML page that docs/clients.md shows, with the script that
// it says to copy, and talks with it.
func TestPage(t *testing.T) {
	s := harness.Start(t)
	room := s.Room(t, "alice", "bob")
	dir := t.TempDir()
	html := filled(clients(t).block(t, "A page", "html", 0), s, harness.Token(t, "alice", "user"), room)
	write(t, dir, "index.html", html)
	copyAsTold(t, dir)
	site := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(site.Close)

	p := run(t, installed(t, "test", "examples"), nil, "node", "page.mjs", site.URL+"/")
	p.wants("open")
	p.types("Hello <b>Bob</b>")
	p.wants("alice: Hello <b>Bob</b>")
	bob := s.Dial(t, "bob")
	bob.Call("message", room, "Hello Alice")
	p.wants("bob: Hello Alice")
}

// copyAsTold runs the page's cp with this repository's client.
func copyAsTold(t *testing.T, dir string) {
	t.Helper()
	install, cp, _ := strings.Cut(strings.TrimSpace(clients(t).block(t, "A page", "sh", 0)), "\n")
	deps := installed(t, "test", "examples")
	if pinned := version(t, deps); install != "npm install socket.io-client@"+pinned {
		t.Errorf("the page says %s, tested is %s", install, pinned)
	}
	link(t, deps, dir)
	sh(t, dir, nil, cp)
}

func version(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", "socket.io-client", "package.json")) //nolint:gosec // our own
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Version string }
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p.Version
}

// TestAngular compiles the service as strictly as a new Angular application does,
// and talks through it.
func TestAngular(t *testing.T) {
	s := harness.Start(t)
	room := s.Room(t, "alice", "bob")
	dir, deps := t.TempDir(), installed(t, "test", "examples")
	link(t, deps, dir)
	doc := clients(t)
	write(t, dir, "package.json", `{"type":"module"}`)
	write(t, dir, "chat.service.ts", doc.block(t, "Angular", "ts", 0))
	write(t, dir, "app.config.ts", "import { ApplicationConfig } from '@angular/core';\nimport { CHAT } from './chat.service';\n"+
		"export const config: ApplicationConfig = {\n"+doc.block(t, "Angular", "ts", 1)+"};\n")

	app := run(t, deps, nil, "node", "angular.mjs", dir, s.URL, harness.Token(t, "alice", "user"), room)
	app.patience = 5 * time.Minute // a compiler may be slow on a busy machine
	app.types("Hello Bob")
	app.wants("alice: Hello Bob (1, Hello Bob, true)")
	bob := s.Dial(t, "bob")
	bob.Call("message", room, "Hello Alice")
	app.wants("bob: Hello Alice (2, Hello Alice, true)")
	app.types("")
	app.wants("refused: ")
	_ = app.in.Close()
	<-app.done
	if code := app.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// form is what a user types into a Socket.IO client's fields.
type form struct {
	URL           string   `json:"url"`
	Path          string   `json:"path"`
	Authorization string   `json:"authorization"`
	Event         string   `json:"event"`
	Args          []string `json:"args"`
}

// TestPostman connects with exactly what the page says to type, in its own words
// and in Conduit's.
func TestPostman(t *testing.T) {
	s := harness.Start(t)
	room := s.Room(t, "alice")
	doc := clients(t)
	field := map[string]string{}
	for _, row := range doc.rows(t, "Postman") {
		if code := spans(row[1]); len(code) > 0 {
			field[strings.TrimSpace(row[0])] = code[0]
		}
	}
	own := form{
		field["URL"], field["Settings, Handshake path"], "TOKEN", field["Message, event name"],
		[]string{field["Message, Arg 1, Text"], field["Message, Arg 2, Text"]},
	}
	_, worded, _ := strings.Cut(doc["Postman"].text, "Instructions written for Conduit")
	code := spans(worded)
	if len(code) != 3 || code[1] != "Authorization" {
		t.Fatalf("Conduit's words: %q", code)
	}
	conduit := form{code[0], code[2], "Bearer TOKEN", "message", []string{"ROOM", "Hello from Conduit's document"}}
	for _, f := range []form{own, conduit} {
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		c := run(t, installed(t, "test", "examples"), nil, "node", "connect.mjs", filled(string(text), s, harness.Token(t, "alice", "user"), room))
		c.wants(`ack: {"ok":true,"messageId":`)
		c.wants("message: " + f.Args[1])
	}
}

// TestCurl runs the page's commands, those that get a token and a room first.
func TestCurl(t *testing.T) {
	s := harness.Start(t)
	doc, dir := clients(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(harness.Binary(t), filepath.Join(dir, "bin", "parley")); err != nil {
		t.Fatal(err)
	}
	fill := func(code string) string { return strings.ReplaceAll(code, "localhost:3000", s.Addr) }
	out := strings.Fields(sh(t, dir, commandEnv(s), fill(doc.block(t, "", "sh", 0))))
	if len(out) != 2 {
		t.Fatalf("no token and room: %q", out)
	}
	env := []string{"TOKEN=" + out[0], "ROOM=" + out[1]}
	said := sh(t, dir, env, fill(doc.block(t, "curl", "sh", 0)))
	for _, part := range []string{`40/chat,{"sid":`, `42/chat,["ready",`, `42/chat,["message",`, `43/chat,1[{"ok":true,`} {
		if !strings.Contains(said, part) {
			t.Errorf("no %s in:\n%s", part, said)
		}
	}
	if said := sh(t, dir, env, fill(doc.block(t, "curl", "sh", 1))); !strings.Contains(said, `"messageId":`) || !strings.Contains(said, `"seq":2`) {
		t.Errorf("posting: %s", said)
	}
}

// sh runs a script and returns what it prints, errors included.
func sh(t *testing.T, dir string, env []string, script string) string {
	t.Helper()
	cmd := exec.Command("timeout", "60", "bash", "-euo", "pipefail", "-c", script) //nolint:gosec // out of our own page
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	return string(out)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// link gives a directory the npm packages of another.
func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Symlink(filepath.Join(from, "node_modules"), filepath.Join(to, "node_modules")); err != nil {
		t.Fatal(err)
	}
}
