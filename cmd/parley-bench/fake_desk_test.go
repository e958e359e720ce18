package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// fakeDesk is the polling door of a fakeParley, correct unless told otherwise.
type fakeDesk struct {
	// misdeliver, if set, tells which ids a poll gets in place of one.
	misdeliver func(id int) []int
	impatient  bool // answers waits at once

	mu            sync.Mutex
	conversations map[string]*fakeConversation
	held          int // waits that are under way
}

type fakeConversation struct {
	key   string
	texts []string
	news  chan struct{} // closed at the next message
}

type fakeItem struct {
	Conversation string `json:"conversation"`
	ID           int    `json:"id"`
	Content      string `json:"content"`
}

func (f *fakeDesk) routes(mux *http.ServeMux) {
	f.conversations = map[string]*fakeConversation{}
	mux.HandleFunc("POST /api/messages/", f.post)
	mux.HandleFunc("GET /api/messages/{key}/", f.poll)
}

func (f *fakeDesk) post(w http.ResponseWriter, r *http.Request) {
	var body struct{ Conversation, Content string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.conversations[body.Conversation]
	switch token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case token != "" && (c == nil || roleOf(token) != "agent"):
		http.Error(w, "no agent, or no conversation", http.StatusNotFound)
		return
	case c == nil:
		c = &fakeConversation{key: "key" + strconv.Itoa(len(f.conversations)), news: make(chan struct{})}
		f.conversations[c.key] = c
	}
	c.texts = append(c.texts, body.Content)
	close(c.news)
	c.news = make(chan struct{})
	c.answer(w, r, nil)
}

func (f *fakeDesk) poll(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.conversations[r.PathValue("key")]
	since, _ := strconv.Atoi(r.FormValue("since"))
	if wait, _ := strconv.Atoi(r.FormValue("wait")); wait > 0 && since >= len(c.texts) && !f.impatient {
		news := c.news
		f.held++
		f.mu.Unlock()
		select {
		case <-news:
		case <-r.Context().Done():
		case <-time.After(time.Duration(wait) * time.Second):
		}
		f.mu.Lock()
		f.held--
	}
	c.answer(w, r, f.misdeliver)
}

// answer tells what came since, the lock held.
func (c *fakeConversation) answer(w http.ResponseWriter, r *http.Request, misdeliver func(int) []int) {
	since, _ := strconv.Atoi(r.FormValue("since"))
	items := []fakeItem{}
	for i := min(since, len(c.texts)); i < len(c.texts); i++ {
		ids := []int{i + 1}
		if misdeliver != nil {
			ids = misdeliver(i + 1)
		}
		for _, id := range ids {
			items = append(items, fakeItem{c.key, id, c.texts[i]})
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"items": items, "count": len(items), "state": "assigned"})
}

func roleOf(token string) any {
	claims := jwt.MapClaims{}
	_, _ = jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(fakeSecret), nil })
	return claims["role"]
}
