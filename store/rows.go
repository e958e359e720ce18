package store

import (
	"encoding/json"
	"fmt"
	"time"

	"parley/chat"
)

// Rows are what the tables hold; package chat never sees them. Times are
// milliseconds since 1970 in UTC, 0 for never.

func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// asStored is t as the database gives it back.
func asStored(t time.Time) time.Time { return fromMillis(toMillis(t)) }

const roomColumns = `r.id, r.name, r.kind, r.visibility, r.creator_id, r.seq, r.version, r.participant_count,
	r.last_message_id, r.created_at, r.updated_at, r.active_at, r.deleted, r.chatbot_id, r.owner_epoch, r.open_reply_id,
	r.cleared_seq, r.cleared_version`

type roomRow struct {
	ID, Name, Kind, Visibility, CreatorID string
	Seq, Version, ParticipantCount        int64
	LastMessageID                         string
	CreatedAt, UpdatedAt, ActiveAt        int64
	Deleted                               bool
	ChatbotID                             string
	OwnerEpoch                            int64
	OpenReplyID                           string
	ClearedSeq, ClearedVersion            int64
}

// targets are where roomColumns are scanned to.
func (r *roomRow) targets() []any {
	return []any{
		&r.ID, &r.Name, &r.Kind, &r.Visibility, &r.CreatorID, &r.Seq, &r.Version, &r.ParticipantCount,
		&r.LastMessageID, &r.CreatedAt, &r.UpdatedAt, &r.ActiveAt, &r.Deleted, &r.ChatbotID, &r.OwnerEpoch, &r.OpenReplyID,
		&r.ClearedSeq, &r.ClearedVersion,
	}
}

func (r *roomRow) room() chat.Room {
	return chat.Room{
		ID: r.ID, Name: r.Name, Kind: chat.RoomKind(r.Kind), Visibility: chat.Visibility(r.Visibility), Creator: r.CreatorID,
		Seq: r.Seq, Version: r.Version, ParticipantCount: int(r.ParticipantCount), LastMessageID: r.LastMessageID,
		CreatedAt: fromMillis(r.CreatedAt), UpdatedAt: fromMillis(r.UpdatedAt), ActiveAt: fromMillis(r.ActiveAt),
		Deleted: r.Deleted, Chatbot: r.ChatbotID, OwnerEpoch: r.OwnerEpoch, OpenReply: r.OpenReplyID,
		ClearedSeq: r.ClearedSeq, ClearedVersion: r.ClearedVersion,
	}
}

const memberColumns = `m.room_id, m.user_id, m.state, m.read_seq, m.joined_at`

type memberRow struct {
	RoomID, UserID, State string
	ReadSeq, JoinedAt     int64
}

func (m *memberRow) targets() []any {
	return []any{&m.RoomID, &m.UserID, &m.State, &m.ReadSeq, &m.JoinedAt}
}

func (m *memberRow) member() chat.Member {
	return chat.Member{
		Room: m.RoomID, User: m.UserID, State: chat.MemberState(m.State),
		ReadSeq: m.ReadSeq, JoinedAt: fromMillis(m.JoinedAt),
	}
}

const messageColumns = `m.id, m.room_id, m.seq, m.version, m.born_version, m.sender_id, m.text, m.type, m.files, m.nonce,
	m.reply_to, m.status, m.edited_at, m.created_at, m.updated_at, m.deleted`

type messageRow struct {
	ID, RoomID                     string
	Seq, Version, BornVersion      int64
	SenderID, Text, Type, Files    string
	Nonce                          *string
	ReplyTo, Status                string
	EditedAt, CreatedAt, UpdatedAt int64
	Deleted                        bool
}

// targets are where messageColumns are scanned to.
func (m *messageRow) targets() []any {
	return []any{
		&m.ID, &m.RoomID, &m.Seq, &m.Version, &m.BornVersion, &m.SenderID, &m.Text, &m.Type, &m.Files, &m.Nonce,
		&m.ReplyTo, &m.Status, &m.EditedAt, &m.CreatedAt, &m.UpdatedAt, &m.Deleted,
	}
}

func (m *messageRow) message() (chat.Message, error) {
	files, err := decodeFiles(m.Files)
	if err != nil {
		return chat.Message{}, fmt.Errorf("store: files of message %s: %w", m.ID, err)
	}
	msg := chat.Message{
		ID: m.ID, Room: m.RoomID, Seq: m.Seq, Version: m.Version, BornVersion: m.BornVersion, Sender: m.SenderID,
		Text: m.Text, Type: chat.ContentType(m.Type), Files: files, ReplyTo: m.ReplyTo, Status: chat.Status(m.Status),
		EditedAt: fromMillis(m.EditedAt), CreatedAt: fromMillis(m.CreatedAt), UpdatedAt: fromMillis(m.UpdatedAt),
		Deleted: m.Deleted,
	}
	if m.Nonce != nil {
		msg.Nonce = *m.Nonce
	}
	return msg, nil
}

func encodeFiles(files []string) string {
	if len(files) == 0 {
		return ""
	}
	b, _ := json.Marshal(files) // strings always encode
	return string(b)
}

func decodeFiles(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	var files []string
	err := json.Unmarshal([]byte(s), &files)
	return files, err
}
