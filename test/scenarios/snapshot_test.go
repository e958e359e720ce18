package scenarios

import (
	"fmt"
	"strings"

	"parley/chat"
)

// snapshot is what is kept of a house.
type snapshot struct {
	all    string // with names for ids
	effect string // the same without times, and alike for whatever ids were made
	// How far the rooms have come, together.
	seq, version int64
}

// look takes a snapshot.
func (h *house) look() snapshot {
	h.t.Helper()
	var s snapshot
	var all, times strings.Builder
	for _, id := range h.rooms {
		r, err := h.store.Room(h.t.Context(), id)
		if chat.CodeOf(err) == notFound {
			fmt.Fprintf(&all, "no room %s\n", id)
			continue
		}
		h.must(err)
		s.seq, s.version = s.seq+r.Seq, s.version+r.Version
		h.lookInto(r, &all, &times)
	}
	h.lookAtTalks(&all)
	text := h.hidden.Replace(all.String())
	s.all, s.effect = text+times.String(), newIDs.ReplaceAllString(text, "{new}")
	return s
}

// lookInto notes what is kept of one room.
func (h *house) lookInto(r chat.Room, all, times *strings.Builder) {
	h.t.Helper()
	ctx := h.t.Context()
	fmt.Fprintf(all, "%s %q %s %s of %s, %d people, seq %d version %d last %s deleted %t open %q cleared %d owner %d",
		r.ID, r.Name, r.Kind, r.Visibility, r.Creator, r.ParticipantCount, r.Seq, r.Version, r.LastMessageID, r.Deleted,
		r.OpenReply, r.ClearedSeq, r.OwnerEpoch)
	fmt.Fprint(times, r.CreatedAt, r.UpdatedAt, r.ActiveAt)
	for _, m := range h.standings(r.ID) {
		fmt.Fprintf(all, "\n  %s %s read %d", m.User, m.State, m.ReadSeq)
		fmt.Fprint(times, m.JoinedAt)
	}
	ms, err := h.store.Changes(ctx, r.ID, 0, 1000)
	h.must(err)
	for _, m := range ms {
		fmt.Fprintf(all, "\n  %d @%d born %d %s %s %q %v nonce %q reply %q %s deleted %t edited %t", m.Seq, m.Version, m.BornVersion,
			m.Sender, m.Type, m.Text, m.Files, m.Nonce, m.ReplyTo, m.Status, m.Deleted, !m.EditedAt.IsZero())
		fmt.Fprint(times, m.ID, m.CreatedAt, m.EditedAt, m.UpdatedAt)
	}
	all.WriteByte('\n')
}

// standings are those of all who have ever been in a room; in a conversation, of
// its participants.
func (h *house) standings(room string) (list []chat.Member) {
	h.t.Helper()
	ctx := h.t.Context()
	if h.beside != nil {
		list, err := h.store.Participants(ctx, room, 10)
		h.must(err)
		return list
	}
	for _, user := range []string{"ann", "bob", "cid", "dan", "eve", "root", h.people["guest"].ID} {
		m, err := h.store.Member(ctx, room, user)
		h.must(err)
		if m.State != "" {
			list = append(list, m)
		}
	}
	return list
}

// lookAtTalks notes sessions, the house's chatbots and their documents. When a
// session's socket was last seen is no part of it.
func (h *house) lookAtTalks(all *strings.Builder) {
	h.t.Helper()
	ctx := h.t.Context()
	for _, id := range h.sessions {
		one, err := h.store.Session(ctx, id)
		h.must(err)
		fmt.Fprintf(all, "session %s of %s in %s, closed %t\n", id, one.User, one.Room, !one.ClosedAt.IsZero())
	}
	if h.beside != nil {
		heads, err := h.store.Heads(ctx, h.beside)
		h.must(err)
		fmt.Fprintln(all, heads) // any change moves them
	}
	if h.mark == "" {
		return
	}
	bots, _, err := h.store.Chatbots(ctx, chat.Page{Search: h.mark, Limit: 10})
	h.must(err)
	for _, b := range bots {
		fmt.Fprintf(all, "chatbot %s %q %q %q deleted %t\n", b.ID, b.Name, b.Prompt, b.URL, b.Deleted)
		documents, _, err := h.store.Documents(ctx, b.ID, chat.Page{Limit: 10})
		h.must(err)
		for _, d := range documents {
			fmt.Fprintf(all, "  document %s %q, %d bytes, %d passages\n", d.ID, d.Name, d.Size, d.Passages)
		}
	}
}
