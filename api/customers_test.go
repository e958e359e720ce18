package api_test

import (
	"errors"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"parley/api"
	"parley/chat"
)

const noConversation = `{"name":"NOT_FOUND","status":404,"message":"Conversation does not exist or you don't have access"}`

// TestCustomerShapes pins the wire shapes of the polling door, from the first post to
// a chatbot's and an agent's answer.
func TestCustomerShapes(t *testing.T) {
	d := openInbox(t, withBot)
	first := d.must(200, "", "POST", "/api/messages/?since=0", `{"name":"Ann","email":"ann@shop","content":"Do you have shoes? <&>"}`)
	golden(t, "customer-posted", first.body)
	if token := first.header.Get("X-Parley-Token"); !strings.HasPrefix(token, "a token of id") {
		t.Errorf("X-Parley-Token %q", token)
	}
	if exposed := first.header.Get("Access-Control-Expose-Headers"); exposed != "X-Parley-Token, Retry-After" {
		t.Errorf("exposed: %s", exposed)
	}
	key := firstKey(t, first.body)
	d.answer(d.roomOf(key), "We do")
	golden(t, "customer-escalated", d.must(200, "", "POST", "/api/messages/"+key+"/escalate/", `{"reason":"Too small"}`).body)
	again := d.must(200, "", "POST", "/api/messages?since=2", `{"conversation":"`+key+`","content":"Anybody?"}`)
	golden(t, "customer-posted-again", again.body)
	if token, ok := again.header["X-Parley-Token"]; ok {
		t.Errorf("X-Parley-Token %q", token)
	}
	golden(t, "customer-answered", d.must(200, "amy", "POST", "/api/messages/?since=3", `{"conversation":"`+key+`","content":"I am here"}`).body)
	golden(t, "customer-polled", d.must(200, "", "GET", "/api/messages/"+key+"/?since=1", "").body)
}

// seed001 is a client that knows the seed alone: no token, slashes, JSON.
const seed001 = `set -e
ask() { curl --silent --show-error --noproxy '*' "$@"; echo; }
ask --request POST "$URL/api/messages/" --header 'Content-Type: application/json' --data '{"conversation": null, "name": null, "email": null, "content": "Hello"}'
`

