package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Token makes an outside token, good for an hour.
func Token(tb testing.TB, sub, role string) string {
	tb.Helper()
	return TokenUntil(tb, sub, role, time.Now().Add(time.Hour))
}

// TokenUntil makes an outside token that ends at a time.
func TokenUntil(tb testing.TB, sub, role string, end time.Time) string {
	tb.Helper()
	t, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": sub, "name": sub, "role": role, "exp": end.Unix(),
	}).SignedString([]byte(Secret))
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// Call makes one JSON request as a user and returns the status and the answer.
func (s *Server) Call(tb testing.TB, method, path, token string, body any) (int, map[string]any) {
	tb.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			tb.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, payload)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil && err != io.EOF {
		tb.Fatalf("%s %s: the answer is no JSON object: %v", method, path, err)
	}
	return res.StatusCode, answer
}

// Room makes a room with users and returns its id.
func (s *Server) Room(tb testing.TB, creator string, users ...string) string {
	tb.Helper()
	status, answer := s.Call(tb, http.MethodPost, "/chat/rooms", Token(tb, creator, "user"), map[string]any{
		"roomName": tb.Name(), "users": append([]string{creator}, users...),
	})
	id, _ := answer["roomId"].(string)
	if status != http.StatusOK || id == "" {
		tb.Fatalf("cannot make a room: %d %v", status, answer)
	}
	return id
}

// Node runs one of test/js's programs with a JSON argument until it ends, and
// decodes what it prints last into out. What it writes to stderr is logged.
func Node(tb testing.TB, timeout time.Duration, program string, arg, out any) {
	tb.Helper()
	b, err := json.Marshal(arg)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", program, string(b)) //nolint:gosec // our own program
	cmd.Dir = clientsDir(tb)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if stderr.Len() > 0 {
		tb.Logf("%s: %s", program, stderr.String())
	}
	if err != nil {
		tb.Fatalf("%s: %v\n%s", program, err, stdout.String())
	}
	lines := bytes.Split(bytes.TrimSpace(stdout.Bytes()), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], out); err != nil {
		tb.Fatalf("%s printed no JSON: %v\n%s", program, err, stdout.String())
	}
}
