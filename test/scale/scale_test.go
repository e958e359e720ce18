package scale_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
	"parley/test/harness"
)

const (
	// pageLimit is what a page may take in the long form, a median of runs. It is
	// meant to take 100 ms at most; the machine may have other work.
	pageLimit = 300 * time.Millisecond
	runs      = 9
)

// onEach fills a database of each kind, indexes it and runs the test on it.
func onEach(t *testing.T, run func(t *testing.T, w *world)) {
	for _, db := range []struct {
		name string
		url  func(testing.TB) string
	}{{"SQLite", testenv.SQLite}, {"PostgreSQL", testenv.Postgres}} {
		t.Run(db.name, func(t *testing.T) {
			w := newWorld(harness.Sized(20_000, 1_000_000))
			w.open(t, db.url(t))
			run(t, w)
		})
	}
}

// open fills the database and waits until all of it is indexed.
func (w *world) open(t *testing.T, url string) {
	must(t, store.MigrateUp(t.Context(), url))
	begun := time.Now()
	w.fill(t, url)
	filled := time.Since(begun)
	var err error
	w.store, err = store.Open(t.Context(), store.Options{URL: url, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	must(t, err)
	t.Cleanup(func() { must(t, w.store.Close(context.Background())) })
	begun = time.Now()
	must(t, w.store.Indexed(t.Context()))
	if harness.Long() {
		took := time.Since(begun)
		t.Logf("%d messages written in %v, indexed in %v (%.0f a second); the index takes %d bytes a message",
			w.total(), filled.Round(time.Millisecond), took.Round(time.Millisecond), float64(w.total())/took.Seconds(),
			indexBytes(t, url)/int64(w.total()))
	}
}

// indexBytes is the size of the index's tables.
func indexBytes(t *testing.T, url string) (n int64) {
	if strings.HasPrefix(url, "postgres") {
		db, err := sql.Open("pgx", url)
		must(t, err)
		defer db.Close()
		must(t, db.QueryRowContext(t.Context(), `SELECT pg_total_relation_size('search_docs') + pg_total_relation_size('search_rooms')`).Scan(&n))
		return n
	}
	// SQLite cannot tell tables apart without an extension: what the file has grown
	// by, the messages' share being known from a database without an index.
	stat := func(path string) int64 {
		info, err := os.Stat(path)
		must(t, err)
		return info.Size()
	}
	bare := testenv.SQLite(t)
	must(t, store.MigrateUp(t.Context(), bare))
	newWorld(harness.Sized(20_000, 1_000_000)).fill(t, bare)
	db, err := sql.Open("sqlite3", "file:"+strings.TrimPrefix(url, "sqlite://"))
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, err)
	return stat(strings.TrimPrefix(url, "sqlite://")) - stat(strings.TrimPrefix(bare, "sqlite://"))
}

// TestSearch searches for rare and for frequent words, in every scope.
func TestSearch(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		var rows []row
		everything, big, anns, bobs, cids := chat.MessageQuery{}, chat.MessageQuery{Room: bigRoom}, chat.MessageQuery{User: ann},
			chat.MessageQuery{User: bob}, chat.MessageQuery{User: cid}
		small := chat.MessageQuery{Room: smallRoom(0)}
		for _, scope := range []struct {
			name string
			q    chat.MessageQuery
			all  bool // whether it has every message
		}{{"everything", everything, true}, {"the big room", big, false}, {"a small room", small, false}, {"ann's rooms", anns, true}, {"bob's rooms", bobs, false}, {"cid's room", cids, false}} {
			for _, words := range []string{"zehn", "hundertstel", "häufig", "früher", "damals", "gerade ungerade", "früher häufig ungerade", "公园", "word3", "word29999"} {
				q := scope.q
				q.Search = words
				want := -1
				if n, ok := w.all[words]; ok && scope.all {
					want = min(n, chat.CountLimit)
				} else if n, ok := w.big[words]; ok && scope.name == "the big room" {
					want = min(n, chat.CountLimit)
				}
				rows = append(rows, w.search(t, scope.name+": "+words, q, want))
				if words == "häufig" || words == "hundertstel" {
					q.Skip = max(0, int(rows[len(rows)-1].count)-50)
					rows = append(rows, w.search(t, scope.name+": "+words+", the last page", q, want))
					q.Skip, q.Oldest = 0, true
					rows = append(rows, w.search(t, scope.name+": "+words+", oldest first", q, want))
				}
			}
			for _, sender := range []string{loud, quiet} {
				q := scope.q
				q.Sender = sender
				want := -1
				if scope.all {
					want = min(w.all[sender], chat.CountLimit)
				}
				rows = append(rows, w.search(t, scope.name+": by "+sender, q, want))
				q.Search = "häufig"
				rows = append(rows, w.search(t, scope.name+": häufig by "+sender, q, -1))
			}
		}
		for _, seq := range []int64{10, int64(w.size) / 2, int64(w.size) - 10} {
			q := big
			q.Search, q.Before = "häufig", seq
			rows = append(rows, w.search(t, fmt.Sprint("the big room: häufig before ", seq), q, -1))
			q.Before, q.After = 0, seq
			rows = append(rows, w.search(t, fmt.Sprint("the big room: häufig after ", seq), q, -1))
		}
		show(t, rows)
		for _, r := range rows {
			if harness.Long() && r.median() > slower*pageLimit {
				t.Errorf("%s took %v", r.name, r.median())
			}
		}
	})
}

