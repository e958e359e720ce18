package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/chat"
)

// The appender's statements for streamed replies: a checkpoint writes the text
// alone, which no index holds; a close gives the message its place.
const (
	sqliteReply      = `SELECT ` + replyColumns + ` FROM replies p WHERE p.message_id = ?`
	sqliteCheckpoint = `UPDATE messages SET text = ?, updated_at = ? WHERE id = ?`
	sqliteClose      = `UPDATE messages SET seq = ?, version = ?, born_version = ?, text = ?, files = ?, status = ?, edited_at = ?,
		updated_at = ?, deleted = ? WHERE id = ?`
	sqlitePutReply = `INSERT INTO replies (message_id, owner_epoch, sources, prompt_tokens, completion_tokens) VALUES (?,?,?,?,?)
		ON CONFLICT (message_id) DO UPDATE SET owner_epoch = excluded.owner_epoch, sources = excluded.sources,
		prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens`
	sqliteDropReply = `DELETE FROM replies WHERE message_id = ?`

	pgReplies     = `SELECT ` + replyColumns + ` FROM unnest($1::text[]) k (id) JOIN replies p ON p.message_id = k.id`
	pgCheckpoints = `UPDATE messages m SET text = k.text, updated_at = k.updated_at
		FROM unnest($1::text[], $2::text[], $3::int8[]) k (id, text, updated_at) WHERE m.id = k.id`
	pgCloses = `UPDATE messages m SET seq = k.seq, version = k.version, born_version = k.born_version, text = k.text,
		files = k.files, status = k.status, edited_at = k.edited_at, updated_at = k.updated_at, deleted = k.deleted
		FROM unnest($1::text[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::bool[], $9::int8[],
		$10::int8[]) k (id, version, text, files, status, edited_at, updated_at, deleted, seq, born_version) WHERE m.id = k.id`
	pgPutReplies = `INSERT INTO replies (message_id, owner_epoch, sources, prompt_tokens, completion_tokens)
		SELECT * FROM unnest($1::text[], $2::int8[], $3::text[], $4::int8[], $5::int8[])
		ON CONFLICT (message_id) DO UPDATE SET owner_epoch = excluded.owner_epoch, sources = excluded.sources,
		prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens`
	pgDropReplies = `DELETE FROM replies WHERE message_id = ANY($1::text[])`
)

const replyColumns = `p.message_id, p.owner_epoch, p.sources, p.prompt_tokens, p.completion_tokens`

// replyRow is a row of replies.
type replyRow struct {
	MessageID                      string
	OwnerEpoch                     int64
	Sources                        string
	PromptTokens, CompletionTokens int64
}

// sourceRow is one of the sources, in JSON.
type sourceRow struct {
	Document string `json:"document"`
	Passage  string `json:"passage"`
}

// targets are where replyColumns are scanned to.
func (r *replyRow) targets() []any {
	return []any{&r.MessageID, &r.OwnerEpoch, &r.Sources, &r.PromptTokens, &r.CompletionTokens}
}

func rowOfReply(message string, r *chat.ReplyRecord) replyRow {
	row := replyRow{
		MessageID: message, OwnerEpoch: r.OwnerEpoch, PromptTokens: r.PromptTokens, CompletionTokens: r.CompletionTokens,
	}
	if len(r.Sources) > 0 {
		list := make([]sourceRow, len(r.Sources))
		for i, s := range r.Sources {
			list[i] = sourceRow(s)
		}
		b, _ := json.Marshal(list) // strings always encode
		row.Sources = string(b)
	}
	return row
}

// reply lists what is written or dropped of a message's reply: a tombstone has none.
func (c *changes) reply(m *messageState) {
	switch {
	case m.Deleted && m.stored && m.Bot():
		c.unreplied = append(c.unreplied, m.ID)
	case m.replied && !m.Deleted:
		c.replies = append(c.replies, rowOfReply(m.ID, m.Reply))
	}
}

func (r *replyRow) record() (*chat.ReplyRecord, error) {
	record := &chat.ReplyRecord{OwnerEpoch: r.OwnerEpoch, PromptTokens: r.PromptTokens, CompletionTokens: r.CompletionTokens}
	if r.Sources == "" {
		return record, nil
	}
	var list []sourceRow
	if err := json.Unmarshal([]byte(r.Sources), &list); err != nil {
		return nil, fmt.Errorf("store: sources of reply %s: %w", r.MessageID, err)
	}
	for _, s := range list {
		record.Sources = append(record.Sources, chat.Source(s))
	}
	return record, nil
}

