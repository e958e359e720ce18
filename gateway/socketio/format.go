package socketio

import (
	"bytes"
	"encoding/json"
	"time"

	"parley/chat"
	"parley/gateway"
	"parley/gateway/engineio"
)

// format shows events as Socket.IO EVENT packets of one namespace.
type format struct {
	prefix []byte
	now    func() time.Time
}

func newFormat(namespace string, now func() time.Time) *format {
	return &format{prefix: []byte("2" + namespace + ","), now: now}
}

// Encode implements gateway.Format. Each event ends with its offset, which the
// official client sends back to be recovered.
func (f *format) Encode(e chat.Event, offset string) (gateway.Frame, bool) {
	if e.Body != nil {
		return f.encoded(e.Body, offset), true
	}
	body := eventWire(e, f.now)
	if body == nil {
		return gateway.Frame{}, false
	}
	return f.event(string(e.Kind), body, offset), true
}

// Body encodes what every client of every node is shown alike, up to the offset that
// ends it: of stored messages and their changes. It returns nil for other events.
func Body(e chat.Event) []byte {
	switch e.Kind {
	case chat.EventMessage, chat.EventMessageEdited, chat.EventMessageDeleted:
		return bytes.TrimSuffix(encode([]any{e.Kind, eventWire(e, nil)}), []byte("]"))
	}
	return nil
}

// encoded puts an offset to a Body.
func (f *format) encoded(body []byte, offset string) gateway.Frame {
	if offset == "" {
		return engineio.Message(f.prefix, body, []byte("]"))
	}
	return engineio.Message(f.prefix, body, []byte(`,"`), []byte(offset), []byte(`"]`))
}

// event encodes an event that is sent to one socket or to many; those without
// an offset are not recovered.
func (f *format) event(name string, body any, offset string) gateway.Frame {
	args := []any{name, body}
	if offset != "" {
		args = append(args, offset)
	}
	return engineio.Message(f.prefix, encode(args))
}

// encode writes JSON without escaping what only matters inside HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // every value is one of our wire types
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
