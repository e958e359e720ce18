package chat_test

import (
	"testing"

	"parley/chat"
)

// brokenBus panics over every event.
type brokenBus struct{}

func (brokenBus) Publish(chat.Event) { panic("a fault of the bus") }

// TestPanicWhilePublishing: the message is stored, so its sender is told so; the
// nodes find what they were not told of in the store.
func TestPanicWhilePublishing(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	broken := chat.NewService(func() chat.Options {
		o := w.Options
		o.Bus = brokenBus{}
		return o
	}())
	r, err := broken.Post(w.ctx(), ann, chat.Draft{Room: room, Type: chat.ContentText, Text: "hello"})
	if err != nil || r.Message.Seq != 1 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if w.post(ann, room, "again").Seq != 2 {
		t.Error("the next one is not the second")
	}
}
