package store

import (
	"fmt"

	"parley/chat"
)

// placeState is who is invited to one room at one receiver's place: at most one
// invitation, as it is stored and as the group has made it.
type placeState struct {
	stored, now *chat.Invitation
	changed     bool
}

// addInvitations takes in loaded invitations. A place that was asked for and has
// none is kept as empty, so that nobody asks again.
func (o *overlay) addInvitations(want wants, rows found) {
	if len(want.invited)+len(rows.invitations) == 0 {
		return
	}
	if o.places == nil {
		o.places, o.invited = map[memberKey]*placeState{}, map[string]*placeState{}
	}
	for _, inv := range rows.invitations {
		if k := (memberKey{inv.Room, inv.Receiver}); o.places[k] == nil {
			p := &placeState{stored: &inv, now: &inv}
			o.places[k], o.invited[inv.ID] = p, p
		}
	}
	for _, k := range want.invited {
		if o.places[k] == nil {
			o.places[k] = &placeState{}
		}
	}
}

// invitation shows a copy of the invitation to the room, nil if there is none.
func (o *overlay) invitation(room, id string) *chat.Invitation {
	p := o.invited[id]
	if p == nil || p.now == nil || p.now.ID != id || p.now.Room != room {
		return nil
	}
	inv := *p.now
	if r := o.rooms[room]; r != nil {
		inv.RoomName = r.Name
	}
	return &inv
}

// unknownPlaces are those that the effects touch and nobody has loaded.
func (o *overlay) unknownPlaces(room string, e chat.Effects) (unknown []memberKey) {
	missing := func(user string) {
		if k := (memberKey{room, user}); o.places[k] == nil {
			unknown = append(unknown, k)
		}
	}
	for _, user := range e.Uninvite {
		missing(user)
	}
	for i := range e.Invite {
		missing(e.Invite[i].Receiver)
	}
	return unknown
}

func checkInvitations(invitations []chat.Invitation) error {
	for i := range invitations {
		if inv := &invitations[i]; inv.ID == "" || inv.Receiver == "" {
			return fmt.Errorf("store: invitation %q of %q cannot be made", inv.ID, inv.Receiver)
		}
	}
	return nil
}

func (o *overlay) applyUninvite(k memberKey) {
	if p := o.places[k]; p != nil && p.now != nil {
		p.now = nil
		o.touchPlace(p)
	}
}

// applyInvite fills an empty place.
func (o *overlay) applyInvite(room string, inv chat.Invitation) {
	p := o.places[memberKey{room, inv.Receiver}]
	if p.now != nil {
		return
	}
	if inv.CreatedAt.IsZero() {
		inv.CreatedAt = o.clock()
	}
	inv.Room, inv.RoomName, inv.CreatedAt = room, "", asStored(inv.CreatedAt)
	p.now, o.invited[inv.ID] = &inv, p
	o.touchPlace(p)
}

func (o *overlay) touchPlace(p *placeState) {
	if !p.changed {
		p.changed = true
		o.changedPlaces = append(o.changedPlaces, p)
	}
}

// invitation writes what became of a place.
func (c *changes) invitation(p *placeState) {
	if p.stored == p.now {
		return
	}
	if p.stored != nil {
		c.uninvite = append(c.uninvite, p.stored.ID)
	}
	if p.now != nil {
		c.invite = append(c.invite, *p.now)
	}
}
