package redis

import (
	"log/slog"
	"testing"

	"parley/chat"
	"parley/internal/testenv"
)

// BenchmarkDeliver measures an event from Publish on one node to Deliver on another.
func BenchmarkDeliver(b *testing.B) {
	url := testenv.Redis(b).URL()
	got := make(chan struct{}, 1<<20)
	to := open(b, url, "b", func(o *Options) {
		o.Deliver = func(chat.Event) { got <- struct{}{} }
		o.Log = slog.New(slog.DiscardHandler)
	}).run(b)
	to.Listen(chat.RoomTopic("r"))
	to.awaitHeard(b, chat.RoomTopic("r"))
	from := start(b, url, "a")
	const window = 1000 // on their way at once
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		from.Publish(message("r", int64(i+1)))
		if i >= window {
			<-got
		}
	}
	for range min(b.N, window) {
		<-got
	}
}

// BenchmarkRoundTrip measures the same for one event at a time.
func BenchmarkRoundTrip(b *testing.B) {
	url := testenv.Redis(b).URL()
	got := make(chan struct{}, 1)
	to := open(b, url, "b", func(o *Options) { o.Deliver = func(chat.Event) { got <- struct{}{} } }).run(b)
	to.Listen(chat.RoomTopic("r"))
	to.awaitHeard(b, chat.RoomTopic("r"))
	from := start(b, url, "a")
	b.ResetTimer()
	for i := range b.N {
		from.Publish(message("r", int64(i+1)))
		<-got
	}
}

// BenchmarkEnvelope measures the encoding and decoding alone.
func BenchmarkEnvelope(b *testing.B) {
	c, d := newTestCodec(b, "a"), newTestCodec(b, "b")
	e := message("r", 1)
	b.ReportAllocs()
	for b.Loop() {
		sealed, err := c.encode(&e)
		if err != nil {
			b.Fatal(err)
		}
		if _, body, _ := d.open(string(sealed)); len(body) > 0 {
			_, err = d.decode(body)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
