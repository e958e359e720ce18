package api

import (
	"bytes"
	"strings"
	"testing"

	"parley/wire"
)

// pieces remembers what was written and the largest piece of it.
type pieces struct {
	bytes.Buffer
	largest int
}

func (p *pieces) Write(text []byte) (int, error) {
	p.largest = max(p.largest, len(text))
	return p.Buffer.Write(text)
}

// TestListInPieces holds that a list of messages is the same JSON as if it had
// been made at once, and that no more than one message of it is in memory.
func TestListInPieces(t *testing.T) {
	type plain messageList // without the method
	for n, text := range map[int]string{0: "", 1: "<&>", 200: strings.Repeat("\x01", 10_000)} {
		list := messageList{Messages: make([]wire.Message, n), Count: 12}
		for i := range list.Messages {
			list.Messages[i].Message = text
		}
		want, err := marshal(plain(list))
		if err != nil {
			t.Fatal(err)
		}
		var got pieces
		if err := encode(&got, list); err != nil || got.String() != string(want) {
			t.Errorf("%d messages: %.200q, want %.200q, %v", n, got.String(), want, err)
		}
		if one := len(want)/max(1, n) + 1000; got.largest > one {
			t.Errorf("%d messages: a piece of %d bytes, one message takes %d", n, got.largest, one)
		}
	}
}

// TestSessionInPieces holds the same of a session, whatever its fields before the
// list say.
func TestSessionInPieces(t *testing.T) {
	type plain session // without the method
	n := session{ChatbotName: `","previous_messages":[{}],"x":"`, PreviousMessages: []previousMessage{}}
	for range 3 {
		want, err := marshal(plain(n))
		if err != nil {
			t.Fatal(err)
		}
		var got pieces
		if err := encode(&got, n); err != nil || got.String() != string(want) {
			t.Errorf("%q, want %q, %v", got.String(), want, err)
		}
		n.PreviousMessages = append(n.PreviousMessages, previousMessage{Role: "user", Message: `"previous_messages":[`})
	}
}

// TestPolledInPieces holds the same of a conversation's messages.
func TestPolledInPieces(t *testing.T) {
	type plain polled // without the method
	waited := int64(7)
	for n, text := range map[int]string{0: "", 1: `"items":[`, 1000: strings.Repeat("\x01", 2_000)} {
		p := polled{Items: make([]polledItem, n), Count: n, State: "waiting", Place: Place{Position: 3, WaitSeconds: &waited}}
		for i := range p.Items {
			p.Items[i].Content = text
		}
		want, err := marshal(plain(p))
		if err != nil {
			t.Fatal(err)
		}
		var got pieces
		if err := encode(&got, p); err != nil || got.String() != string(want) {
			t.Errorf("%d messages: %.200q, want %.200q, %v", n, got.String(), want, err)
		}
		if one := len(want)/max(1, n) + 1000; got.largest > one {
			t.Errorf("%d messages: a piece of %d bytes, one message takes %d", n, got.largest, one)
		}
	}
}
