package chat

import "time"

// Act names what an administrator did.
type Act string

// The acts. On administrators' routes whatever changes something is one, and
// whatever lists what people wrote; on the routes of users, what administrators
// change of rooms and delete of messages.
const (
	ActRoomCreate    Act = "room.create"
	ActRoomUpdate    Act = "room.update"
	ActRoomDelete    Act = "room.delete"
	ActMembersAdd    Act = "members.add"
	ActMembersRemove Act = "members.remove"
	ActMessagePost   Act = "message.post"
	ActMessageDelete Act = "message.delete"
	ActMessagesRead  Act = "messages.read"
	ActExport        Act = "export"
	ActUserCreate    Act = "user.create"
	ActUserSave      Act = "user.save"
	ActUserRole      Act = "user.role"
	ActUserPassword  Act = "user.password"
	ActUserBlock     Act = "user.block"
	ActUserUnblock   Act = "user.unblock"

	ActChatbotCreate  Act = "chatbot.create"
	ActChatbotUpdate  Act = "chatbot.update"
	ActChatbotDelete  Act = "chatbot.delete"
	ActDocumentCreate Act = "document.create"
	ActDocumentDelete Act = "document.delete"

	ActConversationErase Act = "conversation.erase"
	ActWebhookCreate     Act = "webhook.create"
	ActWebhookDelete     Act = "webhook.delete"
	ActWebhookRetry      Act = "webhook.retry"
)

// Audit is one act, recorded in the transaction of what it changed.
type Audit struct {
	ID string // sorts by time
	At time.Time
	// Actor is who did it, "" for the command line.
	Actor string
	Act   Act
	// Room, User and Message are what it was done to, "" where it does not apply.
	Room, User, Message string
	// Detail says the rest: the users added, the new role, what was searched for.
	// It never holds a secret or a message's text.
	Detail map[string]string
}

// AuditQuery selects acts; what is empty selects all.
type AuditQuery struct {
	Actor, Room, User string
	Act               Act
	Skip, Limit       int
}

// audit is an act of the actor's, done now.
func (s *Service) audit(a Actor, act Act) Audit {
	return Audit{ID: s.NewID(), At: s.now(), Actor: a.ID, Act: act}
}

// ofAdmin is what is recorded of an act that others may do as well.
func ofAdmin(a Actor, act Audit) []Audit {
	if !a.Admin() {
		return nil
	}
	return []Audit{act}
}
