package socketio

import (
	"maps"
	"slices"
)

// Events names every event that a client may send, in alphabetical order.
func Events() []string { return slices.Sorted(maps.Keys(handlers)) }
