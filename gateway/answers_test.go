package gateway

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// TestAnswersKeepTheirOrder, whichever is ready first.
func TestAnswersKeepTheirOrder(t *testing.T) {
	var a Answers
	var got []int
	places := make([]*Answer, MaxAnswers)
	for i := range places {
		places[i] = a.Next()
	}
	if n := a.Pending(); n != MaxAnswers || !a.Busy() {
		t.Errorf("%d are pending", n)
	}
	var wg sync.WaitGroup
	for _, i := range rand.Perm(MaxAnswers) {
		wg.Go(func() {
			places[i].Done(func() { got = append(got, i) })
			places[i].Done(func() { t.Error("an answer is given twice") })
		})
	}
	wg.Wait()
	a.Idle()
	if len(got) != MaxAnswers || !slices.IsSorted(got) {
		t.Errorf("%v", got)
	}
	if a.Busy() || a.pending != nil {
		t.Errorf("idle, it keeps room for %d", cap(a.pending))
	}
}

// TestAnswersSurviveAPanic: an answer that cannot be sent does not hold up those
// behind it.
func TestAnswersSurviveAPanic(t *testing.T) {
	var a Answers
	bad, good := a.Next(), a.Next()
	func() {
		defer func() { _ = recover() }()
		bad.Done(func() { panic("a fault") })
	}()
	sent := false
	good.Done(func() { sent = true })
	if !sent {
		t.Error("the next answer is stuck")
	}
	a.Idle()
}

// TestAnswersAreGivenUp: once it is closed nobody waits any more, though an
// answer never comes.
func TestAnswersAreGivenUp(t *testing.T) {
	var a Answers
	var last *Answer
	for range MaxAnswers {
		last = a.Next()
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if a.Next() != nil {
			t.Error("a place after the close")
		}
	})
	wg.Go(func() {
		if last.Settled() {
			t.Error("settled, with answers missing")
		}
	})
	wg.Go(a.Idle)
	wg.Go(a.Finish)
	runtime.Gosched() // whether or not they wait by then
	a.Close()
	wg.Wait()
	last.Done(func() { t.Error("an answer after the close") })
}

// TestAnswersFinish: what was taken is still answered, and settles; no more is taken.
func TestAnswersFinish(t *testing.T) {
	var a Answers
	first, second := a.Next(), a.Next()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		a.Finish()
	}()
	eventually(t, "the end of taking", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.closed
	})
	if a.Next() != nil {
		t.Error("a place after the end")
	}
	settled := make(chan bool)
	go func() { settled <- second.Settled() }()
	given := false
	first.Done(func() { given = true })
	if !<-settled || !given {
		t.Error("what was taken does not settle")
	}
	select {
	case <-finished:
		t.Error("finished, with an answer missing")
	default:
	}
	second.Done(func() {})
	<-finished
}
