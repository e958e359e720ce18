package main

import (
	"testing"
	"time"
)

func TestMessageRoundTrip(t *testing.T) {
	due := 12*time.Hour + 345*time.Nanosecond
	for _, size := range []int{markerSize, 64, 4096} {
		text := string(appendText(nil, due, size))
		if len(text) != size {
			t.Errorf("size %d, want %d", len(text), size)
		}
		for _, event := range []string{
			`["message",{"_id":"m","sender":"s","message":"` + text + `","content":"` + text + `","contentType":"text","files":[],"room":"r-1","seq":812,"cursor":"1:9","status":"complete"}]`,
			`["message",{"seq":812,"room":"r-1","content":"` + text + `"},"offset"]`,
		} {
			got, ok := parseMessage([]byte(event))
			if !ok || string(got.room) != "r-1" || got.seq != 812 || got.due != due {
				t.Errorf("%.60s: got %s %d %v %v", event, got.room, got.seq, got.due, ok)
			}
		}
	}
}

func TestParseMessageRefuses(t *testing.T) {
	for _, event := range []string{
		``, `["message",{}]`, `["message",{"room":"r","seq":1}]`, `["message",{"room":"r","seq":x,"content":"t0000000000000001"}]`,
		`["message",{"room":"r","seq":1,"content":"t12"}]`, `["message",{"room":"r`, `["message",{"room":"r","seq":1,"content":"tgggggggggggggggg"}]`,
	} {
		if _, ok := parseMessage([]byte(event)); ok {
			t.Errorf("%s: was taken", event)
		}
	}
}

func BenchmarkParseMessage(b *testing.B) {
	text := string(appendText(nil, time.Second, 64))
	event := []byte(`["message",{"_id":"0192f0c1-0000-7000-8000-000000000001","sender":"bench-u1","message":"` + text + `","content":"` + text +
		`","contentType":"text","files":[],"room":"0192f0c1-0000-7000-8000-000000000002","seq":812,"cursor":"1:9","status":"complete"}]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parseMessage(event); !ok {
			b.Fatal("refused")
		}
	}
}
