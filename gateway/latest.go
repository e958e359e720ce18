package gateway

import "sync"

// latest keeps the versions of the newest of users' presence, so that what two nodes
// tell is not believed in the wrong order. Its zero value is empty.
type latest struct {
	mu       sync.Mutex
	versions map[string]int64
	order    []string // of users, oldest at next once it is full
	next     int
}

// latestUsers bounds how many users are remembered.
const latestUsers = 100_000

// take reports whether nothing newer is known of the user. Version 0 is always new.
func (l *latest) take(user string, version int64) bool {
	if version == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.versions[user]
	if ok {
		l.versions[user] = max(known, version)
		return version >= known
	}
	if l.versions == nil {
		l.versions = map[string]int64{}
	}
	l.versions[user] = version
	if len(l.order) < latestUsers {
		l.order = append(l.order, user)
		return true
	}
	delete(l.versions, l.order[l.next])
	l.order[l.next] = user
	l.next = (l.next + 1) % latestUsers
	return true
}
