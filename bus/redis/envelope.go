package redis

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"parley/chat"
)

// An envelope is what one node sends to others: the version of this form, the
// sender's name behind its length, what it is, and an event if it is one. A node
// that meets another version lets it pass: what it misses by that it finds in the store.
const envelopeVersion = 1

const (
	kindEvent = 'e'
	kindLost  = 'l' // something of the channel's topic, or of all topics, was lost
)

const (
	// maxEnvelope bounds an envelope, in bytes. What is larger does not travel.
	maxEnvelope = 4 << 20
	// maxName bounds a node's name.
	maxName = 255
	// commonSize is what most events need at most beside their texts.
	commonSize = 384
	// maxElements bounds the lists in an event, maxDepth how they are nested.
	maxElements = 100_000
	maxDepth    = 8
)

var (
	errForeign = errors.New("an envelope of another version")
	errBad     = errors.New("a bad envelope")
)

// codec turns events into envelopes and back. Its methods may be called at once.
type codec struct {
	header []byte // of all the envelopes of this node, up to what it is
	enc    cbor.UserBufferEncMode
	dec    cbor.DecMode
}

func newCodec(node string) (*codec, error) {
	if len(node) > maxName {
		return nil, fmt.Errorf("a node's name has at most %d bytes", maxName)
	}
	enc, err := cbor.EncOptions{IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden}.UserBufferEncMode()
	if err != nil {
		return nil, err
	}
	dec, err := cbor.DecOptions{
		MaxNestedLevels: maxDepth, MaxArrayElements: maxElements, MaxMapPairs: maxElements,
		IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		// A text goes out as it came in, on every node.
		UTF8: cbor.UTF8DecodeInvalid,
	}.DecMode()
	if err != nil {
		return nil, err
	}
	return &codec{header: append([]byte{envelopeVersion, byte(len(node))}, node...), enc: enc, dec: dec}, nil
}

// encode returns the envelope of an event.
func (c *codec) encode(e *chat.Event) ([]byte, error) {
	size := len(c.header) + commonSize + len(e.Body) + len(e.Token)
	if e.Message != nil {
		size += len(e.Message.Text)
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	b.Write(c.header)
	b.WriteByte(kindEvent)
	if err := c.enc.MarshalToBuffer(toWire(e), b); err != nil {
		return nil, err
	}
	if b.Len() > maxEnvelope {
		return nil, errBad
	}
	return b.Bytes(), nil
}

// lost returns the envelope that tells of a loss.
func (c *codec) lost() []byte { return append(c.header[:len(c.header):len(c.header)], kindLost) }

// open returns what an envelope holds: kind is 0 for one of this node's own.
func (c *codec) open(payload string) (kind byte, body string, err error) {
	switch {
	case len(payload) > maxEnvelope || len(payload) < 3:
		return 0, "", errBad
	case payload[0] != envelopeVersion:
		return 0, "", errForeign
	}
	name := 2 + int(payload[1])
	if name >= len(payload) {
		return 0, "", errBad
	}
	if payload[:name] == string(c.header) {
		return 0, "", nil
	}
	switch kind = payload[name]; kind {
	case kindEvent, kindLost:
		return kind, payload[name+1:], nil
	}
	return 0, "", errForeign
}

// decode reads an event. One that its kind does not allow, or of a kind that this node
// does not know, is an error.
func (c *codec) decode(body string) (chat.Event, error) {
	var w wireEvent
	if err := c.dec.Unmarshal([]byte(body), &w); err != nil {
		return chat.Event{}, fmt.Errorf("%w: %w", errBad, err)
	}
	if !w.whole() {
		return chat.Event{}, errBad
	}
	return w.event(), nil
}

// whole reports whether an event has what those of its kind have.
func (e *wireEvent) whole() bool {
	if min(e.Version, e.At, e.Seq, int64(e.Offset)) < 0 {
		return false
	}
	switch e.Kind {
	case chat.EventMessage, chat.EventMessageEdited, chat.EventMessageDeleted, chat.EventStreamStart, chat.EventStreamEnd:
		return e.Message != nil
	case chat.EventConversationState, chat.EventConversationUpdated, chat.EventConversationDeleted:
		return e.Conversation != nil
	case chat.EventNote:
		return e.Conversation != nil && e.Note != nil
	case chat.EventMessagesRead, chat.EventTyping, chat.EventRoomJoined, chat.EventRoomLeft, chat.EventRoomDeleted,
		chat.EventParticipantJoined, chat.EventParticipantLeft, chat.EventHistoryCleared, chat.EventStreamToken,
		chat.EventSessionClosed, chat.EventPresence, chat.EventUserRevoked, chat.EventQueueChanged,
		chat.EventReplyAsked, chat.EventReplyStopped, chat.EventSilenced:
		return true
	}
	return false
}
