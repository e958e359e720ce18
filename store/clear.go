package store

import "github.com/jackc/pgx/v5"

// Clearing a room makes tombstones of its messages where they stand: they keep
// their numbers, so a cursor behind the clearing finds none of them among the
// changes, and their nonces. It is one statement per table, in the transaction
// of the group; tombstones of an earlier clearing are not touched again. The
// search index drops the room up to there behind the writes (search_clear.go).

// clearance is a room to clear: its messages with a seq above after, up to seq.
type clearance struct {
	room       string
	after, seq int64
}

// The statements of a clearance, in their order, with its fields as arguments.
const (
	sqliteUnreply = `DELETE FROM replies WHERE message_id IN (SELECT m.id FROM messages m
		WHERE m.room_id = ? AND m.seq > ? AND m.seq <= ? AND m.seq > 0)`
	sqliteUnpostAll = `DELETE FROM postings WHERE (file_id, room_id, message_id) IN (SELECT f.value, m.room_id, m.id
		FROM messages m CROSS JOIN json_each(m.files) f
		WHERE m.room_id = ? AND m.seq > ? AND m.seq <= ? AND m.seq > 0 AND m.files <> '')`
	sqliteClear = `UPDATE messages SET text = '', files = '', deleted = true
		WHERE room_id = ? AND seq > ? AND seq <= ? AND seq > 0 AND NOT deleted`

	pgUnreply = `DELETE FROM replies WHERE message_id IN (SELECT m.id FROM messages m
		WHERE m.room_id = $1 AND m.seq > $2 AND m.seq <= $3 AND m.seq > 0)`
	pgUnpostAll = `DELETE FROM postings p USING messages m, json_array_elements_text(CAST(m.files AS json)) f
		WHERE m.room_id = $1 AND m.seq > $2 AND m.seq <= $3 AND m.seq > 0 AND m.files <> ''
		AND p.file_id = f AND p.room_id = m.room_id AND p.message_id = m.id`
	pgClear = `UPDATE messages SET text = '', files = '', deleted = true
		WHERE room_id = $1 AND seq > $2 AND seq <= $3 AND seq > 0 AND NOT deleted`
)

// applyClear makes tombstones of all the room's messages that have a place.
func (o *overlay) applyClear(r *roomState) {
	if !r.cleared {
		r.cleared, r.clearedBefore = true, r.ClearedSeq
	}
	r.Version++
	r.ClearedSeq, r.ClearedVersion, r.LastMessageID = r.Seq, r.Version, ""
	o.touchRoom(r)
	for _, m := range o.messages {
		o.entomb(m)
	}
}

// clearAdded does the same to messages that are loaded once the group has cleared
// their room: the database has them still.
func (o *overlay) clearAdded(rows found) {
	for i := range rows.messages {
		o.entomb(o.messages[rows.messages[i].ID])
	}
}

// entomb makes a tombstone of a message that the group has cleared. What is
// stored of it, its files' postings and its reply included, is the clearance's.
func (o *overlay) entomb(m *messageState) {
	r := o.rooms[m.Room]
	if r == nil || !r.cleared || m.Seq == 0 || m.Seq > r.ClearedSeq || m.Deleted {
		return
	}
	m.Text, m.Files, m.Deleted, m.Reply = "", nil, true, nil
}

// clears lists the rooms to clear.
func (o *overlay) clears(list []clearance) []clearance {
	for _, r := range o.changedRooms {
		if r.cleared {
			list = append(list, clearance{r.ID, r.clearedBefore, r.ClearedSeq})
		}
	}
	return list
}

func (j *sqliteJournal) writeClears(c *changes) error {
	for _, k := range c.clears {
		for _, text := range []string{sqliteUnreply, sqliteUnpostAll, sqliteClear} {
			if err := j.put(text, func(b *binder) { b.text(k.room).int(k.after).int(k.seq) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func queueClears(b *pgx.Batch, c changes) {
	for _, k := range c.clears {
		for _, text := range []string{pgUnreply, pgUnpostAll, pgClear} {
			b.Queue(text, k.room, k.after, k.seq)
		}
	}
}
