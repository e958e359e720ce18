package gateway

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

func text(s string) Frame { return NewFrame([]byte(s)) }

// drained collects what an outbox's consumer is given, in order.
func drained(o *Outbox) (<-chan string, func()) {
	out := make(chan string, 100_000)
	o.Consume(func() {
		for {
			frames, last := o.Next(64)
			if frames == nil {
				if last {
					close(out)
				}
				return
			}
			for _, f := range frames {
				out <- string(f.Text())
			}
		}
	})
	return out, func() { o.Close(false) }
}

func TestOutboxKeepsTheOrderOfEachSender(t *testing.T) {
	o := NewOutbox(1 << 30)
	out, finish := drained(o)
	const senders, each = 8, 2000
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				if err := o.Push(text(fmt.Sprintf("%d %d", s, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	finish()
	next := make([]int, senders)
	n := 0
	for got := range out {
		var s, i int
		if _, err := fmt.Sscan(got, &s, &i); err != nil || i != next[s] {
			t.Fatalf("got %q, want number %d of its sender", got, next[s])
		}
		next[s]++
		n++
	}
	if n != senders*each {
		t.Errorf("%d frames came out, want %d", n, senders*each)
	}
}

func TestOutboxIsBounded(t *testing.T) {
	o := NewOutbox(100)
	if err := o.Push(NewFrame(make([]byte, 500))); err != nil {
		t.Fatalf("a single frame must always fit an empty outbox: %v", err)
	}
	if err := o.Push(text("x")); !errors.Is(err, ErrOutboxFull) {
		t.Fatalf("push past the bound: %v", err)
	}
	if frames, _ := o.Next(10); len(frames) != 1 {
		t.Fatalf("took %d frames", len(frames))
	}
	if err := o.Push(text("x")); !errors.Is(err, ErrOutboxFull) {
		t.Fatalf("what is being written still counts: %v", err)
	}
	o.Written()
	if err := o.Push(text("x")); err != nil {
		t.Fatalf("push after the write: %v", err)
	}
}

func TestOutboxClose(t *testing.T) {
	for _, discard := range []bool{false, true} {
		o := NewOutbox(100)
		_ = o.Push(text("queued"))
		if !o.Close(discard) || o.Close(discard) {
			t.Error("Close must report its first call alone")
		}
		if err := o.Push(text("late")); !errors.Is(err, ErrOutboxClosed) {
			t.Errorf("push after Close: %v", err)
		}
		out, _ := drained(o)
		var got []string
		for s := range out {
			got = append(got, s)
		}
		if (len(got) == 0) != discard {
			t.Errorf("discard %v: %q came out", discard, got)
		}
	}
}

func TestOutboxChangesItsConsumer(t *testing.T) {
	o := NewOutbox(1 << 20)
	_ = o.Push(text("a"))
	o.Consume(nil)
	work := make(chan struct{}, 1)
	o.Consume(func() { work <- struct{}{} })
	select {
	case <-work:
	case <-time.After(5 * time.Second):
		t.Fatal("the consumer is not told of what was there before")
	}
	o.Consume(nil)
	_ = o.Push(text("b"))
	out, finish := drained(o)
	finish()
	if a, b := <-out, <-out; a != "a" || b != "b" {
		t.Errorf("got %q, %q", a, b)
	}
}

// recorder notes how a connection is written to.
type recorder struct {
	net.Conn
	writes    []int
	deadlines int
	err       error
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	r.writes = append(r.writes, len(p))
	return len(p), nil
}

func (r *recorder) SetWriteDeadline(time.Time) error {
	r.deadlines++
	return nil
}

// TestWriter joins what is small and cuts what is large, and moves the deadline
// only when less than half of it is left.
func TestWriter(t *testing.T) {
	o, conn := NewOutbox(1<<20), &recorder{}
	w := Writer{Conn: conn, Timeout: time.Hour}
	for range 3 {
		_ = o.Push(RawFrame(make([]byte, 10)))
	}
	_ = o.Push(RawFrame(make([]byte, 2*writeBatch+1)))
	_ = o.Push(RawFrame(make([]byte, 10)))
	if last, err := w.Drain(o); last || err != nil {
		t.Errorf("drained: %v %v", last, err)
	}
	if want := []int{30, writeBatch, writeBatch, 1, 10}; !slices.Equal(conn.writes, want) || conn.deadlines != 1 {
		t.Errorf("writes of %d with %d deadlines, want %d with one", conn.writes, conn.deadlines, want)
	}
	w.deadline -= time.Hour/2 + time.Second
	_ = o.Push(text("the last"))
	o.Close(false)
	if last, err := w.Drain(o); !last || err != nil || conn.deadlines != 2 {
		t.Errorf("closed, drained: %v %v, %d deadlines", last, err, conn.deadlines)
	}
	o, conn.err = NewOutbox(100), net.ErrClosed
	_ = o.Push(text("lost"))
	if last, err := w.Drain(o); last || !errors.Is(err, net.ErrClosed) {
		t.Errorf("over a closed connection: %v %v", last, err)
	}
}

func TestFrameHeaders(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65535, 65536, 70000} {
		f := NewFrame(make([]byte, n/2), make([]byte, n-n/2))
		if len(f.Text()) != n {
			t.Errorf("%d bytes became %d", n, len(f.Text()))
		}
		b := f.Bytes()
		size := int(b[1])
		switch size {
		case 126:
			size = int(b[2])<<8 | int(b[3])
		case 127:
			size = int(b[6])<<24 | int(b[7])<<16 | int(b[8])<<8 | int(b[9])
		}
		if b[0] != 0x81 || size != n {
			t.Errorf("%d bytes: header % x", n, b[:min(10, len(b))])
		}
	}
}