// addReplies takes in what was loaded of replies.
func (o *overlay) addReplies(want wants, rows found) {
	if len(want.replies) == 0 {
		return
	}
	if o.replies == nil {
		o.replies = map[string]*chat.ReplyRecord{}
	}
	for _, id := range want.replies {
		o.replies[id] = nil
	}
	for i := range rows.replies {
		record, err := rows.replies[i].record()
		if err != nil {
			o.failure = err
		}
		o.replies[rows.replies[i].MessageID] = record
	}
}

// loadReply reads what is kept of a chatbot's reply that is about to be shown
// changed, unless the command or the group brings it along.
func (o *overlay) loadReply(ctx context.Context, m *messageState, want *chat.Message) error {
	if !m.Bot() || m.Reply != nil || want.Reply != nil || want.Deleted || want.Status == chat.StatusStreaming || !m.stored {
		return nil
	}
	if _, known := o.replies[m.ID]; !known {
		if err := o.load(ctx, wants{replies: []string{m.ID}}); err != nil {
			return err
		}
	}
	m.Reply = o.replies[m.ID]
	return o.failure
}

func (j *sqliteJournal) readReplies(want wants, rows *found) error {
	for _, id := range want.replies {
		var r replyRow
		if ok, err := j.row(sqliteReply, r.targets, id); err != nil {
			return err
		} else if ok {
			rows.replies = append(rows.replies, r)
		}
	}
	return nil
}

// writeReplies writes what became of streamed messages.
func (j *sqliteJournal) writeReplies(c *changes) error {
	for i := range c.checkpoints {
		m := &c.checkpoints[i]
		if err := j.put(sqliteCheckpoint, func(b *binder) { b.text(m.Text).int(toMillis(m.UpdatedAt)).text(m.ID) }); err != nil {
			return err
		}
	}
	for i := range c.closes {
		m := &c.closes[i]
		if err := j.put(sqliteClose, func(b *binder) {
			b.int(m.Seq).int(m.Version).int(m.BornVersion).text(m.Text).text(encodeFiles(m.Files)).text(string(m.Status)).
				int(toMillis(m.EditedAt)).int(toMillis(m.UpdatedAt)).bool(m.Deleted).text(m.ID)
		}); err != nil {
			return err
		}
	}
	for _, r := range c.replies {
		if err := j.put(sqlitePutReply, func(b *binder) {
			b.text(r.MessageID).int(r.OwnerEpoch).text(r.Sources).int(r.PromptTokens).int(r.CompletionTokens)
		}); err != nil {
			return err
		}
	}
	for _, id := range c.unreplied {
		if err := j.put(sqliteDropReply, func(b *binder) { b.text(id) }); err != nil {
			return err
		}
	}
	return nil
}

func (f *found) scanReplies(rows pgx.Rows) error {
	for rows.Next() {
		var r replyRow
		if err := rows.Scan(r.targets()...); err != nil {
			return err
		}
		f.replies = append(f.replies, r)
	}
	return rows.Err()
}

func queueReplies(b *pgx.Batch, c changes) {
	if len(c.checkpoints) > 0 {
		b.Queue(pgCheckpoints,
			column(c.checkpoints, func(m *chat.Message) string { return m.ID }),
			column(c.checkpoints, func(m *chat.Message) string { return m.Text }),
			column(c.checkpoints, func(m *chat.Message) int64 { return toMillis(m.UpdatedAt) }))
	}
	if len(c.closes) > 0 {
		b.Queue(pgCloses, append(updateArrays(c.closes),
			column(c.closes, func(m *chat.Message) int64 { return m.Seq }),
			column(c.closes, func(m *chat.Message) int64 { return m.BornVersion }))...)
	}
	if len(c.replies) > 0 {
		b.Queue(pgPutReplies,
			column(c.replies, func(r *replyRow) string { return r.MessageID }),
			column(c.replies, func(r *replyRow) int64 { return r.OwnerEpoch }),
			column(c.replies, func(r *replyRow) string { return r.Sources }),
			column(c.replies, func(r *replyRow) int64 { return r.PromptTokens }),
			column(c.replies, func(r *replyRow) int64 { return r.CompletionTokens }))
	}
	if len(c.unreplied) > 0 {
		b.Queue(pgDropReplies, c.unreplied)
	}
}
