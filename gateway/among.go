package gateway

import (
	"context"

	"golang.org/x/sync/errgroup"

	"parley/chat"
)

// Among is what a hub needs to be one of several nodes.
type Among struct {
	// Elsewhere carries events to the other nodes alone.
	Elsewhere chat.Bus
	// Interest is told what this node wants to hear of.
	Interest Interest
	// Roster knows who is on which node.
	Roster Roster
	// AskReplies has the node that writes a reply in a room, if there is one, tell this
	// node how it stands. It does not wait.
	AskReplies func(room string)
	// RetakeSession has a chatbot session's socket of this node be its only one, or end,
	// as the store says: what told of it may be lost. Nil: there are no such sockets.
	RetakeSession func(ctx context.Context, session string, entered int64) error
}

// Interest is what a node wants to hear of. Its methods are called under locks: they
// must not wait. Each Listen has its Unlisten.
type Interest interface {
	Listen(t chat.Topic)
	Unlisten(t chat.Topic)
}

// Roster knows on which nodes users are. Its methods may be called at once, but Set
// for one user one call at a time.
type Roster interface {
	// Set notes that a user is on this node, or is so no more. It reports whether they
	// came online by that, or went offline, as all nodes together see it, and a version
	// that orders such changes of a user, 0 if none is known. Where the others cannot be
	// asked it answers as if there were none.
	Set(user string, here bool) (changed bool, version int64)
	// Online returns those of the users who are on other nodes, as far as is known.
	Online(users []string) []string
}

// among reports whether there are other nodes.
func (h *Hub) among() bool { return h.opts.Among.Interest != nil }

func (h *Hub) listen(t chat.Topic) {
	if h.opts.Among.Interest != nil {
		h.opts.Among.Interest.Listen(t)
	}
}

func (h *Hub) unlisten(t chat.Topic) {
	if h.opts.Among.Interest != nil {
		h.opts.Among.Interest.Unlisten(t)
	}
}

// Heard takes note that this node hears of the topics from here on, or again: what
// was told before is read from the store, and asked for. It is called for topics that
// were just listened to, and for all once the bus has lost something.
func (h *Hub) Heard(ctx context.Context, topics []chat.Topic) error {
	var rooms, users []string
	for _, t := range topics {
		if id, ok := t.Room(); ok {
			rooms = append(rooms, id)
		}
		if id, ok := t.User(); ok {
			users = append(users, id)
		}
	}
	if err := h.compareRooms(ctx, rooms, true); err != nil {
		return err
	}
	var work errgroup.Group
	work.SetLimit(heardAtOnce)
	for _, id := range users {
		work.Go(func() error {
			if err := h.reconcile(ctx, id); err != nil {
				return err
			}
			return h.retake(ctx, id)
		})
	}
	return work.Wait()
}

// heardAtOnce is of how many users at a time it is read what was missed: few, for
// all nodes read it after the same loss.
const heardAtOnce = 4

// retake settles which node the sockets of a user's chatbot session belong to.
func (h *Hub) retake(ctx context.Context, user string) error {
	if h.opts.Among.RetakeSession == nil {
		return nil
	}
	for _, s := range h.sessionsOf(user) {
		if s.chatbot == "" {
			continue
		}
		if err := h.opts.Among.RetakeSession(ctx, s.chatbot, s.entered); err != nil {
			return err
		}
	}
	return nil
}
