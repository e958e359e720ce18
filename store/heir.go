package store

import (
	"cmp"
	"context"
	"math"

	"parley/chat"
)

// elders are a room's active members as they are stored, longest first, as far
// as they have been read.
type elders struct {
	members []chat.Member
	whole   bool // there are no others
}

// firstElders asks for those who come first of all; mostly one of them is enough.
func firstElders(room string) elderKey {
	return elderKey{room: room, joinedAt: math.MinInt64, limit: 16}
}

// next asks for those who come after the ones that were read.
func (e *elders) next() elderKey {
	last := e.members[len(e.members)-1]
	return elderKey{last.Room, toMillis(last.JoinedAt), last.User, 256}
}

func (o *overlay) addElders(want wants, rows found) {
	if len(want.elders) == 0 {
		return
	}
	if o.elders == nil {
		o.elders = map[string]*elders{}
	}
	read := map[string][]chat.Member{}
	for _, m := range rows.elders {
		read[m.Room] = append(read[m.Room], m)
	}
	for _, k := range want.elders {
		if o.elders[k.room] == nil {
			o.elders[k.room] = &elders{}
		}
		e := o.elders[k.room]
		e.members, e.whole = append(e.members, read[k.room]...), len(read[k.room]) < k.limit
	}
}

// heir finds who of a room's active members has taken part longest, those whom
// the command names left out.
func (o *overlay) heir(ctx context.Context, cmd chat.Command) (string, error) {
	named := make(map[string]bool, 1+len(cmd.Others))
	named[cmd.User] = true
	for _, user := range cmd.Others {
		named[user] = true
	}
	elder, err := o.elder(ctx, cmd.Room, named)
	if err != nil {
		return "", err
	}
	for _, m := range o.changedMembers { // the group may have brought back somebody older
		if m.replaced && m.Room == cmd.Room && m.Active() && !named[m.User] && (elder == nil || older(&m.Member, elder)) {
			elder = &m.Member
		}
	}
	if elder == nil {
		return "", nil
	}
	return elder.User, nil
}

// elder finds the oldest whose membership is still as it is stored, reading on
// as long as all that were read are left out or changed by the group.
func (o *overlay) elder(ctx context.Context, room string, named map[string]bool) (*chat.Member, error) {
	e := o.elders[room]
	for i := 0; ; i++ {
		if i == len(e.members) && !e.whole {
			if err := o.load(ctx, wants{elders: []elderKey{e.next()}}); err != nil {
				return nil, err
			}
		}
		if i == len(e.members) {
			return nil, nil
		}
		m := &e.members[i]
		if changed := o.members[memberKey{room, m.User}]; !named[m.User] && (changed == nil || !changed.replaced) {
			return m, nil
		}
	}
}

func older(a, b *chat.Member) bool {
	return cmp.Or(cmp.Compare(toMillis(a.JoinedAt), toMillis(b.JoinedAt)), cmp.Compare(a.User, b.User)) < 0
}
