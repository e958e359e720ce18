package webhooks_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/webhooks"
)

// TestInOrder: several nodes over one database deliver several conversations to
// a receiver that fails at random for a while: each conversation arrives in its order,
// nothing twice, nothing of a conversation at once.
func TestInOrder(t *testing.T) {
	onEach(t, func(w *world) {
		const rooms, each = 6, 15
		var failed atomic.Int64
		v := w.receive(func(rw http.ResponseWriter, _ *http.Request, _ string) int {
			switch n := rand.IntN(6); {
			case failed.Load() > 60 || n > 1:
				return http.StatusOK
			case n == 1:
				failed.Add(1)
				return http.StatusServiceUnavailable
			}
			failed.Add(1)
			if conn, _, err := rw.(http.Hijacker).Hijack(); err == nil {
				_ = conn.Close()
			}
			return 0
		})
		w.hook("v", v.URL)
		var attempts, good atomic.Int64
		observe := func(o *webhooks.Options) {
			o.MaxAttempts, o.MaxRetry = 1000, 20*time.Millisecond
			o.Observe = func(ok bool, _ time.Duration) {
				attempts.Add(1)
				if ok {
					good.Add(1)
				}
			}
		}
		first, _ := w.dispatch(w.db, observe)
		w.dispatch(w.open(), observe)
		w.dispatch(w.open(), observe)
		want := make([][]string, rooms)
		for n := range each {
			for r := range rooms {
				id := fmt.Sprintf("%d-%02d", r, n)
				w.queue("v", fmt.Sprint("room", r), id)
				first.Queued()
				want[r] = append(want[r], id)
			}
		}
		for r := range rooms {
			room := fmt.Sprint("room", r)
			w.until(room, func() bool { return len(v.got(room)) >= each })
			if got := v.got(room); !slices.Equal(got, want[r]) {
				t.Errorf("%s: %v", room, got)
			}
		}
		w.empty()
		if attempts.Load() != int64(v.requests()) || good.Load() != rooms*each {
			t.Errorf("%d attempts, %d of them good, were observed; the receiver was asked %d times", attempts.Load(), good.Load(), v.requests())
		}
	})
}

// TestRestart: a node that goes down in the middle of a request leaves nothing
// undone: another one over the same database goes on, from the delivery that had no
// answer.
func TestRestart(t *testing.T) {
	onEach(t, func(w *world) {
		arrived := make(chan string, 1)
		var once atomic.Bool
		v := w.receive(func(_ http.ResponseWriter, r *http.Request, id string) int {
			if once.CompareAndSwap(false, true) {
				arrived <- id
				<-r.Context().Done()
				return 0
			}
			return http.StatusOK
		})
		w.hook("v", v.URL)
		w.queue("v", "room", "a", "b", "c")
		short := func(o *webhooks.Options) { o.Timeout, o.Lease = 400*time.Millisecond, 500*time.Millisecond }
		_, stop := w.dispatch(w.db, short)
		if id := <-arrived; id != "a" {
			t.Errorf("%s came first", id)
		}
		stop()
		w.dispatch(w.open(), short)
		w.until("all", func() bool { return len(v.got("room")) >= 3 })
		if got := fmt.Sprint(v.got("room")); got != "[a b c]" {
			t.Error(got)
		}
		w.empty()
	})
}

