package store

import (
	"github.com/jackc/pgx/v5"

	"parley/chat"
)

// The appender's statements on PostgreSQL. Each takes columns as arrays, so that
// a group of any size is one statement with one plan.
const (
	pgLockRooms = `SELECT ` + roomColumns + ` FROM rooms r WHERE r.id = ANY($1::text[]) ORDER BY r.id FOR UPDATE`
	pgMembers   = `SELECT ` + memberColumns + ` FROM unnest($1::text[], $2::text[]) k (room_id, user_id)
		JOIN members m ON m.room_id = k.room_id AND m.user_id = k.user_id`
	pgByID   = `SELECT ` + messageColumns + ` FROM unnest($1::text[]) k (id) JOIN messages m ON m.id = k.id`
	pgNonces = `SELECT ` + messageColumns + ` FROM unnest($1::text[], $2::text[], $3::text[]) k (room_id, sender_id, nonce)
		JOIN messages m ON m.room_id = k.room_id AND m.sender_id = k.sender_id AND m.nonce = k.nonce`

	pgInsertRooms = `INSERT INTO rooms (id, name, kind, visibility, creator_id, seq, version, participant_count,
		last_message_id, created_at, updated_at, active_at, deleted, chatbot_id, owner_epoch, open_reply_id, cleared_seq,
		cleared_version)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::int8[],
		$9::text[], $10::int8[], $11::int8[], $12::int8[], $13::bool[], $14::text[], $15::int8[], $16::text[], $17::int8[],
		$18::int8[])`
	pgUpdateRooms = `UPDATE rooms r SET name = k.name, visibility = k.visibility, creator_id = k.creator_id, seq = k.seq,
		version = k.version, participant_count = k.participant_count, last_message_id = k.last_message_id,
		updated_at = k.updated_at, active_at = k.active_at, deleted = k.deleted, chatbot_id = k.chatbot_id,
		owner_epoch = k.owner_epoch, open_reply_id = k.open_reply_id, cleared_seq = k.cleared_seq,
		cleared_version = k.cleared_version
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::int8[],
		$9::text[], $10::int8[], $11::int8[], $12::int8[], $13::bool[], $14::text[], $15::int8[], $16::text[], $17::int8[],
		$18::int8[])
		k (id, name, kind, visibility, creator_id, seq, version, participant_count,
		last_message_id, created_at, updated_at, active_at, deleted, chatbot_id, owner_epoch, open_reply_id, cleared_seq,
		cleared_version) WHERE r.id = k.id`
	pgPutMembers = `INSERT INTO members (room_id, user_id, state, read_seq, joined_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[])
		ON CONFLICT (room_id, user_id) DO UPDATE SET state = excluded.state, read_seq = excluded.read_seq, joined_at = excluded.joined_at`
	pgReadMembers = `UPDATE members m SET read_seq = k.read_seq
		FROM unnest($1::text[], $2::text[], $3::int8[]) k (room_id, user_id, read_seq)
		WHERE m.room_id = k.room_id AND m.user_id = k.user_id`
	pgInsertMessages = `INSERT INTO messages (id, room_id, seq, version, born_version, sender_id, text, type, files, nonce,
		reply_to, status, edited_at, created_at, updated_at, deleted)
		SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[], $7::text[], $8::text[],
		$9::text[], $10::text[], $11::text[], $12::text[], $13::int8[], $14::int8[], $15::int8[], $16::bool[])`
	pgUpdateMessages = `UPDATE messages m SET version = k.version, text = k.text, files = k.files, status = k.status,
		edited_at = k.edited_at, updated_at = k.updated_at, deleted = k.deleted
		FROM unnest($1::text[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::bool[])
		k (id, version, text, files, status, edited_at, updated_at, deleted) WHERE m.id = k.id`
)

func queueReads(b *pgx.Batch, want wants, rows *found) {
	if len(want.members) > 0 {
		b.Queue(pgMembers,
			column(want.members, func(k *memberKey) string { return k.room }),
			column(want.members, func(k *memberKey) string { return k.user })).Query(rows.scanMembers)
	}
	if len(want.messages) > 0 {
		b.Queue(pgByID, want.messages).Query(rows.scanMessages)
	}
	if len(want.nonces) > 0 {
		b.Queue(pgNonces,
			column(want.nonces, func(k *nonceKey) string { return k.room }),
			column(want.nonces, func(k *nonceKey) string { return k.user }),
			column(want.nonces, func(k *nonceKey) string { return k.nonce })).Query(rows.scanMessages)
	}
	queueRecordReads(b, want, rows)
}

func (f *found) scanRooms(rows pgx.Rows) error {
	for rows.Next() {
		var r roomRow
		if err := rows.Scan(r.targets()...); err != nil {
			return err
		}
		f.rooms = append(f.rooms, r.room())
	}
	return rows.Err()
}

func (f *found) scanMembers(rows pgx.Rows) error {
	for rows.Next() {
		var m memberRow
		if err := rows.Scan(m.targets()...); err != nil {
			return err
		}
		f.members = append(f.members, m.member())
	}
	return rows.Err()
}

func (f *found) scanMessages(rows pgx.Rows) error {
	for rows.Next() {
		var m messageRow
		if err := rows.Scan(m.targets()...); err != nil {
			return err
		}
		msg, err := m.message()
		if err != nil {
			return err
		}
		f.messages = append(f.messages, msg)
	}
	return rows.Err()
}