// TestSeed001 runs the seed's steps with curl.
func TestSeed001(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("curl is not installed: run `make deps`")
	}
	d := openInbox(t)
	run := func(script string) string {
		t.Helper()
		out, err := exec.Command("sh", "-c", strings.ReplaceAll(script, "$URL", d.URL)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	first := run(seed001)
	key := firstKey(t, first)
	if !strings.HasPrefix(first, `{"items":[{"conversation":"`+key+`","id":1,"date":"2025-03-08T`) ||
		!strings.Contains(first, `Z","content":"Hello","author":"CUS"}],"count":1`) {
		t.Errorf("first post: %s", first)
	}
	d.say("amy", key, "Hi")
	poll := `curl --silent --noproxy '*' "$URL/api/messages/` + key
	if got := run(poll + `/?since=1"`); !strings.Contains(got, `"id":2,`) || !strings.Contains(got, `"content":"Hi","author":"AGE"}],"count":1`) {
		t.Errorf("poll: %s", got)
	}
	if got := run(poll + `"`); !strings.Contains(got, `"count":2`) {
		t.Errorf("poll without since: %s", got)
	}
	if got := run(poll + `/?since=2"`); !strings.HasPrefix(got, `{"items":[],"count":0`) {
		t.Errorf("poll with nothing new: %s", got)
	}
}

// TestCustomerScenarios runs requests over a conversation {key} with the message
// "Hello", with and without the last slash.
func TestCustomerScenarios(t *testing.T) {
	invalid := func(text string) string {
		return `{"name":"INVALID_ARGUMENTS","status":400,"message":"` + text + `"}`
	}
	d := openInbox(t)
	const post, get = "/api/messages", "/api/messages/{key}"
	const begun, known = `~"id":1,`, `~"id":2,`
	for _, s := range []struct {
		name, user, method, path, body string
		status                         int
		want                           string
	}{
		{"no conversation", "", "POST", post, `{"content":"A"}`, 200, begun},
		{"null", "", "POST", post, `{"conversation":null,"name":null,"email":null,"nonce":null,"content":"A"}`, 200, begun},
		{"a number", "", "POST", post, `{"conversation":7,"content":"A"}`, 200, begun},
		{"an object", "", "POST", post, `{"conversation":{"a":[1]},"content":"A"}`, 200, begun},
		{"a boolean", "", "POST", post, `{"conversation":true,"content":"A"}`, 200, begun},
		{"no UUID", "", "POST", post, `{"conversation":"x y\u0000","content":"A"}`, 200, begun},
		{"a long text", "", "POST", post, `{"conversation":"` + strings.Repeat("x", 1000) + `","content":"A"}`, 200, begun},
		{"unknown", "", "POST", post, `{"conversation":"3fa85f64-5717-4562-b3fc-2c963f66afa6","content":"A"}`, 200, begun},
		{"known", "", "POST", post + "?since=1", `{"conversation":"{key}","content":"A"}`, 200, known},
		{"known, in capitals", "", "POST", post + "?since=1", `{"conversation":"{KEY}","content":"A"}`, 200, known},
		{"known, as a user", "ann", "POST", post + "?since=1", `{"conversation":"{key}","content":"A"}`, 200, `~"author":"CUS"`},
		{"known, as an agent", "amy", "POST", post + "?since=1", `{"conversation":"{key}","content":"A"}`, 200, `~"author":"AGE"}],"count":1,"state":"assigned"}`},
		{"none, as an agent", "amy", "POST", post, `{"content":"A"}`, 404, noConversation},
		{"unknown, as an administrator", "root", "POST", post, `{"conversation":"none","content":"A"}`, 404, noConversation},
		{"all fields", "", "POST", post, `{"name":"Ann","email":"no address","content":"A","nonce":"n","x":[]}`, 200, begun},

		{"no content", "", "POST", post, `{}`, 400, `~INVALID_ARGUMENTS`},
		{"empty content", "", "POST", post, `{"content":""}`, 400, `~INVALID_ARGUMENTS`},
		{"content no text", "", "POST", post, `{"content":7}`, 400, invalid("content: expected string, got number")},
		{"name no text", "", "POST", post, `{"name":7,"content":"A"}`, 400, invalid("name: expected string, got number")},
		{"long name", "", "POST", post, `{"name":"` + strings.Repeat("é", 201) + `","content":"A"}`, 400, invalid("name must have at most 200 characters")},
		{"long email", "", "POST", post, `{"email":"` + strings.Repeat("e", 255) + `","content":"A"}`, 400, invalid("email must have at most 254 characters")},
		{"NUL", "", "POST", post, `{"content":"a\u0000"}`, 400, invalid("content must be UTF-8 text without NUL")},
		{"too much", "", "POST", post, `{"content":"` + strings.Repeat("a", 64<<10+1) + `"}`, 413, `~TOO_LARGE`},
		{"empty nonce", "", "POST", post, `{"content":"A","nonce":""}`, 400, invalid("When provided, nonce must be a non-empty string")},
		{"no object", "", "POST", post, `"A"`, 400, invalid("body must be a JSON object")},
		{"no JSON", "", "POST", post, `{"content":`, 400, `~INVALID_ARGUMENTS`},
		{"wrong method", "", "GET", post, ``, 405, `~METHOD_NOT_ALLOWED`},

		{"since no number, posted", "", "POST", post + "?since=x", `{"conversation":"{key}","content":"A"}`, 400, invalid("since must be a whole number")},
		{"since no number", "", "GET", get + "?since=1.5", ``, 400, invalid("since must be a whole number")},
		{"wait no number", "", "GET", get + "?wait=long", ``, 400, invalid("wait must be a whole number")},
		{"negative since", "", "GET", get + "?since=-5", ``, 200, `~"content":"Hello"`},
		{"negative wait", "", "GET", get + "?since=1&wait=-5", ``, 200, `~{"items":[],"count":0,`},
		{"since beyond all", "", "GET", get + "?since=99999999999999999999", ``, 200, `~{"items":[],"count":0,`},
		{"wait with something there", "", "GET", get + "?wait=99999999999999999999", ``, 200, `~"content":"Hello"`},
		{"empty since", "", "GET", get + "?since=&wait=", ``, 200, `~"content":"Hello"`},
		{"in capitals", "", "GET", "/api/messages/{KEY}", ``, 200, `~"content":"Hello"`},
		{"as a user", "bob", "GET", get, ``, 200, `~"content":"Hello"`},
		{"as an agent", "amy", "GET", get, ``, 200, `~"content":"Hello"`},
		{"wrong key", "", "GET", "/api/messages/none", ``, 404, noConversation},
		{"wrong key, as an agent", "amy", "GET", "/api/messages/none", ``, 404, noConversation},
		{"NUL in a key", "", "GET", "/api/messages/%00", ``, 404, noConversation},

		{"escalate", "", "POST", get + "/escalate", `{"reason":"Please"}`, 200, `~{"items":[],"count":0,"state":"waiting","position":`},
		{"escalate without a body", "", "POST", get + "/escalate", ``, 200, `~"state":"waiting"`},
		{"escalate for a long reason", "", "POST", get + "/escalate", `{"reason":"` + strings.Repeat("a", 1001) + `"}`, 400, invalid("reason must be at most 1000 bytes")},
		{"escalate for no text", "", "POST", get + "/escalate", `{"reason":[]}`, 400, invalid("reason: expected string, got array")},
		{"escalate none", "", "POST", "/api/messages/none/escalate", `{}`, 404, noConversation},

		{"expired token", "old", "POST", post, `{"content":"A"}`, 401, `~UNAUTHORIZED`},
		{"forged token", "none", "GET", get, ``, 401, `~UNAUTHORIZED`},
		{"forged token, escalating", "none", "POST", get + "/escalate", ``, 401, `~UNAUTHORIZED`},
		{"blocked", "blocked", "POST", post, `{"content":"A"}`, 403, `~FORBIDDEN`},
		{"blocked, polling", "blocked", "GET", get, ``, 403, `~FORBIDDEN`},
	} {
		t.Run(s.name, func(t *testing.T) {
			for _, slash := range []string{"?", "/?"} {
				key := d.begin("Hello")
				fill := strings.NewReplacer("{key}", key, "{KEY}", strings.ToUpper(key))
				path, query, _ := strings.Cut(fill.Replace(s.path), "?")
				got := d.call(s.user, s.method, path+slash+query, fill.Replace(s.body))
				check(t, got, s.status, s.want)
				if caching := got.header.Get("Cache-Control"); caching != "no-store" {
					t.Errorf("Cache-Control %q", caching)
				}
			}
		})
	}
}

// TestNoTokenIsNotABadOne holds that only who sends nothing at all is a stranger.
func TestNoTokenIsNotABadOne(t *testing.T) {
	d := openInbox(t)
	for header, status := range map[string]int{"": 200, "Bearer": 401, "Bearer ": 401, `""`: 401, "Basic YTpi": 401, "x": 401, "Bearer ann": 200} {
		got := d.call("", "POST", "/api/messages/", `{"content":"A"}`, "Authorization", header)
		if got.status != status {
			t.Errorf("%q: %d %s", header, got.status, got.body)
		}
	}
}

// TestCustomerToken holds who is given a guest's token: who began a conversation
// without one, in the answer to that alone, and to its repetition.
func TestCustomerToken(t *testing.T) {
	d := openInbox(t)
	const body = `{"content":"A","nonce":"sixteen bytes at least"}`
	first, again := d.must(200, "", "POST", "/api/messages/", body), d.must(200, "", "POST", "/api/messages/", body)
	token := first.header.Get("X-Parley-Token")
	if token == "" || again.header.Get("X-Parley-Token") != token || firstKey(t, first.body) != firstKey(t, again.body) {
		t.Errorf("%v %s, then %v %s", first.header, first.body, again.header, again.body)
	}
	if got := d.must(200, "ann", "POST", "/api/messages/", `{"content":"A"}`); got.header.Get("X-Parley-Token") != "" {
		t.Errorf("a user's: %v", got.header)
	}
	for name, make := range map[string]func(chat.User) (string, error){
		"none": nil, "failing": func(chat.User) (string, error) { return "half a token", errors.New("the cause") },
	} {
		d := openInbox(t, func(o *api.Options) { o.GuestToken = make })
		got := d.must(200, "", "POST", "/api/messages/", `{"content":"A"}`)
		if _, ok := got.header["X-Parley-Token"]; ok || strings.Contains(d.log.String(), "the cause") != (name == "failing") {
			t.Errorf("%s: %v", name, got.header)
		}
	}
}

// blockCustomer blocks the guest whose conversation it is.
func (d *inboxDoor) blockCustomer(key string) {
	d.t.Helper()
	room, err := d.store.Room(d.t.Context(), d.roomOf(key))
	if err != nil {
		d.t.Fatal(err)
	}
	d.must(200, "root", "PUT", "/admin/chat/users/"+room.Creator+"/block", "")
}

// TestBlockedCustomer holds that the key of a blocked customer opens nothing.
func TestBlockedCustomer(t *testing.T) {
	d := openInbox(t)
	key := d.begin("Hello")
	d.blockCustomer(key)
	check(t, d.call("", "GET", "/api/messages/"+key, ""), 403, `~This user is blocked`)
	check(t, d.call("", "POST", "/api/messages/", `{"conversation":"`+key+`","content":"A"}`), 403, `~This user is blocked`)
	check(t, d.call("", "POST", "/api/messages/"+key+"/escalate", ``), 403, `~This user is blocked`)
	check(t, d.call("amy", "GET", "/api/messages/"+key, ""), 200, `~"content":"Hello"`)
}

// few allows so many, whoever asks, and remembers who did.
type few struct {
	left int
	by   []string
}

func (f *few) Allow(key string) (bool, time.Duration) {
	f.by = append(f.by, key)
	f.left--
	return f.left >= 0, 1500 * time.Millisecond
}

// TestCustomerLimits holds what an address may post, and how many conversations it
// may begin, as many as guests; agents are not counted.
func TestCustomerLimits(t *testing.T) {
	posts, guests := &few{left: 3}, &few{left: 2}
	d := openInbox(t, func(o *api.Options) { o.Limits = api.Limits{CustomerPosts: posts, Guests: guests} })
	const tooMany = `{"name":"TOO_MANY_REQUESTS","status":429,"message":"Too many requests, slow down"}`
	refused := func(got reply) {
		t.Helper()
		check(t, got, 429, tooMany)
		if got.header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
		}
	}
	key := d.begin("one")
	d.must(201, "", "POST", "/auth/guest", `{}`)
	refused(d.call("", "POST", "/api/messages/", `{"content":"two"}`))
	d.say("ann", key, "three") // nothing is begun
	refused(d.call("ann", "POST", "/api/messages/", `{"conversation":"`+key+`","content":"four"}`))
	refused(d.call("", "POST", "/api/messages/"+key+"/escalate", ``))
	d.must(200, "", "GET", "/api/messages/"+key, "")
	for range 3 {
		d.say("amy", key, "an answer")
	}
	d.must(200, "root", "POST", "/api/messages/"+key+"/escalate", "")
	if len(posts.by) != 5 || posts.by[0] != "127.0.0.1" || len(guests.by) != 3 {
		t.Errorf("counted %v and %v", posts.by, guests.by)
	}
	list := d.must(200, "amy", "GET", "/api/conversation", "").body
	if field(t, list, "count") != "1" {
		t.Errorf("refused, and begun: %s", list)
	}
}

// TestLimitedBodyIsNotRead holds that what is refused for its number costs nothing.
func TestLimitedBodyIsNotRead(t *testing.T) {
	d := openInbox(t, func(o *api.Options) { o.Limits.CustomerPosts = &few{} })
	for _, path := range []string{"/api/messages", "/api/messages/x/escalate"} {
		for token, status := range map[string]int{"": 429, "ann": 429, "none": 401} {
			r := httptest.NewRequest("POST", path, unread{t})
			if token != "" {
				r.Header.Set("Authorization", token)
			}
			w := httptest.NewRecorder()
			d.Config.Handler.ServeHTTP(w, r)
			if w.Code != status {
				t.Errorf("%s as %q: %d %s", path, token, w.Code, w.Body)
			}
		}
	}
}
