package store

import (
	"github.com/jackc/pgx/v5"

	"parley/chat"
)

// The appender's statements for the inbox.
const (
	sqliteConversation    = `SELECT ` + conversationColumns + ` FROM conversations c WHERE c.room_id = ?`
	sqlitePutConversation = `INSERT INTO conversations (room_id, key, name, email, user_id, state, agent_id, reason, waiting_since,
		created_at, updated_at, deleted) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ` + putConversation
	sqliteNote     = `INSERT INTO notes (id, room_id, author_id, text, created_at) VALUES (?,?,?,?,?)`
	sqliteDelivery = `INSERT INTO webhook_deliveries (id, webhook_id, room_id, event, body, attempts, problem, due_at, leased_until,
		dead, created_at) VALUES (?,?,?,?,?,0,'',0,0,false,?)`
	sqliteEraseConversation = `DELETE FROM conversations WHERE room_id = ?`
	sqliteEraseNotes        = `DELETE FROM notes WHERE room_id = ?`
	sqliteEraseDeliveries   = `DELETE FROM webhook_deliveries WHERE room_id = ?`

	putConversation = `ON CONFLICT (room_id) DO UPDATE SET name = excluded.name, email = excluded.email, user_id = excluded.user_id,
		state = excluded.state, agent_id = excluded.agent_id, reason = excluded.reason, waiting_since = excluded.waiting_since,
		updated_at = excluded.updated_at, deleted = excluded.deleted`

	// pgConversations runs once the rooms are locked. It is no join with them: that
	// would show what was there before the lock was granted.
	pgConversations    = `SELECT ` + conversationColumns + ` FROM conversations c WHERE c.room_id = ANY($1::text[])`
	pgPutConversations = `INSERT INTO conversations (room_id, key, name, email, user_id, state, agent_id, reason, waiting_since,
		created_at, updated_at, deleted)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
		$9::int8[], $10::int8[], $11::int8[], $12::bool[]) ` + putConversation
	pgNotes = `INSERT INTO notes (id, room_id, author_id, text, created_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[])`
	pgDeliveries = `INSERT INTO webhook_deliveries (id, webhook_id, room_id, event, body, attempts, problem, due_at, leased_until,
		dead, created_at) SELECT k.id, k.webhook_id, k.room_id, k.event, k.body, 0, '', 0, 0, false, k.created_at
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::int8[]) WITH ORDINALITY
		k (id, webhook_id, room_id, event, body, created_at, place) ORDER BY k.place`
	pgEraseConversations = `DELETE FROM conversations WHERE room_id = ANY($1::text[])`
	pgEraseNotes         = `DELETE FROM notes WHERE room_id = ANY($1::text[])`
	pgEraseDeliveries    = `DELETE FROM webhook_deliveries WHERE room_id = ANY($1::text[])`
)

// readConversation reads that of a room that can have one.
func (j *sqliteJournal) readConversation(rows *found, r *roomRow) error {
	if r.ID == "" || r.Kind == string(chat.KindGroup) {
		return nil
	}
	var c conversationRow
	ok, err := j.row(sqliteConversation, c.targets, r.ID)
	if ok {
		rows.conversations = append(rows.conversations, c)
	}
	return err
}

func (j *sqliteJournal) writeInbox(c *changes) error {
	for _, room := range c.erased {
		for _, text := range []string{sqliteEraseConversation, sqliteEraseNotes, sqliteEraseDeliveries} {
			if err := j.put(text, func(b *binder) { b.text(room) }); err != nil {
				return err
			}
		}
	}
	for i := range c.conversations {
		if err := j.putConversation(&c.conversations[i]); err != nil {
			return err
		}
	}
	for i := range c.notes {
		n := &c.notes[i]
		if err := j.put(sqliteNote, func(b *binder) {
			b.text(n.ID).text(n.Room).text(n.Author).text(n.Text).int(toMillis(n.CreatedAt))
		}); err != nil {
			return err
		}
	}
	for i := range c.deliveries {
		d := &c.deliveries[i]
		if err := j.put(sqliteDelivery, func(b *binder) {
			b.text(d.ID).text(d.Webhook).text(d.Room).text(string(d.Event)).blob(d.Body).int(toMillis(d.CreatedAt))
		}); err != nil {
			return err
		}
	}
	return nil
}

func (j *sqliteJournal) putConversation(c *conversationRow) error {
	return j.put(sqlitePutConversation, func(b *binder) {
		b.text(c.RoomID).text(c.Key).text(c.Name).text(c.Email).text(c.UserID).text(c.State).text(c.AgentID).text(c.Reason).
			int(c.WaitingSince).int(c.CreatedAt).int(c.UpdatedAt).bool(c.Deleted)
	})
}

func (f *found) scanConversations(rows pgx.Rows) error {
	for rows.Next() {
		var c conversationRow
		if err := rows.Scan(c.targets()...); err != nil {
			return err
		}
		f.conversations = append(f.conversations, c)
	}
	return rows.Err()
}

func queueInbox(b *pgx.Batch, c changes) {
	if len(c.erased) > 0 {
		for _, text := range []string{pgEraseConversations, pgEraseNotes, pgEraseDeliveries} {
			b.Queue(text, c.erased)
		}
	}
	if len(c.conversations) > 0 {
		b.Queue(pgPutConversations, conversationArrays(c.conversations)...)
	}
	if len(c.notes) > 0 {
		b.Queue(pgNotes,
			column(c.notes, func(n *chat.Note) string { return n.ID }),
			column(c.notes, func(n *chat.Note) string { return n.Room }),
			column(c.notes, func(n *chat.Note) string { return n.Author }),
			column(c.notes, func(n *chat.Note) string { return n.Text }),
			column(c.notes, func(n *chat.Note) int64 { return toMillis(n.CreatedAt) }))
	}
	if len(c.deliveries) > 0 {
		b.Queue(pgDeliveries,
			column(c.deliveries, func(d *chat.Delivery) string { return d.ID }),
			column(c.deliveries, func(d *chat.Delivery) string { return d.Webhook }),
			column(c.deliveries, func(d *chat.Delivery) string { return d.Room }),
			column(c.deliveries, func(d *chat.Delivery) string { return string(d.Event) }),
			column(c.deliveries, func(d *chat.Delivery) []byte { return d.Body }),
			column(c.deliveries, func(d *chat.Delivery) int64 { return toMillis(d.CreatedAt) }))
	}
}

func conversationArrays(rows []conversationRow) []any {
	return []any{
		column(rows, func(c *conversationRow) string { return c.RoomID }),
		column(rows, func(c *conversationRow) string { return c.Key }),
		column(rows, func(c *conversationRow) string { return c.Name }),
		column(rows, func(c *conversationRow) string { return c.Email }),
		column(rows, func(c *conversationRow) string { return c.UserID }),
		column(rows, func(c *conversationRow) string { return c.State }),
		column(rows, func(c *conversationRow) string { return c.AgentID }),
		column(rows, func(c *conversationRow) string { return c.Reason }),
		column(rows, func(c *conversationRow) int64 { return c.WaitingSince }),
		column(rows, func(c *conversationRow) int64 { return c.CreatedAt }),
		column(rows, func(c *conversationRow) int64 { return c.UpdatedAt }),
		column(rows, func(c *conversationRow) bool { return c.Deleted }),
	}
}
