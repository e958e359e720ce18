package recovery

import (
	"testing"
	"time"

	"parley/test/harness"
)

// fault is one way to be cut off: it breaks things, lets happen what happens
// meanwhile, and mends them.
type fault struct {
	name string
	run  func(w *world)
	// recovered: who has its session recovered must be; without it nobody may be,
	// unless either.
	recovered, either bool
}

// drops are of the network alone; the server goes on.
var drops = []fault{
	{name: "cut", run: (*world).cut, recovered: true},
	{name: "swallowed", run: (*world).swallowed, either: true},
	{name: "flapping", run: (*world).flapping, either: true},
	{name: "flooded", run: (*world).flooded},
}

// cut refuses connections until the server has noticed that everybody is gone.
func (w *world) cut() {
	w.network.cut()
	w.noticed()
	w.do("away", nil)
	w.network.restore()
}

// swallowed lets both sides find out by the silence.
func (w *world) swallowed() {
	w.network.swallow()
	w.do("away", nil)
	w.do("offline", nil)
	w.network.release()
}

// flapping cuts at random moments, in the middle of coming back too.
func (w *world) flapping() {
	w.ask("away", nil)
	for range 3 + w.chance.IntN(5) {
		w.network.cut()
		<-time.After(time.Duration(w.chance.IntN(100)) * time.Millisecond)
		w.network.restore()
		<-time.After(time.Duration(w.chance.IntN(400)) * time.Millisecond)
	}
	w.answer()
}

// flooded has more posted meanwhile than a session keeps for its client.
func (w *world) flooded() {
	w.network.cut()
	w.noticed()
	w.do("away", nil)
	w.do("flood", nil)
	w.network.restore()
}

// killed and stopped end the server; the readers may be back before everything
// has happened that is to happen meanwhile.
func (w *world) killed()  { w.restarted(w.server.Kill) }
func (w *world) stopped() { w.restarted(w.server.Stop) }

func (w *world) restarted(end func()) {
	end()
	w.do("ended", nil)
	w.ask("away", nil)
	w.server.Run()
	w.answer()
}

// both: the server ends while nobody is connected, and all that happens has
// happened before anybody is back.
func (w *world) both() {
	w.network.cut()
	if w.chance.IntN(2) == 0 {
		w.server.Kill()
	} else {
		w.server.Stop()
	}
	w.restarted(func() {})
	w.network.restore()
}

// came holds the readers' connections against what the fault allows.
func (w *world) came(f fault, connects []connect) {
	w.t.Helper()
	first := map[string]connect{}
	recovered := 0
	for _, c := range connects {
		if _, ok := first[c.Reader]; !ok {
			first[c.Reader] = c
		}
		if c.Recovered {
			recovered++
		}
	}
	for _, r := range w.readers {
		c, ok := first[r.ID]
		if !ok {
			w.t.Errorf("%s: %s was not cut off", f.name, r.ID)
		} else if want := f.recovered && !r.Forget; !f.either && c.Recovered != want {
			w.t.Errorf("%s: %s came back, recovered: %v, want %v", f.name, r.ID, c.Recovered, want)
		}
	}
	w.t.Logf("%s: %d connections, %d recovered", f.name, len(connects), recovered)
}

// round breaks something in the middle of the writing and holds that nobody has
// lost anything by it.
func (w *world) round(f fault) {
	w.t.Helper()
	w.do("prepare", nil)
	w.write(10 + w.chance.IntN(30))
	w.settle()
	f.run(w)
	w.came(f, w.settle())
	w.write(10)
	w.whole()
}

// The official client, over each transport, with its connection state recovery and
// without, ends with what the server has, however it was cut off and whatever
// happened to its rooms meanwhile. A recovered session needs no `sync` for it.
func TestClientsComeBack(t *testing.T) {
	for _, cell := range []struct {
		name   string
		faults []fault
	}{
		{"network", drops},
		{"SIGKILL", []fault{{name: "killed", run: (*world).killed}}},
		{"SIGTERM", []fault{{name: "stopped", run: (*world).stopped}}},
		{"both", []fault{{name: "both", run: (*world).both}}},
	} {
		t.Run(cell.name, func(t *testing.T) {
			t.Parallel()
			done := 0 // the short form leaves to the second database what the first has not done
			harness.OnEachDatabase(t, func(t *testing.T, env string) {
				w := newWorld(t, env)
				for range harness.Sized((len(cell.faults)+1)/2, 12) {
					w.round(cell.faults[done%len(cell.faults)])
					done++
				}
			})
		})
	}
}
