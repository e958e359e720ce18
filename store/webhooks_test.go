package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// hooked is a store whose deliveries the test queues by hand, each one millisecond
// after the other; at is its clock.
type hooked struct {
	*testing.T
	*Store
	at time.Time
}

func eachHooked(t *testing.T, run func(*hooked)) {
	onEach(t, func(t *testing.T, url string) {
		run(&hooked{T: t, Store: open(t, Options{URL: url}), at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
	})
}

// queue stores deliveries named as its arguments: webhook, room, number.
func (h *hooked) queue(ids ...string) {
	h.Helper()
	for _, id := range ids {
		row := deliveryRow{
			ID: id, WebhookID: id[:1], RoomID: id[1:2], Event: string(chat.HookMessage),
			Body: []byte(`{"id":"` + id + `"}`), CreatedAt: toMillis(h.at),
		}
		if err := h.db.write.Create(&row).Error; err != nil {
			h.Fatal(err)
		}
	}
}

// lease takes for ten seconds and returns what it got.
func (h *hooked) lease(limit int) string {
	h.Helper()
	got, err := h.LeaseDeliveries(h.Context(), h.at, h.at.Add(10*time.Second), limit)
	if err != nil {
		h.Fatal(err)
	}
	return fmt.Sprint(column(got, func(d *chat.Delivery) string { return d.ID }))
}

func (h *hooked) want(what, got, want string) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %s, want %s", what, got, want)
	}
}

func (h *hooked) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func TestWebhooks(t *testing.T) {
	eachHooked(t, func(h *hooked) {
		ctx := h.Context()
		hook := func(n int) chat.Webhook {
			return chat.Webhook{
				ID: fmt.Sprint(n), URL: "https://example.com/?q=Ä", Events: []chat.HookEvent{chat.HookMessage, chat.HookCreated},
				Secret: []byte{0, 255, byte(n)}, CreatedAt: h.at.Add(-time.Duration(n) * time.Second),
			}
		}
		act := chat.Audit{ID: "a", Act: chat.ActWebhookCreate}
		h.ok(h.CreateWebhook(ctx, hook(1), act))
		wantCode(t, "taken", h.CreateWebhook(ctx, hook(1)), chat.CodeConflict)
		var wg sync.WaitGroup
		for n := range chat.MaxWebhooks + 4 {
			wg.Go(func() {
				if err := h.CreateWebhook(ctx, hook(n+2)); err != nil {
					wantCode(t, "one too many", err, chat.CodeConflict)
				}
			})
		}
		wg.Wait()
		all, err := h.Webhooks(ctx)
		h.ok(err)
		if len(all) != chat.MaxWebhooks || fmt.Sprint(all[len(all)-1]) != fmt.Sprint(hook(1)) {
			t.Errorf("%d webhooks, the newest %v", len(all), all[len(all)-1])
		}
		h.queue("1a1", "2a1")
		h.ok(h.DeleteWebhook(ctx, "1", chat.Audit{ID: "b", Act: chat.ActWebhookDelete}))
		wantCode(t, "gone", h.DeleteWebhook(ctx, "1", chat.Audit{ID: "c", Act: chat.ActWebhookDelete}), chat.CodeNotFound)
		h.want("left", h.lease(9), "[2a1]")
		acts, _, err := h.Audits(ctx, chat.AuditQuery{Limit: 9})
		h.ok(err)
		h.want("acts", fmt.Sprint(column(acts, func(a *chat.Audit) string { return a.ID })), "[b a]")
	})
}

// TestDeliveriesInOrder: of a webhook and room the oldest alone goes out, and while
// it is taken or waits, none behind it.
func TestDeliveriesInOrder(t *testing.T) {
	eachHooked(t, func(h *hooked) {
		ctx := h.Context()
		h.queue("va1", "va2", "wa1", "vb1", "va3")
		h.want("first", h.lease(9), "[va1 wa1 vb1]")
		h.want("taken", h.lease(9), "[]")
		h.ok(h.Delivered(ctx, "va1"))
		h.want("the next", h.lease(9), "[va2]")
		h.ok(h.Postpone(ctx, "va2", h.at.Add(time.Minute), "no answer"))
		h.want("postponed", h.lease(9), "[]")
		h.at = h.at.Add(10 * time.Second)
		h.want("leases that ran out", h.lease(9), "[wa1 vb1]")
		h.at = h.at.Add(50 * time.Second)
		h.ok(h.Delivered(ctx, "vb1"))
		h.want("due again", h.lease(9), "[va2 wa1]")
		h.ok(h.Postpone(ctx, "va2", time.Time{}, "gone"))
		h.want("behind a dead one", h.lease(9), "[va3]")
		h.ok(h.Delivered(ctx, "va3"))
		h.ok(h.Delivered(ctx, "va3"))
		h.ok(h.Postpone(ctx, "va3", h.at, "gone"))
		h.ok(h.Postpone(ctx, "va2", h.at, "dead already"))

		dead, n, err := h.DeadDeliveries(ctx, chat.Page{Limit: 9})
		h.ok(err)
		if n != 1 || len(dead) != 1 || dead[0].Attempts != 2 || dead[0].Problem != "gone" || !dead[0].Dead ||
			string(dead[0].Body) != `{"id":"va2"}` || dead[0].Event != chat.HookMessage || dead[0].Webhook != "v" || dead[0].Room != "a" {
			t.Errorf("%d dead: %+v", n, dead)
		}
	})
}

