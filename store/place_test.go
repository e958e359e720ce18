package store

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"parley/chat"
)

// TestSeqAfterSkip compares every place in rooms with all manners of tombstones
// with what reading the room gives.
func TestSeqAfterSkip(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		const n = 120
		random := rand.New(rand.NewPCG(1, 2))
		for name, deleted := range map[string]func(seq int) bool{
			"none":         func(int) bool { return false },
			"all":          func(int) bool { return true },
			"every second": func(seq int) bool { return seq%2 == 0 },
			"newest":       func(seq int) bool { return seq > 40 },
			"oldest":       func(seq int) bool { return seq < 80 },
			"all but two":  func(seq int) bool { return seq != 3 && seq != 100 },
			"runs":         func(seq int) bool { return seq/15%2 == 0 },
			"some":         func(int) bool { return random.IntN(3) == 0 },
		} {
			var live []int64 // newest first
			for seq := 1; seq <= n; seq++ {
				id := fmt.Sprint(name, seq)
				wantCode(t, "post", (<-submit(s, post(name, id, ""))).err, "")
				if deleted(seq) {
					wantCode(t, "delete", (<-submit(s, tombstone(name, id))).err, "")
				} else {
					live = append([]int64{int64(seq)}, live...)
				}
			}
			for skip := range n + 5 {
				got, err := s.seqAfterSkip(t.Context(), name, skip)
				if err != nil {
					t.Fatal(err)
				}
				above := 0 // how many of the room's messages the place leaves out
				for _, seq := range live {
					if seq >= got {
						above++
					}
				}
				if want := min(skip, len(live)); above != want || got < 1 || got > n+1 {
					t.Fatalf("%s: skipping %d begins below %d, which leaves out %d", name, skip, got, above)
				}
			}
		}
		if got, err := s.seqAfterSkip(t.Context(), "no such room", 3); got != 1 || err != nil {
			t.Errorf("no such room: %d, %v", got, err)
		}
	})
}

func tombstone(room, id string) chat.Command {
	return chat.Command{Room: room, Message: id, Decide: func(st chat.State) (chat.Effects, error) {
		m := *st.Message
		m.Text, m.Deleted = "", true
		return chat.Effects{Update: &m}, nil
	}}
}

// TestSeqAfterSkipAsksLittle: neither a skip nor the tombstones below it make
// for many statements, nor for long ones.
func TestSeqAfterSkipAsksLittle(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		wantCode(t, "post", (<-submit(s, post("r", "m", ""))).err, "")
		db := s.db.write.WithContext(t.Context())
		// A million seqs, of which every third of the first 30,000 is deleted.
		if err := db.Exec("UPDATE rooms SET seq = 1000000").Error; err != nil {
			t.Fatal(err)
		}
		err := db.Exec(`WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 3 FROM n WHERE i < 30000)
			INSERT INTO messages (id, room_id, seq, version, born_version, sender_id, text, type, files, reply_to, status,
			edited_at, created_at, updated_at, deleted) SELECT 'm' || i, 'r', i, i, i, 'u', '', 'text', '', '', 'complete', 0, 0, 0, true FROM n`).Error
		if err != nil {
			t.Fatal(err)
		}
		statements := 0
		tap(s, func(string) { statements++ })
		for _, skip := range []int{0, 1, 50, 970_000, 970_001, 980_000, 989_998, 995_000} {
			statements = 0
			got, err := s.seqAfterSkip(t.Context(), "r", skip)
			if err != nil || statements > 40 {
				t.Errorf("skip %d: %d statements, %v", skip, statements, err)
			}
			above := 0
			for seq := got; seq <= 1_000_000; seq++ {
				if seq > 30_002 || seq%3 != 2 {
					above++
				}
			}
			if want := min(skip, 1_000_000-10_001); above != want {
				t.Errorf("skipping %d begins below %d, which leaves out %d", skip, got, above)
			}
		}
	})
}
