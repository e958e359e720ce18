package chat

import "strings"

// Topic names what a node may want to hear of, where several serve the same rooms:
// it is told of nothing else.
type Topic string

// What concerns all agents, and all nodes.
const (
	TopicAgents Topic = "agents"
	TopicNodes  Topic = "nodes"
)

const (
	roomTopic = "room:"
	userTopic = "user:"
	nodeTopic = "node:"
)

// RoomTopic is what happens in a room.
func RoomTopic(room string) Topic { return Topic(roomTopic + room) }

// UserTopic is what concerns a user's connections alone.
func UserTopic(user string) Topic { return Topic(userTopic + user) }

// NodeTopic is what one node is told.
func NodeTopic(node string) Topic { return Topic(nodeTopic + node) }

// Room returns the room that the topic is about, if it is one's.
func (t Topic) Room() (string, bool) { return strings.CutPrefix(string(t), roomTopic) }

// User returns the user that the topic is about, if it is one's.
func (t Topic) User() (string, bool) { return strings.CutPrefix(string(t), userTopic) }

// Parcel is an event on its way to the nodes that hear of a topic.
type Parcel struct {
	Topic Topic
	Event Event
}

// Parcels addresses an event: each node that has to do with it gets it by exactly
// one topic, but for who joined or left, of whom each is told by a topic of their own.
func (e Event) Parcels() []Parcel {
	switch {
	case e.Node != "":
		return []Parcel{{NodeTopic(e.Node), e}}
	case e.Kind == EventRoomJoined, e.Kind == EventRoomLeft:
		parcels := make([]Parcel, len(e.Users))
		for i, u := range e.Users {
			one := e
			one.Users = []string{u}
			parcels[i] = Parcel{UserTopic(u), one}
		}
		return parcels
	}
	return []Parcel{{e.topic(), e}}
}

func (e Event) topic() Topic {
	switch e.Kind {
	case EventSessionClosed:
		return UserTopic(e.User)
	case EventUserRevoked, EventQueueChanged:
		return TopicNodes
	case EventConversationUpdated, EventConversationDeleted, EventNote:
		return TopicAgents
	}
	return RoomTopic(e.Room)
}
