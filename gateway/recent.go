package gateway

import "sync"

// recentEnds is how many ends of replies a node remembers. A writer that has
// closed its reply names it as open for some moments more.
const recentEnds = 4096

// recent is the set of the latest ids of replies that have ended. Its zero value
// is empty.
type recent struct {
	mu   sync.Mutex
	ids  map[string]struct{}
	list []string // the same, oldest at next once it is full
	next int
}

func (c *recent) add(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.ids[id]; known {
		return
	}
	if c.ids == nil {
		c.ids = map[string]struct{}{}
	}
	c.ids[id] = struct{}{}
	if len(c.list) < recentEnds {
		c.list = append(c.list, id)
		return
	}
	delete(c.ids, c.list[c.next])
	c.list[c.next] = id
	c.next = (c.next + 1) % recentEnds
}

func (c *recent) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.ids[id]
	return ok
}
