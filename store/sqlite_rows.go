package store

import (
	"github.com/ncruces/go-sqlite3"

	"parley/chat"
)

// The appender's statements on SQLite, one row each.
const (
	sqliteRoom   = `SELECT ` + roomColumns + ` FROM rooms r WHERE r.id = ?`
	sqliteMember = `SELECT ` + memberColumns + ` FROM members m WHERE m.room_id = ? AND m.user_id = ?`
	sqliteByID   = `SELECT ` + messageColumns + ` FROM messages m WHERE m.id = ?`
	sqliteNonce  = `SELECT ` + messageColumns + ` FROM messages m WHERE m.room_id = ? AND m.sender_id = ? AND m.nonce = ?`

	sqliteInsertRoom = `INSERT INTO rooms (name, kind, visibility, creator_id, seq, version, participant_count,
		last_message_id, created_at, updated_at, active_at, deleted, chatbot_id, owner_epoch, open_reply_id, cleared_seq,
		cleared_version, id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	sqliteUpdateRoom = `UPDATE rooms SET name = ?, kind = ?, visibility = ?, creator_id = ?, seq = ?, version = ?,
		participant_count = ?, last_message_id = ?, created_at = ?, updated_at = ?, active_at = ?, deleted = ?,
		chatbot_id = ?, owner_epoch = ?, open_reply_id = ?, cleared_seq = ?, cleared_version = ? WHERE id = ?`
	sqlitePutMember = `INSERT INTO members (room_id, user_id, state, read_seq, joined_at) VALUES (?,?,?,?,?)
		ON CONFLICT (room_id, user_id) DO UPDATE SET state = excluded.state, read_seq = excluded.read_seq, joined_at = excluded.joined_at`
	sqliteReadMember    = `UPDATE members SET read_seq = ? WHERE room_id = ? AND user_id = ?`
	sqliteInsertMessage = `INSERT INTO messages (id, room_id, seq, version, born_version, sender_id, text, type, files, nonce,
		reply_to, status, edited_at, created_at, updated_at, deleted) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	sqliteUpdateMessage = `UPDATE messages SET version = ?, text = ?, files = ?, status = ?, edited_at = ?, updated_at = ?,
		deleted = ? WHERE id = ?`
)

func (j *sqliteJournal) read(want wants) (rows found, err error) {
	for _, id := range want.rooms {
		var r roomRow
		if ok, err := j.row(sqliteRoom, r.targets, id); err != nil {
			return rows, err
		} else if ok {
			rows.rooms = append(rows.rooms, r.room())
		}
		if err := j.readConversation(&rows, &r); err != nil {
			return rows, err
		}
	}
	for _, k := range want.members {
		var m memberRow
		if ok, err := j.row(sqliteMember, m.targets, k.room, k.user); err != nil {
			return rows, err
		} else if ok {
			rows.members = append(rows.members, m.member())
		}
	}
	for _, id := range want.messages {
		if err := j.readMessage(&rows, sqliteByID, id); err != nil {
			return rows, err
		}
	}
	for _, k := range want.nonces {
		if err := j.readMessage(&rows, sqliteNonce, k.room, k.user, k.nonce); err != nil {
			return rows, err
		}
	}
	err = j.readRecords(want, &rows)
	return rows, err
}

func (j *sqliteJournal) readMessage(rows *found, text string, args ...string) error {
	var m messageRow
	ok, err := j.row(text, m.targets, args...)
	if err != nil || !ok {
		return err
	}
	msg, err := m.message()
	rows.messages = append(rows.messages, msg)
	return err
}

// row scans the first row, if there is one, into targets and reports whether there is one.
func (j *sqliteJournal) row(text string, targets func() []any, args ...string) (bool, error) {
	s, err := j.statement(text)
	if err != nil {
		return false, err
	}
	defer func() { _ = s.Reset() }() // its error is the last step's
	for i, a := range args {
		if err := s.BindText(i+1, a); err != nil {
			return false, err
		}
	}
	if !s.Step() {
		return false, s.Err()
	}
	columns(s, targets())
	return true, s.Err()
}

