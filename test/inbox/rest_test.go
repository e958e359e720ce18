package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// web is the client of all requests: polls that wait keep many connections open.
var web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}, Timeout: 2 * harness.Patience}

// answer is what a route answered, as far as the tests look.
type answer struct {
	Code  int    `json:"-"`
	Raw   string `json:"-"`
	Token string `json:"-"` // X-Parley-Token

	entry
	Items      []entry    `json:"items"`
	Count      int        `json:"count"`
	Messages   []stored   `json:"messages"`
	Notes      []any      `json:"notes"`
	Deliveries []delivery `json:"deliveries"`

	ID             string `json:"id"`
	Secret         string `json:"secret"`
	SessionID      string `json:"session_id"`
	ConversationID string `json:"conversation_id"`
	RoomID         string `json:"roomId"`
}

// entry is a conversation of the inbox, or a message of a poll.
type entry struct {
	UUID     string  `json:"uuid"`
	Room     string  `json:"room"`
	State    string  `json:"state"`
	Agent    *string `json:"agent"`
	Position int     `json:"position"`
	Updated  string  `json:"updated"`

	Conversation string `json:"conversation"`
	Seq          any    `json:"id"` // a number, of a message
	Content      string `json:"content"`
	Author       string `json:"author"`
	Bot          bool   `json:"bot"`
}

// seq is the number of a message.
func (e entry) seq() int64 {
	n, _ := e.Seq.(float64)
	return int64(n)
}

// agent is who has claimed a conversation, "" for nobody.
func (e entry) agent() string {
	if e.Agent == nil {
		return ""
	}
	return *e.Agent
}

// stored is a message as HTTP lists it.
type stored struct {
	ID         string `json:"_id"`
	Seq        int64  `json:"seq"`
	SenderUser string `json:"senderUser"`
	Message    string `json:"message"`
	Status     string `json:"status"`
	ReplyTo    string `json:"replyTo"`
}

func (m stored) bot() bool { return m.SenderUser == "bot:default" }

type delivery struct {
	ID       string `json:"id"`
	Webhook  string `json:"webhook"`
	Room     string `json:"room"`
	Event    string `json:"event"`
	Attempts int    `json:"attempts"`
	Problem  string `json:"problem"`
}

// try makes one request. It may be called at once.
func (h *house) try(ctx context.Context, method, path, token string, body any) (answer, error) {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, h.URL+path, payload)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := web.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Code: res.StatusCode, Raw: string(b), Token: res.Header.Get("X-Parley-Token")}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("%s %s: %d, no JSON object: %w: %.300s", method, path, a.Code, err, b)
	}
	return a, nil
}

// call makes a request that must be answered with 200 or 201.
func (h *house) call(t *testing.T, method, path, token string, body any) answer {
	t.Helper()
	a, err := h.try(t.Context(), method, path, token, body)
	if err != nil {
		t.Fatal(err)
	}
	if a.Code != http.StatusOK && a.Code != http.StatusCreated {
		t.Fatalf("%s %s: %d %.300s", method, path, a.Code, a.Raw)
	}
	return a
}

const (
	messagesPath = "/api/messages/"
	inboxPath    = "/api/conversation/"
)

// turn changes a conversation for an agent: claim, release, resolve, handback.
func (h *house) turn(t *testing.T, agent, key, what string) answer {
	t.Helper()
	return h.call(t, http.MethodPost, inboxPath+key+"/"+what, agent, nil)
}

// post writes to a conversation at the polling door; without a token, as its customer.
func (h *house) post(t *testing.T, token, key, content string) answer {
	t.Helper()
	return h.call(t, http.MethodPost, messagesPath, token, map[string]any{"conversation": key, "content": content})
}

// begin begins a customer's conversation, and returns its key and the guest's token.
func (h *house) begin(t *testing.T, name, content string) (key, guest string) {
	t.Helper()
	a := h.call(t, http.MethodPost, messagesPath, "", map[string]any{"name": name, "content": content})
	if len(a.Items) == 0 || a.Items[0].Conversation == "" || a.Token == "" {
		t.Fatalf("no conversation was begun: %s", a.Raw)
	}
	return a.Items[0].Conversation, a.Token
}

// item is a conversation as the inbox shows it.
func (h *house) item(t *testing.T, agent, key string) entry {
	t.Helper()
	return h.call(t, http.MethodGet, inboxPath+key+"/", agent, nil).entry
}

// inboxOf waits until a room's conversation is in the inbox, and returns it.
func (h *house) inboxOf(t *testing.T, agent, room string) entry {
	t.Helper()
	var found entry
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		for skip := 0; ; skip += 200 {
			a := h.call(t, http.MethodGet, fmt.Sprintf("%s?limit=200&skip=%d", inboxPath, skip), agent, nil)
			if i := slices.IndexFunc(a.Items, func(e entry) bool { return e.Room == room }); i >= 0 {
				found = a.Items[i]
				return true, ""
			}
			if len(a.Items) < 200 {
				return false, "room " + room + " is not in the inbox"
			}
		}
	})
	return found
}

// queue returns the rooms that wait, in the order in which they are listed.
func (h *house) queue(t *testing.T, agent string) []entry {
	t.Helper()
	return h.call(t, http.MethodGet, inboxPath+"?state=waiting&limit=200", agent, nil).Items
}

// history reads what is stored of a room, oldest first, and holds that it is
// numbered without gaps and that nothing in it is unfinished.
func (h *house) history(t *testing.T, token, room string) []stored {
	t.Helper()
	var all []stored
	for {
		query := url.Values{"roomId": {room}, "limit": {"200"}}
		if len(all) > 0 {
			query.Set("before", fmt.Sprint(all[len(all)-1].Seq))
		}
		page := h.call(t, http.MethodGet, "/chat/messages?"+query.Encode(), token, nil).Messages
		all = append(all, page...)
		if len(page) < 200 {
			break
		}
	}
	slices.Reverse(all)
	for i, m := range all {
		if m.Seq != int64(i+1) || m.Status == "streaming" {
			t.Errorf("message %d stands at place %d and is %s", m.Seq, i+1, m.Status)
		}
	}
	return all
}

// roomOf is the room of a user's own conversation.
func (h *house) roomOf(t *testing.T, user string) string {
	t.Helper()
	var room string
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		page := h.call(t, http.MethodGet, "/chat/history?limit=1", harness.Token(t, user, "user"), nil)
		var raw struct{ Messages []struct{ Room string } }
		_ = json.Unmarshal([]byte(page.Raw), &raw)
		if len(raw.Messages) > 0 {
			room = raw.Messages[0].Room
		}
		return room != "", user + " has said nothing yet"
	})
	return room
}

// soon is a moment that is waited for where the passing of time is the matter.
func soon(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// complaints are the lines of the server's log that tell of something wrong.
func (h *house) complaints() string {
	lines := strings.Split(h.Log(), "\n")
	bad := slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(l, "level=ERROR") && !strings.Contains(l, "level=WARN") })
	return strings.Join(bad[max(0, len(bad)-10):], "\n")
}
