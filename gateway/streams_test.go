package gateway

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"parley/chat"
)

// letters are what tokens are made of, of one to four bytes, one or two code units.
var letters = []string{"a", "b ", "é", "字", "😀", "\n", "long enough to be a word"}

func randomToken(rng *rand.Rand) string {
	token := ""
	for range 1 + rng.IntN(3) {
		token += letters[rng.IntN(len(letters))]
	}
	return token
}

// visitor is somebody whose connection comes, lags, is lost and comes back.
type visitor struct {
	session *Session
	reader  *reader
	waiting bool // not announced
	fresh   bool // never was
	away    bool
}

// play is one room with a writer and visitors who do anything in any order.
type play struct {
	t        *testing.T
	rng      *rand.Rand
	w        *writer
	visitors []*visitor
	readers  []*reader // all there ever were
	made     int
	late     []chat.Event // on their way
	past     *chat.Event  // news of a turn that is over
	dones    []func()
}

func newPlay(t *testing.T, seed uint64) *play {
	_, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	return &play{t: t, rng: rand.New(rand.NewPCG(seed, 7)), w: w}
}

func (p *play) publish(e chat.Event) { p.w.hub.Publish(e) }

// step does one thing.
func (p *play) step() {
	switch n := p.rng.IntN(20); {
	case n < 11:
		p.write()
	case n < 13 && len(p.visitors) < 12:
		p.enter()
	case len(p.visitors) > 0:
		p.happen(p.rng.IntN(len(p.visitors)))
	}
}

// write has the writer go on.
func (p *play) write() {
	open := p.w.replies("r")
	switch {
	case len(open) == 0 || len(p.dones) > 0:
		for _, done := range p.dones {
			done()
		}
		p.dones = nil
		p.publish(p.w.store.post("r"))
		if e := p.w.begin("r"); p.rng.IntN(8) > 0 {
			p.publish(e)
		}
	case p.rng.IntN(12) == 0:
		final, status := open[0].Text, chat.StatusComplete
		if p.rng.IntN(3) == 0 && final != "" {
			cut := 0
			for i := range final { // a checkpoint
				if p.rng.IntN(3) == 0 {
					cut = i
				}
			}
			final, status = final[:cut], chat.StatusInterrupted
		}
		e, done := p.w.end("r", final, status)
		if p.dones = append(p.dones, done); p.rng.IntN(8) > 0 {
			p.publish(e)
		}
	default:
		p.token(p.w.say("r", randomToken(p.rng)))
	}
}

// token passes one on as a bus may.
func (p *play) token(e chat.Event) {
	switch p.rng.IntN(16) {
	case 0: // lost
	case 1:
		p.late = append(p.late, e)
	case 2:
		p.publish(e)
		p.publish(e)
	default:
		p.publish(e)
	}
	if len(p.late) > 3 {
		for _, e := range p.late {
			p.publish(e)
		}
		p.late = nil
	}
}

func (p *play) enter() {
	p.made++
	s, r := p.w.enter(p.t, NewSession{ID: fmt.Sprint(p.made), PID: fmt.Sprint("pid", p.made)})
	p.visitors = append(p.visitors, &visitor{session: s, reader: r, waiting: true, fresh: true})
	p.readers = append(p.readers, r)
}

// happen has something happen to a visitor.
func (p *play) happen(i int) {
	v := p.visitors[i]
	switch {
	case v.away:
		back := v.reader.again()
		if p.w.hub.Resume(v.session.PID, back.last, v.session.Identity(), streamFormat{}, back) != v.session {
			p.t.Fatal("not resumed")
		}
		v.reader, v.away, v.waiting = back, false, true
		p.readers = append(p.readers, back)
	case v.waiting && v.fresh:
		v.session.Announce(func(_ map[string]string, offset string) Frame { return announced(offset) })
		v.waiting, v.fresh = false, false
	case v.waiting:
		if !v.session.Resumed() {
			p.t.Fatal("not resumed")
		}
		v.waiting = false
	case p.rng.IntN(8) == 0:
		v.session.Close()
		v.reader.streams = nil // whatever it missed
		p.visitors = append(p.visitors[:i], p.visitors[i+1:]...)
	case p.rng.IntN(3) == 0:
		v.session.Detach()
		v.away = true
	default:
		v.reader.slow(p.rng.IntN(2) == 0)
	}
}

