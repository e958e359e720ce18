package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"parley/chat"
)

const conversationColumns = `c.room_id, c.key, c.name, c.email, c.user_id, c.state, c.agent_id, c.reason, c.waiting_since,
	c.created_at, c.updated_at, c.deleted`

// conversationRow is a row of conversations. Deleted is its room's.
type conversationRow struct {
	RoomID, Key, Name, Email, UserID   string
	State, AgentID, Reason             string
	WaitingSince, CreatedAt, UpdatedAt int64
	Deleted                            bool
}

// targets are where conversationColumns are scanned to.
func (c *conversationRow) targets() []any {
	return []any{
		&c.RoomID, &c.Key, &c.Name, &c.Email, &c.UserID, &c.State, &c.AgentID, &c.Reason, &c.WaitingSince,
		&c.CreatedAt, &c.UpdatedAt, &c.Deleted,
	}
}

func (c *conversationRow) conversation() chat.Conversation {
	return chat.Conversation{
		Room: c.RoomID, Key: c.Key, Name: c.Name, Email: c.Email, User: c.UserID, State: chat.ConversationState(c.State),
		Agent: c.AgentID, Reason: c.Reason, WaitingSince: fromMillis(c.WaitingSince),
		CreatedAt: fromMillis(c.CreatedAt), UpdatedAt: fromMillis(c.UpdatedAt),
	}
}

func rowOfConversation(c chat.Conversation) conversationRow {
	return conversationRow{
		RoomID: c.Room, Key: c.Key, Name: c.Name, Email: c.Email, UserID: c.User, State: string(c.State),
		AgentID: c.Agent, Reason: c.Reason, WaitingSince: toMillis(c.WaitingSince),
		CreatedAt: toMillis(c.CreatedAt), UpdatedAt: toMillis(c.UpdatedAt),
	}
}

// itemRow is a conversation as the inbox shows it. AgentRead is how far anybody has
// read who is not its customer.
type itemRow struct {
	conversationRow
	Kind, CreatorID, ChatbotID string
	Seq, ClearedSeq            int64
	LastMessageID              string
	AgentRead                  int64
}

// items selects itemRows.
const items = `SELECT ` + conversationColumns + `, r.kind, r.creator_id, r.chatbot_id, r.seq, r.cleared_seq, r.last_message_id,
	coalesce((SELECT max(m.read_seq) FROM members m WHERE m.room_id = c.room_id AND m.user_id <> r.creator_id
		AND m.user_id <> c.user_id), 0)
	FROM conversations c JOIN rooms r ON r.id = c.room_id`

func (i *itemRow) targets() []any {
	return append(i.conversationRow.targets(), &i.Kind, &i.CreatorID, &i.ChatbotID, &i.Seq, &i.ClearedSeq, &i.LastMessageID, &i.AgentRead)
}

// view is the item without Last and Position.
func (i *itemRow) view() chat.ConversationView {
	return chat.ConversationView{
		Conversation: i.conversation(), Kind: chat.RoomKind(i.Kind), Creator: i.CreatorID, Chatbot: i.ChatbotID,
		Unread: max(0, i.Seq-max(i.AgentRead, i.ClearedSeq)),
	}
}

// Conversation implements [chat.ConversationStore].
func (s *Store) Conversation(ctx context.Context, key string) (chat.ConversationView, error) {
	rows, err := s.itemRows(ctx, items+` WHERE c.key = ? AND NOT c.deleted`, key)
	if err != nil {
		return chat.ConversationView{}, err
	}
	if len(rows) == 0 {
		return chat.ConversationView{}, chat.ErrConversationNotFound
	}
	views, err := s.itemViews(ctx, rows)
	if err != nil {
		return chat.ConversationView{}, err
	}
	if v := &views[0]; v.State == chat.Waiting {
		err = s.read(ctx).Raw(`SELECT `+position+` FROM conversations c WHERE c.room_id = ?`, v.Room).Row().Scan(&v.Position)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return chat.ConversationView{}, failed("place in the queue", err)
		}
		v.Position = shown(v.Position)
	}
	return views[0], nil
}

