package scale_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/ncruces/go-sqlite3/driver"

	"parley/store"
)

// A world is a database with one room that has most of its messages, and many
// small ones, written to in turn.
type world struct {
	size  int // messages of the big room
	rooms int // small rooms
	each  int // messages of each
	store *store.Store
	// all and big are the numbers of each word's messages, everywhere and in the big room.
	all, big map[string]int
}

const (
	bigRoom = "018f0000-0000-7000-9000-000000000000"
	// ann takes part everywhere, bob in the small rooms, cid in one of them.
	ann, bob, cid = "ann", "bob", "cid"
	// loud wrote half of all messages, quiet one in a hundred.
	loud, quiet = "loud", "quiet"
)

func smallRoom(i int) string { return fmt.Sprintf("018f0000-0000-7000-9001-%012d", i) }

func newWorld(size int) *world {
	w := &world{size: size, rooms: 200, all: map[string]int{}, big: map[string]int{}}
	w.each = max(2, size/10/w.rooms)
	return w
}

func (w *world) total() int { return w.size + w.rooms*w.each }

// words are the special ones of message i, all of which every database has in the
// same shares: ten, one in a hundred, every second.
func (w *world) words(i int) []string {
	list := []string{}
	n := w.total()
	add := func(word string, has bool) {
		if has {
			list = append(list, word)
		}
	}
	add("zehn", i%(n/10) == 7)
	add("hundertstel", i%100 == 13)
	add("häufig", i%2 == 0)
	add("gerade", i%2 == 0 || i%(n/100) == 1)
	add("ungerade", i%2 == 1)
	add("früher", i < n/2)
	add("damals", i < n/2 && i%50 == 3)
	add("我们去公园散步", i%100 == 29)
	return list
}

// message returns the room, the sender and the text of message i.
func (w *world) message(i int, r *rand.Rand) (room, sender, text string) {
	room = bigRoom
	if ratio := w.total() / (w.rooms * w.each); i%ratio == 0 && i/ratio < w.rooms*w.each {
		room = smallRoom(i / ratio % w.rooms)
	}
	switch {
	case i%2 == 1:
		sender = loud
	case i%100 == 4:
		sender = quiet
	default:
		sender = fmt.Sprint("user", i%1000)
	}
	var b strings.Builder
	for range 10 {
		fmt.Fprintf(&b, "word%d ", int(30_000*math.Pow(r.Float64(), 3)))
	}
	special := w.words(i)
	for _, s := range special {
		w.all[s]++
		if room == bigRoom {
			w.big[s]++
		}
	}
	w.all[sender]++
	return room, sender, b.String() + strings.Join(special, " ")
}

var (
	roomColumns = []string{
		"id", "name", "kind", "visibility", "creator_id", "seq", "version", "participant_count", "last_message_id",
		"created_at", "updated_at", "active_at", "deleted",
	}
	memberColumns  = []string{"room_id", "user_id", "state", "read_seq", "joined_at"}
	messageColumns = []string{
		"id", "room_id", "seq", "version", "born_version", "sender_id", "text", "type", "files", "reply_to", "status",
		"edited_at", "created_at", "updated_at", "deleted",
	}
)

// rows gives all rows of the world, table by table.
func (w *world) rows(put func(table string, columns []string, next func() ([]any, bool))) {
	r := rand.New(rand.NewPCG(1, 2))
	seqs, last := map[string]int64{}, map[string]string{}
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMilli()
	i := 0
	put("messages", messageColumns, func() ([]any, bool) {
		if i == w.total() {
			return nil, false
		}
		room, sender, text := w.message(i, r)
		id := fmt.Sprintf("018f%04x-%04x-7000-a000-000000000000", i>>16, i&0xffff)
		seqs[room]++
		last[room] = id
		at := begun + int64(i)
		i++
		return []any{id, room, seqs[room], seqs[room], seqs[room], sender, text, "text", "", "", "complete", int64(0), at, at, false}, true
	})
	room := -1
	name := func() string {
		if room == w.rooms {
			return bigRoom
		}
		return smallRoom(room)
	}
	put("rooms", roomColumns, func() ([]any, bool) {
		if room++; room > w.rooms {
			return nil, false
		}
		id := name()
		return []any{id, "a room", "group", "private", ann, seqs[id], seqs[id], int64(3), last[id], begun, begun, begun + int64(i), false}, true
	})
	var members [][]any
	for room = 0; room <= w.rooms; room++ {
		for k, user := range []string{ann, bob, cid} {
			if user == ann || user == bob && room < w.rooms || user == cid && room == 0 {
				members = append(members, []any{name(), user, "active", int64(0), begun + int64(k)})
			}
		}
	}
	put("members", memberColumns, func() ([]any, bool) {
		if len(members) == 0 {
			return nil, false
		}
		row := members[0]
		members = members[1:]
		return row, true
	})
}

// fill writes the rows past the appender: COPY, or one transaction.
func (w *world) fill(tb testing.TB, url string) {
	tb.Helper()
	ctx := context.Background()
	if strings.HasPrefix(url, "postgres") {
		w.copyPostgres(tb, ctx, url)
		return
	}
	db, err := driver.Open("file:" + strings.TrimPrefix(url, "sqlite://"))
	must(tb, err)
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	must(tb, err)
	w.rows(func(table string, columns []string, next func() ([]any, bool)) {
		insertSQLite(tb, ctx, tx, table, columns, next)
	})
	must(tb, tx.Commit())
}

func insertSQLite(tb testing.TB, ctx context.Context, tx *sql.Tx, table string, columns []string, next func() ([]any, bool)) {
	tb.Helper()
	s, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ",")+") VALUES (?"+strings.Repeat(",?", len(columns)-1)+")")
	must(tb, err)
	defer s.Close()
	for row, ok := next(); ok; row, ok = next() {
		_, err := s.ExecContext(ctx, row...)
		must(tb, err)
	}
}

func (w *world) copyPostgres(tb testing.TB, ctx context.Context, url string) {
	tb.Helper()
	conn, err := pgx.Connect(ctx, url)
	must(tb, err)
	defer conn.Close(ctx)
	w.rows(func(table string, columns []string, next func() ([]any, bool)) {
		_, err := conn.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
			row, ok := next()
			if !ok {
				return nil, nil
			}
			return row, nil
		}))
		must(tb, err)
	})
	_, err = conn.Exec(ctx, "VACUUM ANALYZE messages")
	must(tb, err)
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
