package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"parley/chat"
)

const invitationColumns = `i.id, i.room_id, i.sender_id, i.receiver_id, i.created_at`

type invitationRow struct {
	ID, RoomID, SenderID, ReceiverID string
	CreatedAt                        int64
}

// targets are where invitationColumns are scanned to.
func (i *invitationRow) targets() []any {
	return []any{&i.ID, &i.RoomID, &i.SenderID, &i.ReceiverID, &i.CreatedAt}
}

func (i *invitationRow) invitation() chat.Invitation {
	return chat.Invitation{ID: i.ID, Room: i.RoomID, Sender: i.SenderID, Receiver: i.ReceiverID, CreatedAt: fromMillis(i.CreatedAt)}
}

// fromInvitations leaves out those to deleted rooms.
const fromInvitations = ` FROM invitations i JOIN rooms r ON r.id = i.room_id AND NOT r.deleted WHERE `

// Invitation implements [chat.InvitationReader].
func (s *Store) Invitation(ctx context.Context, id string) (chat.Invitation, error) {
	found, err := scanInvitations(s.read(ctx).Raw(`SELECT `+invitationColumns+`, r.name`+fromInvitations+`i.id = ?`, id))
	if err != nil {
		return chat.Invitation{}, err
	}
	if len(found) == 0 {
		return chat.Invitation{}, chat.ErrInvitation
	}
	return found[0], nil
}

// Invitations implements [chat.InvitationReader]. Search is for the room's name.
func (s *Store) Invitations(ctx context.Context, user string, sent bool, page chat.Page) ([]chat.Invitation, int64, error) {
	from, args := fromInvitations+"i.receiver_id = ?", []any{user}
	if sent {
		from = fromInvitations + "i.sender_id = ?"
	}
	count := `SELECT count(*)` + from
	if page.Search != "" {
		from += " AND " + s.db.contains("r.name")
		args = append(args, page.Search)
		count = fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 AS one %s LIMIT %d) matches`, from, chat.CountLimit)
	}
	var number int64
	if err := s.read(ctx).Raw(count, args...).Row().Scan(&number); err != nil {
		return nil, 0, failed("count invitations", err)
	}
	found, err := scanInvitations(s.read(ctx).Raw(`SELECT `+invitationColumns+`, r.name`+from+
		` ORDER BY i.id DESC LIMIT ? OFFSET ?`, append(args, page.Limit, page.Skip)...))
	return found, number, err
}

func scanInvitations(query *gorm.DB) ([]chat.Invitation, error) {
	rows, err := query.Rows()
	if err != nil {
		return nil, failed("invitations", err)
	}
	defer rows.Close()
	var all []chat.Invitation
	for rows.Next() {
		var row invitationRow
		var room string
		if err := rows.Scan(append(row.targets(), &room)...); err != nil {
			return nil, failed("invitations", err)
		}
		inv := row.invitation()
		inv.RoomName = room
		all = append(all, inv)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("invitations", err)
	}
	return all, nil
}