func TestDeadDeliveries(t *testing.T) {
	eachHooked(t, func(h *hooked) {
		ctx := h.Context()
		h.queue("va1", "vb1", "vc1")
		for _, id := range []string{"va1", "vc1", "vb1"} {
			h.ok(h.Postpone(ctx, id, time.Time{}, "gone"))
		}
		h.queue("va2")
		page := func(skip, limit int) string {
			dead, n, err := h.DeadDeliveries(ctx, chat.Page{Skip: skip, Limit: limit})
			h.ok(err)
			return fmt.Sprint(column(dead, func(d *chat.Delivery) string { return d.ID }), " of ", n)
		}
		h.want("all", page(0, 9), "[vc1 vb1 va1] of 3")
		h.want("page", page(1, 1), "[vb1] of 3")
		act := chat.Audit{ID: "a", Act: chat.ActWebhookRetry}
		wantCode(t, "not dead", h.Revive(ctx, "va2", h.at, act), chat.CodeNotFound)
		wantCode(t, "unknown", h.Revive(ctx, "none", h.at, act), chat.CodeNotFound)
		h.ok(h.Revive(ctx, "va1", h.at, act))
		wantCode(t, "again", h.Revive(ctx, "va1", h.at), chat.CodeNotFound)
		h.want("left", page(0, 9), "[vc1 vb1] of 2")
		h.want("behind what was queued since", h.lease(9), "[va2]")
		h.ok(h.Delivered(ctx, "va2"))
		h.want("revived", h.lease(9), "[va1]")
	})
}

// TestSlowWebhook: a limit is for each webhook, and counts what is taken already.
func TestSlowWebhook(t *testing.T) {
	eachHooked(t, func(h *hooked) {
		h.queue("va1", "vb1", "vc1", "vd1", "wa1")
		h.want("limit", h.lease(2), "[va1 vb1 wa1]")
		h.queue("wb1")
		h.want("no more for v", h.lease(2), "[wb1]")
		h.want("a higher limit", h.lease(3), "[vc1]")
		h.ok(h.Delivered(h.Context(), "va1"))
		h.want("a free place", h.lease(3), "[vd1]")
	})
}

// TestLeasesAtOnce: callers at once never hold the same delivery nor two of a room,
// and all comes out in order. Some fail, some are revived meanwhile.
func TestLeasesAtOnce(t *testing.T) {
	const rooms, each, callers = 5, 12, 6
	eachHooked(t, func(h *hooked) {
		for n := range each {
			for r := range rooms {
				h.queue(fmt.Sprintf("v%d%02d", r, n))
			}
		}
		ctx, cancel := context.WithTimeout(h.Context(), time.Minute)
		defer cancel()
		var mu sync.Mutex
		held, out := map[string]string{}, map[string][]string{}
		left := rooms * each
		take := func(caller int) (done bool) {
			got, err := h.LeaseDeliveries(ctx, h.at, h.at.Add(time.Hour), 3)
			if err != nil {
				h.Error(err)
				return true
			}
			for i, d := range got {
				mu.Lock()
				if other := held[d.Room]; other != "" {
					h.Errorf("%s and %s are held at once", other, d.ID)
				}
				held[d.Room] = d.ID
				fails := d.Attempts == 0 && (i+caller)%2 == 0
				if !fails {
					out[d.Room] = append(out[d.Room], d.ID)
					left--
				}
				held[d.Room] = "" // before it is free for others
				mu.Unlock()
				if fails {
					err = h.Postpone(ctx, d.ID, h.at, "no")
				} else {
					err = h.Delivered(ctx, d.ID)
				}
				if err != nil {
					h.Error(err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			return left <= 0
		}
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for ctx.Err() == nil && !take(c) {
				}
			})
		}
		wg.Wait()
		for room, ids := range out {
			if len(ids) != each || !slices.IsSorted(ids) {
				h.Errorf("room %s: %v", room, ids)
			}
		}
		if left != 0 {
			h.Errorf("%d are left", left)
		}
	})
}

// TestReviveAtOnce: what is revived while others are queued in its room, as the
// appender does it, never goes out beside another of the room.
func TestReviveAtOnce(t *testing.T) {
	eachHooked(t, func(h *hooked) {
		h.queue("vr0")
		wantCode(t, "post", (<-submit(h.Store, post("r", "m", "n"))).err, "")
		h.ok(h.Postpone(h.Context(), "vr0", time.Time{}, "gone"))
		tx := h.db.write.Begin()
		h.ok(tx.Error)
		var room []string
		h.ok(tx.Raw("UPDATE rooms SET seq = seq WHERE id = 'r' RETURNING id").Scan(&room).Error)
		row := deliveryRow{ID: "vr1", WebhookID: "v", RoomID: "r", Event: "e", Body: []byte("{}")}
		h.ok(tx.Create(&row).Error)
		revived := make(chan error, 1)
		go func() { revived <- h.Revive(h.Context(), "vr0", h.at) }()
		if h.db.write.Name() == "postgres" { // SQLite has one writer
			waitFor(t, func() bool {
				var waiting int
				h.ok(h.read(h.Context()).Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").
					Row().Scan(&waiting))
				return waiting > 0
			})
		}
		h.ok(tx.Commit().Error)
		h.ok(<-revived)
		h.want("first", h.lease(9), "[vr1]")
		h.ok(h.Delivered(h.Context(), "vr1"))
		h.want("then", h.lease(9), "[vr0]")
	})
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}