// search runs one query, checks its answer and takes its times.
func (w *world) search(t *testing.T, name string, q chat.MessageQuery, want int) row {
	t.Helper()
	q.Limit = 50
	r := row{name: name}
	for range harness.Sized(1, runs) {
		begun := time.Now()
		page, n, err := w.store.Messages(t.Context(), q, true)
		r.times = append(r.times, time.Since(begun))
		must(t, err)
		r.count = n
		if want >= 0 && n != int64(want) || len(page) != min(50, max(0, int(n)-q.Skip)) && q.Before+q.After == 0 {
			t.Fatalf("%s: %d found, %d on the page, want %d", name, n, len(page), want)
		}
		for i := 1; i < len(page); i++ {
			if page[i-1].ID > page[i].ID == q.Oldest {
				t.Fatalf("%s: %s stands before %s", name, page[i-1].ID, page[i].ID)
			}
		}
	}
	return r
}

// TestReadsStayFlat reads at both ends of the big room.
func TestReadsStayFlat(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		room, err := w.store.Room(t.Context(), bigRoom)
		must(t, err)
		end := room.Seq
		list := func(q chat.MessageQuery) func() (int, error) {
			return func() (int, error) {
				q.Limit = 50
				page, _, err := w.store.Messages(t.Context(), q, true)
				return len(page), err
			}
		}
		changes := func(after int64) func() (int, error) {
			return func() (int, error) {
				page, err := w.store.Changes(t.Context(), bigRoom, after, 50)
				return len(page), err
			}
		}
		rooms := func(user string) func() (int, error) {
			return func() (int, error) {
				page, _, err := w.store.RoomsOf(t.Context(), user, chat.Page{Limit: 50})
				return len(page), err
			}
		}
		var rows []row
		for _, c := range []struct {
			name       string
			start, end func() (int, error)
		}{
			{"history before", list(chat.MessageQuery{Room: bigRoom, Before: 60}), list(chat.MessageQuery{Room: bigRoom})},
			{"history after", list(chat.MessageQuery{Room: bigRoom, After: 1}), list(chat.MessageQuery{Room: bigRoom, After: end - 60})},
			{"a page by skip", list(chat.MessageQuery{Room: bigRoom, Page: chat.Page{Skip: int(end) - 60}}), list(chat.MessageQuery{Room: bigRoom, Page: chat.Page{Skip: 10}})},
			{"oldest first, by skip", list(chat.MessageQuery{Room: bigRoom, Oldest: true, Page: chat.Page{Skip: 10}}), list(chat.MessageQuery{Room: bigRoom, Oldest: true, Page: chat.Page{Skip: int(end) - 60}})},
			{"sync", changes(0), changes(end - 60)},
			{"all messages", list(chat.MessageQuery{Oldest: true}), list(chat.MessageQuery{})},
			{"a user's feed", list(chat.MessageQuery{User: ann, Oldest: true}), list(chat.MessageQuery{User: ann})},
			{"rooms, without and with the big one", rooms(bob), rooms(ann)},
		} {
			a, b := measure(t, c.name, c.start), measure(t, c.name, c.end)
			rows = append(rows, row{name: c.name + ", start", times: a}, row{name: c.name + ", end", times: b})
			if x, y := middle(a), middle(b); harness.Long() && max(x, y) > 4*min(x, y)+slower*5*time.Millisecond {
				t.Errorf("%s: %v at the start, %v at the end", c.name, x, y)
			}
		}
		show(t, rows)
	})
}

func measure(t *testing.T, name string, read func() (int, error)) (times []time.Duration) {
	t.Helper()
	for range harness.Sized(1, 5*runs) {
		begun := time.Now()
		n, err := read()
		times = append(times, time.Since(begun))
		must(t, err)
		if n != 50 {
			t.Fatalf("%s: %d on the page", name, n)
		}
	}
	return times
}

// row is one line of the table.
type row struct {
	name  string
	count int64
	times []time.Duration
}

func (r row) median() time.Duration { return middle(r.times) }

func middle(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}

// show prints the figures in the long form.
func show(t *testing.T, rows []row) {
	if !harness.Long() {
		return
	}
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tfound\tmedian\tworst\t")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%d\t%.1f ms\t%.1f ms\t\n", r.name, r.count, ms(r.median()), ms(slices.Max(r.times)))
	}
	_ = table.Flush()
	t.Log("\n" + b.String())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
