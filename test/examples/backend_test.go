package examples_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"parley/test/harness"
)

// shop is the example's backend, running, as a page of the shop sees it.
type shop struct {
	*terminal
	url string
}

const masterKey = "a master key that nobody else has"

func openShop(t *testing.T, s *harness.Server) *shop {
	t.Helper()
	env := []string{"PORT=0", "PARLEY_URL=" + s.URL, "PARLEY_JWT_SECRET=" + harness.Secret, "PARLEY_MASTER_KEY=" + masterKey}
	term := run(t, installed(t, "examples", "backend"), env, "node", "server.js")
	return &shop{term, term.wants("http://localhost:")}
}

// as makes a request of a customer's page.
func (s *shop) as(customer, method, path, body string) (int, map[string]any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if customer != "" {
		req.Header.Set("x-demo-customer", customer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	return res.StatusCode, answer
}

// TestBackend signs a customer in on both sides, and tells orders in their room.
func TestBackend(t *testing.T) {
	s := harness.Start(t, "PARLEY_OPEN_USERS=false", "PARLEY_MASTER_KEY="+masterKey, "PARLEY_ACCOUNTS=off", "PARLEY_JWT_ISSUER=shop")
	site := openShop(t, s)
	if status, _ := site.as("", "GET", "/chat-token", ""); status != 401 {
		t.Errorf("nobody got %d", status)
	}
	status, given := site.as("ann", "GET", "/chat-token", "")
	token, _ := given["token"].(string)
	room, _ := given["room"].(string)
	if status != 200 || given["url"] != s.URL {
		t.Fatalf("%d %v", status, given)
	}
	isOfShop(t, token)
	if status, got := s.Call(t, "GET", "/chat/rooms/"+room, token, nil); status != 200 || got["name"] != "Ann and the shop" {
		t.Errorf("the customer's room: %d %v", status, got)
	}
	if status, _ := s.Call(t, "GET", "/admin/chat/rooms", token, nil); status != 403 {
		t.Errorf("a customer at the administrators' routes: %d", status)
	}

	for range 2 { // a second click is the same order
		if status, got := site.as("ann", "POST", "/orders", `{"id":"17","item":"a kettle"}`); status != 201 {
			t.Fatalf("%d %v", status, got)
		}
	}
	site.wantsNth(2, "order 17 is told")
	_, list := s.Call(t, "GET", "/chat/messages?roomId="+room, token, nil)
	messages, _ := list["messages"].([]any)
	if len(messages) != 1 {
		t.Fatalf("the room has %v", list)
	}
	if m, _ := messages[0].(map[string]any); m["message"] != "Order 17 is placed: a kettle" || m["messageType"] != "system" {
		t.Errorf("the room has %v", m)
	}
	if status, _ := site.as("ann", "POST", "/orders", `{"item":"no id"}`); status != 400 {
		t.Errorf("an order without an id: %d", status)
	}
	_, others := site.as("ben", "GET", "/chat-token", "")
	if _, again := site.as("ann", "GET", "/chat-token", ""); again["room"] != room || others["room"] == room {
		t.Errorf("rooms: %v %v, %v", room, again["room"], others["room"])
	}

	site.ends(syscall.SIGTERM)
	for _, secret := range []string{harness.Secret, masterKey, "eyJ"} {
		if strings.Contains(site.text(), secret) || strings.Contains(s.Log(), secret) {
			t.Errorf("%q is in a log", secret)
		}
	}
	if !strings.Contains(site.text(), "POST /orders 201") {
		t.Errorf("it logged %s", site.text())
	}
}

// isOfShop checks what a customer's token says.
func isOfShop(t *testing.T, token string) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatal("no token")
	}
	var header struct{ Alg string }
	var claims struct {
		Sub, Iss, Role string
		Iat, Exp       int64
	}
	for i, into := range []any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	if header.Alg != "HS256" || claims.Sub != "ann" || claims.Iss != "shop" || claims.Role != "user" || claims.Exp-claims.Iat != 3600 {
		t.Errorf("%+v %+v", header, claims)
	}
}
