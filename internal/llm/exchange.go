package llm

import (
	"sync"
	"time"
)

// Exchange is one request and what became of it.
type Exchange struct {
	Request Request
	Arrived time.Time

	done chan struct{}
	once sync.Once
	end  time.Time
	gone bool
}

func newExchange(r Request) *Exchange {
	return &Exchange{Request: r, Arrived: time.Now(), done: make(chan struct{})}
}

// Done is closed when the exchange is over: answered, broken off by its script,
// or left by the client.
func (e *Exchange) Done() <-chan struct{} { return e.done }

// End says when the exchange was over, and whether it was the client that left
// before its script had ended. It waits for Done.
func (e *Exchange) End() (at time.Time, gone bool) {
	<-e.done
	return e.end, e.gone
}

// over records the end; the first call counts.
func (e *Exchange) over(gone bool) {
	e.once.Do(func() {
		e.end, e.gone = time.Now(), gone
		close(e.done)
	})
}