// end closes what is open and looks at what everybody got.
func (p *play) end() {
	for i, v := range p.visitors {
		for v.away || v.waiting {
			p.happen(i)
		}
	}
	if open := p.w.replies("r"); len(open) > 0 && len(p.dones) == 0 {
		p.w.finish("r")
	}
	p.publish(p.w.store.post("r"))
	head := p.w.head("r")
	for _, v := range p.visitors {
		eventually(p.t, "the last message", func() bool {
			v.reader.mu.Lock()
			defer v.reader.mu.Unlock()
			return slices.ContainsFunc(v.reader.pieces, func(p piece) bool { return p.Version == head })
		})
		v.reader.sound(p.t, v.session.ID)
	}
	for i, r := range p.readers {
		for _, fault := range r.faults {
			p.t.Errorf("reader %d: %s", i, fault)
		}
	}
	for _, v := range p.visitors {
		v.session.Close()
	}
	if h := p.w.hub; h.streams.Load() != 0 || len(h.rooms) != 0 {
		p.t.Error("something is left")
	}
}

// TestStreamsInAnyOrder: whatever happens to the bus, the connections and the
// clients, in any order: on each connection every stream is its start, tokens that
// make the message's text, the message and the end, each once.
func TestStreamsInAnyOrder(t *testing.T) {
	rounds := uint64(100)
	if testing.Short() {
		rounds = 40
	}
	for seed := range rounds {
		p := newPlay(t, seed)
		for range 300 {
			p.step()
		}
		if p.end(); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestStreamsUnderRace is the same with everybody at once, each room with replies
// one after another.
func TestStreamsUnderRace(t *testing.T) {
	h, f, w := streamHub()
	const rooms, replies, tokens, clients = 4, 15, 40, 6
	var writers, visitors sync.WaitGroup
	over := make(chan struct{})
	for i := range rooms { // before anybody reads it
		room := fmt.Sprint("r", i)
		f.members["user"+room] = []string{room}
	}
	for i := range rooms {
		room := fmt.Sprint("r", i)
		user := chat.Identity{Actor: chat.Actor{ID: "user" + room}}
		writers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			for range replies {
				h.Publish(f.post(room))
				h.Publish(w.begin(room))
				for range tokens {
					h.Publish(w.say(room, randomToken(rng)))
				}
				w.finish(room)
			}
		})
		for c := range clients {
			visitors.Go(func() {
				w.visit(t, NewSession{ID: fmt.Sprint(i, c), PID: fmt.Sprint("p", i, c), Identity: user}, uint64(c), over)
			})
		}
	}
	writers.Wait()
	close(over)
	visitors.Wait()
	if connected, waiting := h.Sessions(); connected+waiting != 0 || h.streams.Load() != 0 {
		t.Error("something is left")
	}
}

// visit connects, loses the connection and comes back, until it is over.
func (w *writer) visit(t *testing.T, n NewSession, seed uint64, over chan struct{}) {
	rng := rand.New(rand.NewPCG(seed, 2))
	s, r := w.attend(t, n)
	for {
		select {
		case <-over:
			eventually(t, "the end of all", func() bool { return r.quiet() })
			r.sound(t, n.ID)
			s.Close()
			return
		default:
		}
		r.slow(rng.IntN(2) == 0)
		switch rng.IntN(6) {
		case 0:
			s.Close()
			s, r = w.attend(t, n)
		case 1:
			s.Detach()
			back := r.again()
			if w.hub.Resume(n.PID, back.last, n.Identity, streamFormat{}, back) == nil || !s.Resumed() {
				t.Error("not resumed")
				return
			}
			r = back
		default:
			r.await(t, len(r.list())+5, over)
		}
		r.noFaults(t, n.ID)
	}
}

func (r *reader) list() []piece {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pieces
}

// await waits until so many pieces have come, or it is over.
func (r *reader) await(t *testing.T, n int, over chan struct{}) {
	eventually(t, "some pieces", func() bool {
		select {
		case <-over:
			return true
		default:
			return len(r.list()) >= n
		}
	})
}

// quiet reports whether every stream has ended.
func (r *reader) quiet() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, st := range r.streams {
		if !st.end {
			return false
		}
	}
	return true
}

func (r *reader) noFaults(t *testing.T, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.faults {
		t.Errorf("%s: %s", name, f)
	}
}