// described is what a search looks through besides the user, whose collation is another.
const described = "(c.name || '\n' || c.email || '\n' || c.reason)"

// Conversations implements [chat.ConversationStore]. A search reads conversations in
// their order until the page is full and the count at its limit.
func (s *Store) Conversations(ctx context.Context, q chat.ConversationQuery) ([]chat.ConversationView, int64, error) {
	where, order, args := `NOT c.deleted`, `c.updated_at DESC, c.room_id DESC`, []any{}
	switch q.State {
	case "":
	case chat.Waiting:
		where, order = queued, queueOrder
	default:
		// In the words of conversations_state.
		where, args = `c.state <> 'waiting' AND NOT c.deleted AND c.state = ?`, append(args, string(q.State))
		order = `(-c.updated_at), c.room_id DESC`
	}
	count := `SELECT count(*) FROM conversations c WHERE ` + where
	if q.Search != "" {
		where += ` AND (` + s.db.contains("c.user_id") + ` OR ` + s.db.contains(described) + `)`
		args = append(args, q.Search, q.Search)
		count = fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 AS one FROM conversations c WHERE %s LIMIT %d) matches`, where, chat.CountLimit)
	}
	var number int64
	if err := s.read(ctx).Raw(count, args...).Row().Scan(&number); err != nil {
		return nil, 0, failed("count conversations", err)
	}
	rows, err := s.itemRows(ctx, items+` WHERE `+where+` ORDER BY `+order+` LIMIT ? OFFSET ?`, append(args, q.Limit, q.Skip)...)
	if err != nil {
		return nil, 0, err
	}
	views, err := s.itemViews(ctx, rows)
	if err != nil {
		return nil, 0, err
	}
	return views, number, s.fillPositions(ctx, views)
}

// CountConversations implements [chat.ConversationStore], in the words of
// conversations_queue and conversations_state: two indexes know all that is asked.
func (s *Store) CountConversations(ctx context.Context) (map[chat.ConversationState]int64, error) {
	rows, err := s.read(ctx).Raw(`SELECT 'waiting', count(*) FROM conversations c WHERE ` + queued + `
		UNION ALL SELECT c.state, count(*) FROM conversations c WHERE c.state <> 'waiting' AND NOT c.deleted GROUP BY c.state`).Rows()
	if err != nil {
		return nil, failed("count conversations", err)
	}
	defer rows.Close()
	counts := map[chat.ConversationState]int64{}
	for rows.Next() {
		var state chat.ConversationState
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, failed("count conversations", err)
		}
		counts[state] = n
	}
	if err := rows.Err(); err != nil {
		return nil, failed("count conversations", err)
	}
	return counts, nil
}

func (s *Store) itemRows(ctx context.Context, query string, args ...any) ([]itemRow, error) {
	rows, err := s.read(ctx).Raw(query, args...).Rows()
	if err != nil {
		return nil, failed("conversations", err)
	}
	defer rows.Close()
	var all []itemRow
	for rows.Next() {
		var i itemRow
		if err := rows.Scan(i.targets()...); err != nil {
			return nil, failed("conversations", err)
		}
		all = append(all, i)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("conversations", err)
	}
	return all, nil
}

// itemViews fills in the last messages.
func (s *Store) itemViews(ctx context.Context, rows []itemRow) ([]chat.ConversationView, error) {
	last, err := s.lastMessages(ctx, column(rows, func(i *itemRow) viewRow {
		return viewRow{roomRow: roomRow{ID: i.RoomID, LastMessageID: i.LastMessageID, ClearedSeq: i.ClearedSeq}}
	}))
	if err != nil {
		return nil, err
	}
	return column(rows, func(i *itemRow) chat.ConversationView {
		v := i.view()
		v.Last = last[i.RoomID]
		return v
	}), nil
}
