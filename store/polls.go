package store

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"parley/chat"
)

// poll is one look at a conversation: the head, read once, and with it the page of
// messages, which is a range of the index by seq, as far as their texts fit into one
// answer. Without messages it is one row. (SQLite looks at bare parameters and would
// plan anew for each; at those that are cast it does not.)
var poll = `WITH head AS MATERIALIZED (SELECT ` + conversationColumns + `, r.kind, r.creator_id, r.chatbot_id, r.owner_epoch, r.version,
		coalesce((SELECT u.blocked FROM users u WHERE u.id = r.creator_id), false) AS blocked,
		CASE WHEN c.state = 'waiting' THEN ` + position + ` ELSE 0 END AS place, r.cleared_seq
		FROM conversations c JOIN rooms r ON r.id = c.room_id WHERE c.key = ? AND NOT c.deleted),
	sizes AS MATERIALIZED (SELECT m.id, m.seq, length(m.text) AS size
		FROM messages m WHERE m.room_id = (SELECT room_id FROM head) AND m.seq > CAST(? AS bigint) AND m.seq > (SELECT cleared_seq FROM head) AND ` + listed + `
		ORDER BY m.seq LIMIT CAST(? AS bigint)),
	page AS MATERIALIZED (SELECT m.id, m.seq, m.sender_id, m.text, m.type, m.reply_to, m.status, m.edited_at, m.created_at, m.updated_at
		FROM (SELECT id, sum(size) OVER (ORDER BY seq) - size AS above FROM sizes) s JOIN messages m ON m.id = s.id
		WHERE s.above < ` + strconv.Itoa(chat.PollText) + `)
	SELECT head.*, coalesce(page.id, ''), coalesce(page.seq, 0), coalesce(page.sender_id, ''), coalesce(page.text, ''),
		coalesce(page.type, ''), coalesce(page.reply_to, ''), coalesce(page.status, ''), coalesce(page.edited_at, 0),
		coalesce(page.created_at, 0), coalesce(page.updated_at, 0)
	FROM head LEFT JOIN page ON true`

// pollRow is the head with one message, or none.
type pollRow struct {
	conversationRow
	Kind, CreatorID, ChatbotID string
	OwnerEpoch, Version        int64
	Blocked                    bool
	Place                      int
	ClearedSeq                 int64
	message                    messageRow
}

func (p *pollRow) targets() []any {
	m := &p.message
	return append(
		p.conversationRow.targets(),
		&p.Kind, &p.CreatorID, &p.ChatbotID, &p.OwnerEpoch, &p.Version, &p.Blocked, &p.Place, &p.ClearedSeq,
		&m.ID, &m.Seq, &m.SenderID, &m.Text, &m.Type, &m.ReplyTo, &m.Status, &m.EditedAt, &m.CreatedAt, &m.UpdatedAt,
	)
}

func (p *pollRow) polled() chat.Polled {
	return chat.Polled{
		ConversationView: chat.ConversationView{
			Conversation: p.conversation(), Kind: chat.RoomKind(p.Kind), Creator: p.CreatorID, Chatbot: p.ChatbotID,
			Position: shown(p.Place),
		},
		OwnerEpoch: p.OwnerEpoch, Version: p.Version, Blocked: p.Blocked,
	}
}

// Poll implements [chat.ConversationStore].
func (s *Store) Poll(ctx context.Context, key string, since int64, limit int) (chat.Polled, error) {
	if limit <= 0 {
		since, limit = math.MaxInt64, 1
	}
	rows, err := s.db.prepared.WithContext(ctx).Raw(poll, key, since, limit).Rows()
	if err != nil {
		return chat.Polled{}, failed("poll", err)
	}
	defer rows.Close()
	var p *chat.Polled
	for rows.Next() {
		var row pollRow
		if err := rows.Scan(row.targets()...); err != nil {
			return chat.Polled{}, failed("poll", err)
		}
		if p == nil {
			first := row.polled()
			p = &first
		}
		if row.message.ID == "" {
			continue
		}
		row.message.RoomID = p.Room
		m, err := row.message.message()
		if err != nil {
			return chat.Polled{}, err
		}
		p.Messages = append(p.Messages, m)
	}
	if err := rows.Err(); err != nil {
		return chat.Polled{}, failed("poll", err)
	}
	if p == nil {
		return chat.Polled{}, chat.ErrConversationNotFound
	}
	slices.SortFunc(p.Messages, func(a, b chat.Message) int { return cmp.Compare(a.Seq, b.Seq) }) // no join promises an order
	return *p, nil
}
