package chat_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/ncruces/go-sqlite3/driver"

	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
)

const (
	benchSenders = 64
	benchRooms   = 16
	// benchTurn is how many messages one side stores before it is the other's turn.
	benchTurn = 64 * benchSenders
)

// BenchmarkPost64 measures what rules, queue and numbering leave of the database:
// 64 senders, each waiting for its ack, post through Service.Post to 16 rooms.
// Beside it the same rows are inserted bare, 64 in a transaction with full sync,
// into a database of the same schema and pragmas. The two take turns, so that a
// noisy moment hits both.
//
//	go test -run xxx -bench Post64 ./chat/
//
// ratio is the share of the bare rate that Post keeps.
func BenchmarkPost64(b *testing.B) {
	posts, bare := newBenchPosts(b), newBenchBare(b)
	var posting, inserting time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= benchTurn {
		n := min(left, benchTurn)
		posting += took(func() { posts.run(n) })
		b.StopTimer()
		inserting += took(func() { bare.run(n) })
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N)/posting.Seconds(), "posts/s")
	b.ReportMetric(float64(b.N)/inserting.Seconds(), "bare/s")
	b.ReportMetric(inserting.Seconds()/posting.Seconds(), "ratio")
}

func took(f func()) time.Duration {
	begun := time.Now()
	f()
	return time.Since(begun)
}

var benchText = strings.Repeat("some words ", 9)

func benchUser(i int) string { return fmt.Sprintf("018f0000-0000-7000-8000-%012d", i%benchSenders) }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// deaf is a bus without listeners.
type deaf struct{}

func (deaf) Publish(chat.Event) {}

// benchPosts posts through the use cases, every sender in every room.
type benchPosts struct {
	b       *testing.B
	service *chat.Service
	rooms   []string
}

func newBenchPosts(b *testing.B) *benchPosts {
	b.Helper()
	url := testenv.SQLite(b)
	if err := store.MigrateUp(b.Context(), url); err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), store.Options{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close(context.Background()) })
	p := &benchPosts{b: b, service: chat.NewService(chat.Options{
		Store: s, Bus: deaf{}, Now: time.Now, NewID: newID, OpenUsers: true,
	})}
	var users []string
	for i := range benchSenders {
		users = append(users, benchUser(i))
	}
	for range benchRooms {
		room, err := p.service.CreateRoom(b.Context(), actor(users[0]), chat.NewRoom{Name: "bench", Users: users})
		if err != nil {
			b.Fatal(err)
		}
		p.rooms = append(p.rooms, room)
	}
	return p
}

// run posts n messages, one at a time from each sender.
func (p *benchPosts) run(n int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for sender := range benchSenders {
		wg.Go(func() {
			a := actor(benchUser(sender))
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				nonce := newID()
				_, err := p.service.Post(context.Background(), a, chat.Draft{
					Room: p.rooms[int(i)%benchRooms], Text: benchText, Type: chat.ContentText, Nonce: &nonce,
				})
				if err != nil {
					p.b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// benchBare inserts the rows that posting makes, and nothing else.
type benchBare struct {
	b      *testing.B
	db     *sql.DB
	insert *sql.Stmt
	seq    int
}

const benchInsert = `INSERT INTO messages (id, room_id, seq, version, born_version, sender_id, text, type, files, nonce,
	reply_to, status, edited_at, created_at, updated_at, deleted) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`

func newBenchBare(b *testing.B) *benchBare {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bare.db")
	if err := store.MigrateUp(b.Context(), "sqlite://"+path); err != nil {
		b.Fatal(err)
	}
	// As the store opens its writing connection.
	name := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "cache_size(-16000)",
		"journal_size_limit(67108864)", "wal_autocheckpoint(10000)",
	}}.Encode()}
	db, err := driver.Open(name.String())
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	// Run once for each row: one statement of 64 rows is slower by a third.
	insert, err := db.PrepareContext(b.Context(), benchInsert)
	if err != nil {
		b.Fatal(err)
	}
	return &benchBare{b: b, db: db, insert: insert}
}

// run inserts n messages, or up to a transaction more.
func (p *benchBare) run(n int) {
	for ; n > 0; n -= benchSenders {
		if err := p.commit(); err != nil {
			p.b.Fatal(err)
		}
	}
}

func (p *benchBare) commit() error {
	ctx := context.Background()
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	insert, now := tx.StmtContext(ctx, p.insert), time.Now().UnixMilli() //nolint:sqlclosecheck // ends with its transaction
	for i := range benchSenders {
		p.seq++
		room := fmt.Sprintf("018f0000-0000-7000-9000-%012d", p.seq%benchRooms)
		_, err := insert.ExecContext(ctx, newID(), room, p.seq, p.seq, p.seq, benchUser(i), benchText, "text", "", newID(),
			"", "complete", 0, now, now, false)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}