func queueWrites(b *pgx.Batch, c changes) {
	if len(c.newRooms) > 0 {
		b.Queue(pgInsertRooms, roomArrays(c.newRooms)...)
	}
	if len(c.rooms) > 0 {
		b.Queue(pgUpdateRooms, roomArrays(c.rooms)...)
	}
	if len(c.members) > 0 {
		b.Queue(pgPutMembers, memberArrays(c.members)...)
	}
	if len(c.read) > 0 {
		b.Queue(pgReadMembers,
			column(c.read, func(m *chat.Member) string { return m.Room }),
			column(c.read, func(m *chat.Member) string { return m.User }),
			column(c.read, func(m *chat.Member) int64 { return m.ReadSeq }))
	}
	queueClears(b, c)
	if len(c.inserts) > 0 {
		b.Queue(pgInsertMessages, messageArrays(c.inserts)...)
	}
	if len(c.updates) > 0 {
		b.Queue(pgUpdateMessages, updateArrays(c.updates)...)
	}
	queueReplies(b, c)
	queueRecordWrites(b, c)
}

// column takes one value of each row.
func column[R, V any](rows []R, value func(*R) V) []V {
	values := make([]V, len(rows))
	for i := range rows {
		values[i] = value(&rows[i])
	}
	return values
}

func roomArrays(rooms []chat.Room) []any {
	return []any{
		column(rooms, func(r *chat.Room) string { return r.ID }),
		column(rooms, func(r *chat.Room) string { return r.Name }),
		column(rooms, func(r *chat.Room) string { return string(r.Kind) }),
		column(rooms, func(r *chat.Room) string { return string(r.Visibility) }),
		column(rooms, func(r *chat.Room) string { return r.Creator }),
		column(rooms, func(r *chat.Room) int64 { return r.Seq }),
		column(rooms, func(r *chat.Room) int64 { return r.Version }),
		column(rooms, func(r *chat.Room) int64 { return int64(r.ParticipantCount) }),
		column(rooms, func(r *chat.Room) string { return r.LastMessageID }),
		column(rooms, func(r *chat.Room) int64 { return toMillis(r.CreatedAt) }),
		column(rooms, func(r *chat.Room) int64 { return toMillis(r.UpdatedAt) }),
		column(rooms, func(r *chat.Room) int64 { return toMillis(r.ActiveAt) }),
		column(rooms, func(r *chat.Room) bool { return r.Deleted }),
		column(rooms, func(r *chat.Room) string { return r.Chatbot }),
		column(rooms, func(r *chat.Room) int64 { return r.OwnerEpoch }),
		column(rooms, func(r *chat.Room) string { return r.OpenReply }),
		column(rooms, func(r *chat.Room) int64 { return r.ClearedSeq }),
		column(rooms, func(r *chat.Room) int64 { return r.ClearedVersion }),
	}
}

func memberArrays(members []chat.Member) []any {
	return []any{
		column(members, func(m *chat.Member) string { return m.Room }),
		column(members, func(m *chat.Member) string { return m.User }),
		column(members, func(m *chat.Member) string { return string(m.State) }),
		column(members, func(m *chat.Member) int64 { return m.ReadSeq }),
		column(members, func(m *chat.Member) int64 { return toMillis(m.JoinedAt) }),
	}
}

func messageArrays(messages []chat.Message) []any {
	return []any{
		column(messages, func(m *chat.Message) string { return m.ID }),
		column(messages, func(m *chat.Message) string { return m.Room }),
		column(messages, func(m *chat.Message) int64 { return m.Seq }),
		column(messages, func(m *chat.Message) int64 { return m.Version }),
		column(messages, func(m *chat.Message) int64 { return m.BornVersion }),
		column(messages, func(m *chat.Message) string { return m.Sender }),
		column(messages, func(m *chat.Message) string { return m.Text }),
		column(messages, func(m *chat.Message) string { return string(m.Type) }),
		column(messages, func(m *chat.Message) string { return encodeFiles(m.Files) }),
		column(messages, func(m *chat.Message) *string { return optional(m.Nonce) }),
		column(messages, func(m *chat.Message) string { return m.ReplyTo }),
		column(messages, func(m *chat.Message) string { return string(m.Status) }),
		column(messages, func(m *chat.Message) int64 { return toMillis(m.EditedAt) }),
		column(messages, func(m *chat.Message) int64 { return toMillis(m.CreatedAt) }),
		column(messages, func(m *chat.Message) int64 { return toMillis(m.UpdatedAt) }),
		column(messages, func(m *chat.Message) bool { return m.Deleted }),
	}
}

func updateArrays(messages []chat.Message) []any {
	return []any{
		column(messages, func(m *chat.Message) string { return m.ID }),
		column(messages, func(m *chat.Message) int64 { return m.Version }),
		column(messages, func(m *chat.Message) string { return m.Text }),
		column(messages, func(m *chat.Message) string { return encodeFiles(m.Files) }),
		column(messages, func(m *chat.Message) string { return string(m.Status) }),
		column(messages, func(m *chat.Message) int64 { return toMillis(m.EditedAt) }),
		column(messages, func(m *chat.Message) int64 { return toMillis(m.UpdatedAt) }),
		column(messages, func(m *chat.Message) bool { return m.Deleted }),
	}
}

// optional is nil, a NULL, for no text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
