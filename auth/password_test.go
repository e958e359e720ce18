package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"parley/chat"
)

func TestHashIsArgon2id(t *testing.T) {
	h := newHasher(1)
	one, err := h.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := h.hash(t.Context(), password)
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") || one == two {
		t.Fatalf("%s, %s", one, two)
	}
	for _, c := range []struct {
		password, phc string
		want          bool
	}{
		{password, one, true},
		{password, two, true},
		{password + "!", one, false},
		{password, "", false},
		{password, one[:len(one)-1], false},
		{password, one + "A", false},
		{password, strings.Replace(one, "t=2", "t=1", 1), false},
		{password, strings.Replace(one, "argon2id", "argon2ii", 1), false},
		{password, strings.Repeat("$", len(one)), false},
	} {
		if ok, err := h.verify(t.Context(), c.password, c.phc); ok != c.want || err != nil {
			t.Errorf("verify(%q, %q) = %v, %v", c.password, c.phc, ok, err)
		}
	}
	if ok, err := h.verify(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no password and no hash match: %v, %v", ok, err)
	}
}

func TestHashQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slots = 2
		h := newHasher(slots)
		gate := make(chan struct{})
		var running, most atomic.Int64
		h.derive = func(string, []byte) []byte {
			n := running.Add(1)
			defer running.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			<-gate
			return make([]byte, sumBytes)
		}
		var wg sync.WaitGroup
		start := func(ctx context.Context, want error) {
			wg.Go(func() {
				if _, err := h.hash(ctx, password); !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
			})
		}
		for range slots + hashQueue - 1 {
			start(t.Context(), nil)
		}
		ctx, cancel := context.WithCancel(t.Context())
		synctest.Wait() // the slots are taken, so that the next one waits
		start(ctx, context.Canceled)
		synctest.Wait()

		if _, err := h.hash(t.Context(), password); chat.CodeOf(err) != chat.CodeUnavailable {
			t.Errorf("past the queue: %v", err)
		}
		cancel() // who gives up leaves the queue
		synctest.Wait()
		start(t.Context(), nil)
		synctest.Wait()
		if _, err := h.hash(t.Context(), password); !errors.Is(err, chat.ErrBusy) {
			t.Errorf("past the queue again: %v", err)
		}
		close(gate)
		wg.Wait()
		if most.Load() != slots {
			t.Errorf("%d hashes at once, want %d", most.Load(), slots)
		}
		if _, err := h.hash(t.Context(), password); err != nil {
			t.Errorf("after the rush: %v", err)
		}
	})
}
