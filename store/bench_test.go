package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
)

const (
	benchSenders = 64
	benchRooms   = 16
	benchTurn    = 2560 // messages of one turn
)

// BenchmarkAppend measures 64 senders that each post and wait for the answer,
// against a bare multi-row INSERT of as many messages per transaction into the
// same table, in turns, so that what else the machine does hurts both alike:
//
//	go test -run '^$' -bench Append -benchtime 30000x ./store
//
// ratio is the share of the bare rate that Submit keeps. Nothing is indexed for
// search in every second turn; indexed/unindexed is the share of the rate that is
// kept in the others.
func BenchmarkAppend(b *testing.B) {
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			url := db.url(b)
			if err := MigrateUp(b.Context(), url); err != nil {
				b.Fatal(err)
			}
			s := open(b, Options{URL: url})
			benchFill(b, s)
			b.ResetTimer()
			var took, bare time.Duration
			var rate [2]float64 // with the index held up, and not
			for from := int64(0); from < int64(b.N); from += benchTurn {
				to := min(from+benchTurn, int64(b.N))
				turn := int(from / benchTurn % 2)
				release := func() {}
				if turn == 0 {
					release = benchHoldIndex(s)
				}
				one := benchSubmit(b, s, from, to)
				took += one
				rate[turn] += one.Seconds() / float64(to-from)
				release()
				b.StopTimer()
				if turn == 0 { // what has gathered is for no turn
					if err := s.Indexed(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				bare += benchBare(b, s, from, to)
				b.StartTimer()
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/took.Seconds(), "msgs/s")
			b.ReportMetric(float64(b.N)/bare.Seconds(), "bare/s")
			b.ReportMetric(bare.Seconds()/took.Seconds(), "ratio")
			b.ReportMetric(rate[0]/rate[1], "indexed/unindexed")
		})
	}
}

// benchHoldIndex stops the indexer until the function returned is called.
func benchHoldIndex(s *Store) (release func()) {
	answer := make(chan error) // which the indexer waits to be taken
	s.index.asked <- answer
	return func() { <-answer }
}

func benchUser(i int64) string { return fmt.Sprintf("018f0000-0000-7000-8000-%012d", i%benchSenders) }
func benchRoom(i int64) string { return fmt.Sprintf("018f0000-0000-7000-9000-%012d", i%benchRooms) }

func benchID(kind byte, i int64) string {
	return fmt.Sprintf("018f%04x-%c000-7000-a000-%012d", i>>16&0xffff, kind, i)
}

var benchText = strings.Repeat("some words ", 9)

// benchFill makes the rooms, with all senders in each, and some messages.
func benchFill(b *testing.B, s *Store) {
	var waits []<-chan result
	for r := range int64(benchRooms) {
		waits = append(waits, submit(s, chat.Command{Room: benchRoom(r), Decide: func(chat.State) (chat.Effects, error) {
			e := chat.Effects{Room: &chat.Room{Name: "bench", Kind: chat.KindGroup}}
			for u := range int64(benchSenders) {
				e.Members = append(e.Members, chat.Member{User: benchUser(u), State: chat.MemberActive})
			}
			return e, nil
		}}))
	}
	for i := range int64(4096) {
		waits = append(waits, submit(s, benchPost('a', i)))
	}
	for _, w := range waits {
		if r := <-w; r.err != nil {
			b.Fatal(r.err)
		}
	}
}

func benchPost(kind byte, i int64) chat.Command {
	id, user := benchID(kind, i), benchUser(i)
	return chat.Command{Room: benchRoom(i), User: user, Nonce: id, Decide: func(s chat.State) (chat.Effects, error) {
		if !s.Member.Active() {
			return chat.Effects{}, chat.ErrRoomNotFound
		}
		if s.Prior != nil {
			return chat.Effects{}, nil
		}
		return chat.Effects{Insert: &chat.Message{
			ID: id, Sender: user, Text: benchText, Type: chat.ContentText, Nonce: id, CreatedAt: time.Now(),
		}}, nil
	}}
}

func benchSubmit(b *testing.B, s *Store, from, to int64) time.Duration {
	var next atomic.Int64
	next.Store(from)
	var wg sync.WaitGroup
	begun := time.Now()
	for range benchSenders {
		wg.Go(func() {
			answered := make(chan error, 1)
			done := func(_ chat.Outcome, err error) { answered <- err }
			for i := next.Add(1); i <= to; i = next.Add(1) {
				s.Submit(benchPost('b', i), done)
				if err := <-answered; err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begun)
}

// benchBare writes the same rows without deciding anything.
func benchBare(b *testing.B, s *Store, from, to int64) time.Duration {
	db, err := s.db.write.DB()
	if err != nil {
		b.Fatal(err)
	}
	row := "(" + strings.Repeat("?,", 15) + "?)"
	text := sqliteInsertMessage[:strings.Index(sqliteInsertMessage, "VALUES")] + "VALUES " +
		strings.Repeat(row+",", benchSenders-1) + row
	if s.db.write.Name() == "postgres" {
		for n := 1; strings.Contains(text, "?"); n++ {
			text = strings.Replace(text, "?", fmt.Sprint("$", n), 1)
		}
	}
	statement, err := db.PrepareContext(b.Context(), text)
	if err != nil {
		b.Fatal(err)
	}
	defer statement.Close()
	begun := time.Now()
	for i := from; i < to; i += benchSenders {
		args := make([]any, 0, 16*benchSenders)
		for k := i; k < i+benchSenders; k++ {
			id := benchID('c', k)
			args = append(args, id, benchRoom(k), 1_000_000+k, 1_000_000+k, 1_000_000+k, benchUser(k), benchText, "text", "", id,
				"", "complete", 0, 1, 1, false)
		}
		tx, err := db.BeginTx(context.Background(), nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tx.Stmt(statement).Exec(args...); err != nil { //nolint:sqlclosecheck // ends with its transaction
			b.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begun)
}

// BenchmarkPoll is a look at a conversation in which nothing is new, one of many
// that wait.
func BenchmarkPoll(b *testing.B) {
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			url := db.url(b)
			if err := MigrateUp(b.Context(), url); err != nil {
				b.Fatal(err)
			}
			s := open(b, Options{URL: url})
			fillInbox(b, s)
			for b.Loop() {
				if _, err := s.Poll(b.Context(), "k7", 3000, 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
