package store

// queue is a first-in first-out ring that grows to what it has to hold. It is
// guarded by the appender's mutex.
type queue struct {
	ring  []pending
	first int
	count int
}

func (q *queue) push(p pending) {
	if q.count == len(q.ring) {
		q.grow()
	}
	q.ring[(q.first+q.count)%len(q.ring)] = p
	q.count++
}

// take removes the oldest, at most n of them.
func (q *queue) take(n int) []pending {
	taken := make([]pending, min(n, q.count))
	for i := range taken {
		at := (q.first + i) % len(q.ring)
		taken[i] = q.ring[at]
		q.ring[at] = pending{} // lets go of what the command holds
	}
	q.count -= len(taken)
	if q.count > 0 {
		q.first = (q.first + len(taken)) % len(q.ring)
	} else {
		q.first = 0
	}
	return taken
}

func (q *queue) grow() {
	ring := make([]pending, max(64, 2*len(q.ring)))
	n := copy(ring, q.ring[q.first:])
	copy(ring[n:], q.ring[:q.first])
	q.ring, q.first = ring, 0
}
