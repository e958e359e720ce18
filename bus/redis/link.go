package redis

import (
	"log/slog"
	"sync"
)

// link knows which of the bus's loops cannot do their work, and says once when Redis
// goes away and once when it is back. Its methods may be called at once.
type link struct {
	log *slog.Logger

	mu   sync.Mutex
	down map[string]struct{} // by loop
}

// report notes how a loop's last attempt went.
func (l *link) report(loop string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := len(l.down)
	if err == nil {
		delete(l.down, loop)
		if was == 1 && len(l.down) == 0 {
			l.log.Info("Redis is back")
		}
		return
	}
	if l.down == nil {
		l.down = map[string]struct{}{}
	}
	l.down[loop] = struct{}{}
	if was == 0 {
		l.log.Warn("Redis is away: other nodes are heard of late", "error", err)
	}
}

func (l *link) up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.down) == 0
}