func (j *sqliteJournal) write(c changes) error {
	for i := range c.newRooms {
		if err := j.writeRoom(sqliteInsertRoom, &c.newRooms[i]); err != nil {
			return err
		}
	}
	for i := range c.rooms {
		if err := j.writeRoom(sqliteUpdateRoom, &c.rooms[i]); err != nil {
			return err
		}
	}
	for i := range c.members {
		if err := j.putMember(&c.members[i]); err != nil {
			return err
		}
	}
	for i := range c.read {
		if err := j.readMember(&c.read[i]); err != nil {
			return err
		}
	}
	if err := j.writeClears(&c); err != nil {
		return err
	}
	for i := range c.inserts {
		if err := j.insertMessage(&c.inserts[i]); err != nil {
			return err
		}
	}
	for i := range c.updates {
		if err := j.updateMessage(&c.updates[i]); err != nil {
			return err
		}
	}
	if err := j.writeReplies(&c); err != nil {
		return err
	}
	return j.writeRecords(&c)
}

func (j *sqliteJournal) writeRoom(text string, r *chat.Room) error {
	b, err := j.bind(text)
	if err != nil {
		return err
	}
	b.text(r.Name).text(string(r.Kind)).text(string(r.Visibility)).text(r.Creator).int(r.Seq).int(r.Version).
		int(int64(r.ParticipantCount)).text(r.LastMessageID).
		int(toMillis(r.CreatedAt)).int(toMillis(r.UpdatedAt)).int(toMillis(r.ActiveAt)).bool(r.Deleted).
		text(r.Chatbot).int(r.OwnerEpoch).text(r.OpenReply).int(r.ClearedSeq).int(r.ClearedVersion).text(r.ID)
	return b.exec()
}

func (j *sqliteJournal) putMember(m *chat.Member) error {
	b, err := j.bind(sqlitePutMember)
	if err != nil {
		return err
	}
	return b.text(m.Room).text(m.User).text(string(m.State)).int(m.ReadSeq).int(toMillis(m.JoinedAt)).exec()
}

func (j *sqliteJournal) readMember(m *chat.Member) error {
	b, err := j.bind(sqliteReadMember)
	if err != nil {
		return err
	}
	return b.int(m.ReadSeq).text(m.Room).text(m.User).exec()
}

func (j *sqliteJournal) insertMessage(m *chat.Message) error {
	b, err := j.bind(sqliteInsertMessage)
	if err != nil {
		return err
	}
	b.text(m.ID).text(m.Room).int(m.Seq).int(m.Version).int(m.BornVersion).text(m.Sender).text(m.Text).text(string(m.Type)).
		text(encodeFiles(m.Files)).optional(m.Nonce).text(m.ReplyTo).text(string(m.Status)).
		int(toMillis(m.EditedAt)).int(toMillis(m.CreatedAt)).int(toMillis(m.UpdatedAt)).bool(m.Deleted)
	return b.exec()
}

func (j *sqliteJournal) updateMessage(m *chat.Message) error {
	b, err := j.bind(sqliteUpdateMessage)
	if err != nil {
		return err
	}
	return b.int(m.Version).text(m.Text).text(encodeFiles(m.Files)).text(string(m.Status)).
		int(toMillis(m.EditedAt)).int(toMillis(m.UpdatedAt)).bool(m.Deleted).text(m.ID).exec()
}

// binder binds arguments from the first on and keeps the first error.
type binder struct {
	s   *sqlite3.Stmt
	n   int
	err error
}

func (j *sqliteJournal) bind(text string) (*binder, error) {
	s, err := j.statement(text)
	return &binder{s: s}, err
}

func (b *binder) bound(err error) *binder {
	if b.err == nil {
		b.err = err
	}
	return b
}

func (b *binder) text(v string) *binder { b.n++; return b.bound(b.s.BindText(b.n, v)) }
func (b *binder) int(v int64) *binder   { b.n++; return b.bound(b.s.BindInt64(b.n, v)) }
func (b *binder) bool(v bool) *binder   { b.n++; return b.bound(b.s.BindBool(b.n, v)) }

func (b *binder) blob(v []byte) *binder { b.n++; return b.bound(b.s.BindBlob(b.n, v)) }

// optional binds NULL for no text.
func (b *binder) optional(v string) *binder {
	if v == "" {
		b.n++
		return b.bound(b.s.BindNull(b.n))
	}
	return b.text(v)
}

func (b *binder) exec() error {
	if b.err != nil {
		return b.err
	}
	return b.s.Exec()
}
