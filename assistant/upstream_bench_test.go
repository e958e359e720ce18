package assistant

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/llm"
)

// BenchmarkToken is the cost of one token from the bytes of the body to emit:
// parsing, decoding, timers.
func BenchmarkToken(b *testing.B) {
	event := `data: {"id":"chatcmpl-9xYzAbCdEfGhIjKlMnOpQrStUvWxY","object":"chat.completion.chunk","created":1893553445,"model":"small-2030","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}` + "\n\n"
	const perReply = 1000
	body := strings.Repeat(event, perReply) + "data: [DONE]\n\n"
	o := UpstreamOptions{MaxText: 64 << 10, Idle: time.Minute, Tail: time.Minute}
	b.ReportAllocs()
	stall := time.NewTimer(time.Minute)
	defer stall.Stop()
	for b.Loop() {
		r := &upstreamReply{o: &o, stall: stall, emit: func(string) error { return nil }}
		if err := r.readEvents(b.Context(), strings.NewReader(body)); err != nil || r.bytes != perReply*5 {
			b.Fatal(r.bytes, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/perReply, "ns/token")
}

// BenchmarkStreams is 200 replies of 100 tokens at 50 tokens a second, at once,
// with their server in this process: how late a token is when it is emitted.
func BenchmarkStreams(b *testing.B) {
	const streams, tokens = 200, 100
	a := newAnswerer(b, func(llm.Request) llm.Script { return llm.Timed(tokens, 20*time.Millisecond) })
	for b.Loop() {
		var all sync.WaitGroup
		var mu sync.Mutex
		var worst, sum time.Duration
		for range streams {
			all.Go(func() {
				end, err := a.Stream(b.Context(), hello(), func(token string) error {
					var sent int64
					if _, err := fmt.Sscan(token, &sent); err != nil {
						return err
					}
					late := time.Since(time.Unix(0, sent))
					mu.Lock()
					worst, sum = max(worst, late), sum+late
					mu.Unlock()
					return nil
				})
				if end.Status != chat.StatusComplete {
					b.Error(end, err)
				}
			})
		}
		all.Wait()
		b.ReportMetric(float64(sum.Microseconds())/streams/tokens, "mean-µs-late")
		b.ReportMetric(float64(worst.Microseconds()), "worst-µs-late")
	}
}
