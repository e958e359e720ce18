package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// Stored is a message as HTTP lists it.
type Stored struct {
	ID         string `json:"_id"`
	Room       string `json:"room"`
	Seq        int64  `json:"seq"`
	Cursor     string `json:"cursor"`
	SenderUser string `json:"senderUser"`
	Message    string `json:"message"`
	Nonce      string `json:"nonce"`
	Status     string `json:"status"`
}

// History reads all of a room's messages over HTTP, page by page from the newest,
// and returns them oldest first.
func (s *Server) History(tb testing.TB, room, token string) []Stored {
	tb.Helper()
	const page = 200
	var all []Stored
	for {
		query := url.Values{"roomId": {room}, "limit": {fmt.Sprint(page)}}
		if len(all) > 0 {
			query.Set("before", fmt.Sprint(all[len(all)-1].Seq))
		}
		status, answer := s.Call(tb, http.MethodGet, "/chat/messages?"+query.Encode(), token, nil)
		if status != http.StatusOK {
			tb.Fatalf("cannot read the history: %d %v", status, answer)
		}
		b, _ := json.Marshal(answer["messages"])
		var messages []Stored
		if err := json.Unmarshal(b, &messages); err != nil {
			tb.Fatal(err)
		}
		all = append(all, messages...)
		if len(messages) < page {
			slices.Reverse(all)
			return all
		}
	}
}

// Contiguous fails the test unless the messages are numbered 1, 2, 3, ... and no
// id or nonce is there twice.
func Contiguous(tb testing.TB, messages []Stored) {
	tb.Helper()
	ids, nonces := map[string]bool{}, map[string]bool{}
	for i, m := range messages {
		if m.Seq != int64(i+1) {
			tb.Fatalf("seq %d stands at place %d", m.Seq, i+1)
		}
		if ids[m.ID] {
			tb.Fatalf("message %s is there twice", m.ID)
		}
		key := m.SenderUser + " " + m.Nonce
		if m.Nonce != "" && nonces[key] {
			tb.Fatalf("nonce %s was stored twice", m.Nonce)
		}
		ids[m.ID], nonces[key] = true, true
	}
}