// TestDead: a delivery that fails too often is dead, and the next of its room goes
// out; revived it is sent once more.
func TestDead(t *testing.T) {
	onEach(t, func(w *world) {
		var well atomic.Bool
		v := w.receive(func(_ http.ResponseWriter, _ *http.Request, id string) int {
			if id == "a" && !well.Load() {
				return http.StatusGone
			}
			return http.StatusOK
		})
		w.hook("v", v.URL+"/path?token=QUERY")
		w.queue("v", "room", "a", "b")
		d, _ := w.dispatch(w.db, func(o *webhooks.Options) { o.MaxAttempts = 3 })
		w.until("the next", func() bool { return len(v.got("room")) == 1 })
		dead := w.dead(1)
		if x := dead[0]; len(dead) != 1 || x.ID != "a" || x.Attempts != 3 || x.Problem != "answered with status 410" || v.requests() != 4 {
			t.Errorf("%d requests, dead: %+v", v.requests(), dead)
		}
		revive := func() {
			w.ok(w.db.Revive(w.Context(), "a", time.Now()))
			d.Queued()
		}
		revive()
		w.until("dead again", func() bool { return v.requests() == 5 && len(w.dead(0)) == 1 })
		well.Store(true)
		revive()
		w.until("revived", func() bool { return fmt.Sprint(v.got("room")) == "[b a]" })
		w.empty()
		if len(w.dead(0)) != 0 {
			t.Error("what was delivered is dead still")
		}
		w.quiet("QUERY", "BODY", "ANSWER", secret)
	})
}

// TestSlowReceiver: one that never answers holds no more than its share and keeps
// nothing from another.
func TestSlowReceiver(t *testing.T) {
	onEach(t, func(w *world) {
		slow := w.receive(func(_ http.ResponseWriter, r *http.Request, _ string) int {
			<-r.Context().Done()
			return 0
		})
		quick := w.receive(nil)
		w.hook("slow", slow.URL)
		w.hook("quick", quick.URL)
		for i := range 40 {
			room := fmt.Sprint("room", i)
			w.queue("slow", room, fmt.Sprint("s", i))
			if i >= 20 {
				w.queue("quick", room, fmt.Sprint("q", i))
			}
		}
		patient := func(o *webhooks.Options) { o.Timeout, o.Lease = time.Minute, 2*time.Minute }
		w.dispatch(w.db, patient)
		for i := 20; i < 40; i++ {
			w.until("the quick one's", func() bool { return len(quick.got(fmt.Sprint("room", i))) == 1 })
		}
		if n := slow.requests(); n != 4 {
			t.Errorf("%d requests wait for the slow one", n)
		}
	})
}

// TestSubscriptions: who asks for what is known from the start, at once after
// Changed, and after a while from other nodes; a deleted webhook's deliveries are dropped.
func TestSubscriptions(t *testing.T) {
	onEach(t, func(w *world) {
		v := w.receive(nil)
		w.hook("one", v.URL)
		fast := func(o *webhooks.Options) { o.Refresh = 5 * time.Millisecond }
		slow, _ := w.dispatch(w.db)
		other, _ := w.dispatch(w.open(), fast)
		subscribed := func(d *webhooks.Dispatcher, e chat.HookEvent) string { return fmt.Sprint(d.Subscribed(e)) }
		if got := subscribed(slow, chat.HookMessage); got != "[one]" {
			t.Error("at the start", got)
		}
		w.ok(w.db.CreateWebhook(w.Context(), chat.Webhook{
			ID: "two", URL: v.URL, Events: []chat.HookEvent{chat.HookResolved}, Secret: []byte("forged"), CreatedAt: time.Now(),
		}))
		slow.Changed(w.Context())
		if subscribed(slow, chat.HookMessage) != "[one]" || subscribed(slow, chat.HookResolved) != "[one two]" || subscribed(slow, "x") != "[]" {
			t.Error("after a change", slow.Subscribed(chat.HookMessage), slow.Subscribed(chat.HookResolved))
		}
		w.until("known elsewhere", func() bool { return subscribed(other, chat.HookResolved) == "[one two]" })
		w.ok(w.db.DeleteWebhook(w.Context(), "one"))
		w.queue("one", "room", "a")
		w.until("unknown elsewhere", func() bool { return subscribed(other, chat.HookMessage) == "[]" })
		w.empty()
		if n := len(w.dead(0)); n != 0 {
			t.Errorf("%d dead", n)
		}
	})
}

func TestOptions(t *testing.T) {
	_, err := webhooks.New(context.Background(), webhooks.Options{Timeout: time.Minute})
	if err == nil {
		t.Error("a lease that ends before its request is taken")
	}
}
