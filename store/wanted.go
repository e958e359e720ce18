package store

import (
	"slices"

	"parley/chat"
)

// wanted gathers the rows that a group's commands name, each once.
type wanted struct {
	wants
	rooms       map[string]struct{}
	members     map[memberKey]struct{}
	messages    map[string]struct{}
	nonces      map[nonceKey]struct{}
	invitations map[string]struct{}
	elders      map[elderKey]struct{}
}

func newWanted(size int) *wanted {
	return &wanted{
		rooms: make(map[string]struct{}, size), members: make(map[memberKey]struct{}, size),
		messages: map[string]struct{}{}, nonces: make(map[nonceKey]struct{}, size),
		invitations: map[string]struct{}{}, elders: map[elderKey]struct{}{},
	}
}

func (w *wanted) command(cmd chat.Command) {
	once(w.rooms, &w.wants.rooms, cmd.Room)
	if cmd.User != "" {
		once(w.members, &w.wants.members, memberKey{cmd.Room, cmd.User})
	}
	for _, user := range cmd.Others {
		once(w.members, &w.wants.members, memberKey{cmd.Room, user})
	}
	if cmd.Message != "" {
		once(w.messages, &w.wants.messages, cmd.Message)
	}
	if cmd.Nonce != "" {
		once(w.nonces, &w.wants.nonces, nonceKey{cmd.Room, cmd.User, cmd.Nonce})
	}
	if cmd.Invitation != "" {
		once(w.invitations, &w.wants.invitations, cmd.Invitation)
	}
	if cmd.Heir {
		once(w.elders, &w.wants.elders, firstElders(cmd.Room))
	}
}

// sorted returns the rows with the rooms in the order in which every node locks
// them, so that no two wait for each other.
func (w *wanted) sorted() wants {
	slices.Sort(w.wants.rooms)
	return w.wants
}

func once[K comparable](seen map[K]struct{}, list *[]K, k K) {
	if _, ok := seen[k]; !ok {
		seen[k] = struct{}{}
		*list = append(*list, k)
	}
}
