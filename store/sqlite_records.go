package store

import (
	"github.com/ncruces/go-sqlite3"

	"parley/chat"
)

// The appender's statements on SQLite for what few commands touch.
const (
	sqliteElders = `SELECT ` + memberColumns + ` FROM members m WHERE m.room_id = ? AND m.state = 'active'
		AND (m.joined_at, m.user_id) > (?, ?) ORDER BY m.joined_at, m.user_id LIMIT ?`
	sqliteInvitation = `SELECT ` + invitationColumns + ` FROM invitations i WHERE i.id = ?`
	sqlitePlace      = `SELECT ` + invitationColumns + ` FROM invitations i WHERE i.room_id = ? AND i.receiver_id = ?`

	sqliteUninvite = `DELETE FROM invitations WHERE id = ?`
	sqliteInvite   = `INSERT INTO invitations (id, room_id, sender_id, receiver_id, created_at) VALUES (?,?,?,?,?)`
	sqliteUnpost   = `DELETE FROM postings WHERE file_id = ? AND room_id = ? AND message_id = ?`
	sqlitePost     = `INSERT INTO postings (file_id, room_id, message_id) VALUES (?,?,?) ON CONFLICT DO NOTHING`
	sqliteAct      = `INSERT INTO audit (id, at, actor_id, act, room_id, user_id, message_id, detail) VALUES (?,?,?,?,?,?,?,?)`
)

func (j *sqliteJournal) readRecords(want wants, rows *found) error {
	for _, k := range want.elders {
		if err := j.readElders(rows, k); err != nil {
			return err
		}
	}
	for _, id := range want.invitations {
		if err := j.readInvitation(rows, sqliteInvitation, id); err != nil {
			return err
		}
	}
	for _, k := range want.invited {
		if err := j.readInvitation(rows, sqlitePlace, k.room, k.user); err != nil {
			return err
		}
	}
	return j.readReplies(want, rows)
}

func (j *sqliteJournal) readElders(rows *found, k elderKey) error {
	b, err := j.bind(sqliteElders)
	if err != nil {
		return err
	}
	defer func() { _ = b.s.Reset() }() // its error is the last step's
	if b.text(k.room).int(k.joinedAt).text(k.user).int(int64(k.limit)); b.err != nil {
		return b.err
	}
	for b.s.Step() {
		var m memberRow
		columns(b.s, m.targets())
		rows.elders = append(rows.elders, m.member())
	}
	return b.s.Err()
}

func (j *sqliteJournal) readInvitation(rows *found, text string, args ...string) error {
	var i invitationRow
	ok, err := j.row(text, i.targets, args...)
	if ok {
		rows.invitations = append(rows.invitations, i.invitation())
	}
	return err
}

func (j *sqliteJournal) writeRecords(c *changes) error {
	for _, id := range c.uninvite {
		if err := j.put(sqliteUninvite, func(b *binder) { b.text(id) }); err != nil {
			return err
		}
	}
	for i := range c.invite {
		if err := j.invite(&c.invite[i]); err != nil {
			return err
		}
	}
	for _, p := range c.unposted {
		if err := j.put(sqliteUnpost, func(b *binder) { b.text(p.file).text(p.room).text(p.message) }); err != nil {
			return err
		}
	}
	for _, p := range c.posted {
		if err := j.put(sqlitePost, func(b *binder) { b.text(p.file).text(p.room).text(p.message) }); err != nil {
			return err
		}
	}
	for i := range c.audit {
		if err := j.act(rowOfAct(&c.audit[i])); err != nil {
			return err
		}
	}
	return j.writeInbox(c)
}

func (j *sqliteJournal) invite(i *chat.Invitation) error {
	return j.put(sqliteInvite, func(b *binder) {
		b.text(i.ID).text(i.Room).text(i.Sender).text(i.Receiver).int(toMillis(i.CreatedAt))
	})
}

func (j *sqliteJournal) act(a auditRow) error {
	return j.put(sqliteAct, func(b *binder) {
		b.text(a.ID).int(a.At).text(a.ActorID).text(a.Act).text(a.RoomID).text(a.UserID).text(a.MessageID).text(a.Detail)
	})
}

// put runs a statement that answers nothing.
func (j *sqliteJournal) put(text string, arguments func(*binder)) error {
	b, err := j.bind(text)
	if err != nil {
		return err
	}
	arguments(b)
	return b.exec()
}

// columns scans the statement's row.
func columns(s *sqlite3.Stmt, targets []any) {
	for i, t := range targets {
		switch t := t.(type) {
		case *string:
			*t = s.ColumnText(i)
		case **string:
			if s.ColumnType(i) != sqlite3.NULL {
				text := s.ColumnText(i)
				*t = &text
			}
		case *int64:
			*t = s.ColumnInt64(i)
		case *bool:
			*t = s.ColumnBool(i)
		}
	}
}
