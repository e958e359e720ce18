package api

import "sync"

// places are what only so many may hold at once, and only so many of one key.
type places struct {
	most, mostEach int

	mu   sync.Mutex
	all  int
	each map[string]int
}

func newPlaces(most, mostEach int) *places {
	return &places{most: most, mostEach: mostEach, each: map[string]int{}}
}

// take takes a place, unless there is none. Then own tells whether the key itself
// holds as many as it may.
func (p *places) take(key string) (taken, own bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.each[key] >= p.mostEach {
		return false, true
	}
	if p.all >= p.most {
		return false, false
	}
	p.all++
	p.each[key]++
	return true, false
}

// leave gives a taken place back.
func (p *places) leave(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if p.each[key]--; p.each[key] == 0 {
		delete(p.each, key)
	}
}
