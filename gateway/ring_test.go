package gateway

import (
	"testing"
	"time"
)

func TestRingGivesWhatCameAfter(t *testing.T) {
	var r ring
	now := time.Unix(1000, 0)
	for i := range 10 {
		r.add(ringEvent{offset: uint64(i), at: now.UnixNano(), frame: text(string(rune('a' + i)))}, 1<<20)
	}
	frames, ok := r.after(6)
	if !ok || len(frames) != 3 || string(frames[0].Text()) != "h" {
		t.Errorf("after 6: %v, %d frames", ok, len(frames))
	}
	if frames, ok := r.after(9); !ok || len(frames) != 0 {
		t.Errorf("after the last: %v, %d frames", ok, len(frames))
	}
	if _, ok := r.after(77); ok {
		t.Error("an offset that never was is served")
	}
}

func TestRingForgets(t *testing.T) {
	var r ring
	now := time.Unix(1000, 0)
	for i := range 100 {
		r.add(ringEvent{offset: uint64(i), at: now.UnixNano(), frame: text("0123456789")}, 120)
	}
	if _, ok := r.after(50); ok {
		t.Error("an event past the bound is served as if nothing were missing")
	}
	if frames, ok := r.after(95); !ok || len(frames) != 4 {
		t.Errorf("after 95: %v, %d frames", ok, len(frames))
	}
	r.add(ringEvent{offset: 100, at: now.Add(RecoveryWindow + time.Second).UnixNano(), frame: text("x")}, 1<<20)
	if _, ok := r.after(99); ok {
		t.Error("an event older than the window is served")
	}
}
