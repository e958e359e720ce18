package gateway

import (
	"context"
	"fmt"
	"testing"

	"parley/chat"
)

// void takes everything.
type void struct{}

func (void) Send(Frame)      {}
func (void) Backlog() int    { return 0 }
func (void) End(*chat.Error) {}

// plainFormat shows every event in the same few bytes.
type plainFormat struct{}

func (plainFormat) Encode(chat.Event, string) (Frame, bool) { return NewFrame([]byte("event")), true }

// audience connects n sessions to one room, whose clients can be recovered.
func audience(b *testing.B, h *Hub, f *fakeStore, room string, n int) {
	for i := range n {
		user := fmt.Sprint(room, i)
		f.members[user] = []string{room}
		s, err := h.Connect(context.Background(), NewSession{
			ID: user, PID: user, Format: plainFormat{}, Sink: void{}, Identity: chat.Identity{Actor: chat.Actor{ID: user}},
		})
		if err != nil || !s.Announce(func(map[string]string, string) Frame { return text("ready") }) {
			b.Fatal("not connected", err)
		}
		b.Cleanup(s.Close)
	}
}

// BenchmarkBroadcast is the hub's part in one message to 100 sessions.
//
//	go test ./gateway -run - -bench Broadcast
func BenchmarkBroadcast(b *testing.B) {
	f := newFakeStore()
	h := testHub(f)
	audience(b, h, f, "r", 100)
	m := chat.Message{ID: "m", Room: "r", Sender: "ann"}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		v := int64(i + 1)
		m.Version, m.BornVersion, m.Seq = v, v, v
		h.Publish(chat.Event{Kind: chat.EventMessage, Room: "r", Version: v, Epoch: "e", Message: &m, Origin: "somebody"})
	}
}

// BenchmarkStreams is the hub's part in a token of one of 200 replies that are
// written at once, each read on two connections; each reply has 200 tokens.
//
//	go test ./gateway -run - -bench Streams
func BenchmarkStreams(b *testing.B) {
	const rooms, tokens = 200, 200
	f := newFakeStore()
	h := testHub(f)
	var names []string
	for i := range rooms {
		names = append(names, fmt.Sprint("r", i))
		audience(b, h, f, names[i], 2)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		for _, room := range names {
			h.Publish(chat.Event{Kind: chat.EventStreamStart, Room: room, Message: &chat.Message{ID: fmt.Sprint(room, n), Room: room}})
		}
		from := n
		for k := 0; k < tokens && n < b.N; k++ {
			for _, room := range names {
				h.Publish(chat.Event{Kind: chat.EventStreamToken, Room: room, MessageID: fmt.Sprint(room, from), Token: "word ", Offset: 5 * k})
				n++
			}
		}
		for _, room := range names {
			m := chat.Message{ID: fmt.Sprint(room, from), Room: room, Sender: chat.BotSender("default"), Text: "word "}
			h.Publish(f.add(m))
		}
	}
}
