// Command gorilla is the bare peer of parley-bench: a room broadcast over
// gorilla/websocket with nothing around it. It speaks as much Socket.IO as the
// load generator needs to see the same frames as from Parley, and stores,
// checks and bounds nothing: what a delivery costs at the least.
//
//	gorilla -addr 127.0.0.1:4200 [-writes direct|queue]
//
// With direct writes the sender's own goroutine writes to every member, so a
// slow reader holds up its room; with queue every connection has a writer
// goroutine behind a channel.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const prefix = "/chat,"

// epoch and offset only give a frame the size that Parley's has.
const (
	epoch  = "00000000:"
	offset = "0000000000000."
)

var openFrame = []byte(`0{"sid":"bare","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`)

func main() {
	addr := flag.String("addr", "127.0.0.1:4200", "where to listen")
	writes := flag.String("writes", "direct", "direct, or queue: a writer goroutine per connection")
	flag.Parse()
	if *writes != "direct" && *writes != "queue" {
		log.Fatalf("-writes: %q is neither direct nor queue", *writes)
	}
	s := &server{queued: *writes == "queue", rooms: map[string]*room{}}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	hs := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(hs.Serve(listener))
}

type server struct {
	upgrader websocket.Upgrader
	queued   bool

	mu    sync.Mutex
	rooms map[string]*room
}

type room struct {
	mu      sync.Mutex // held over a broadcast: one order for all members
	name    string
	seq     uint64
	members map[*member]struct{}
	body    []byte
}

type member struct {
	ws    *websocket.Conn
	name  string
	queue chan *websocket.PreparedMessage

	writing sync.Mutex
}

func (s *server) room(name string) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[name]
	if r == nil {
		r = &room{name: name, members: map[*member]struct{}{}}
		s.rooms[name] = r
	}
	return r
}

func (s *server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ws, err := s.upgrader.Upgrade(w, req, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	m := &member{ws: ws}
	if err := ws.WriteMessage(websocket.TextMessage, openFrame); err != nil {
		return
	}
	var auth struct {
		User  string   `json:"user"`
		Rooms []string `json:"rooms"`
	}
	_, frame, err := ws.ReadMessage()
	payload, ok := bytes.CutPrefix(frame, []byte("40"+prefix))
	if err != nil || !ok || json.Unmarshal(payload, &auth) != nil {
		return
	}
	m.name = auth.User
	if s.queued {
		m.queue = make(chan *websocket.PreparedMessage, 256)
		defer close(m.queue)
		go m.drain()
	}
	for _, name := range auth.Rooms {
		r := s.room(name)
		r.join(m)
		defer r.leave(m)
	}
	if err := m.write(prepare([]byte("40" + prefix + `{"sid":"bare"}`))); err != nil {
		return
	}
	s.serve(m)
}

// serve reads a member's messages until it goes: 42/chat,<id>["message",room,{"content"}].
func (s *server) serve(m *member) {
	for {
		_, frame, err := m.ws.ReadMessage()
		if err != nil {
			return
		}
		payload, ok := bytes.CutPrefix(frame, []byte("42"+prefix))
		start := bytes.IndexByte(payload, '[')
		if !ok || start < 0 {
			continue
		}
		var args []json.RawMessage
		var name string
		var draft struct {
			Content json.RawMessage `json:"content"`
		}
		if json.Unmarshal(payload[start:], &args) != nil || len(args) != 3 ||
			json.Unmarshal(args[1], &name) != nil || json.Unmarshal(args[2], &draft) != nil {
			continue
		}
		ack := s.room(name).broadcast(m, payload[:start], draft.Content)
		if err := m.write(ack); err != nil {
			return
		}
	}
}

func (r *room) join(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[m] = struct{}{}
}

func (r *room) leave(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
}

// broadcast numbers, frames and sends a message to all members and returns the
// sender's ack. content is a JSON string.
func (r *room) broadcast(from *member, ackID, content []byte) *websocket.PreparedMessage {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	id := fmt.Sprintf("00000000-0000-7000-8000-%012x", r.seq)
	b := append(r.body[:0], "42"+prefix+`["message",{"_id":"`...)
	b = append(b, id...)
	b = append(b, `","sender":"`...)
	b = append(b, from.name...)
	b = append(b, `","message":`...)
	b = append(b, content...)
	b = append(b, `,"content":`...)
	b = append(b, content...)
	b = append(b, `,"contentType":"text","files":[],"room":"`...)
	b = append(b, r.name...)
	b = append(b, `","seq":`...)
	b = strconv.AppendUint(b, r.seq, 10)
	b = append(b, `,"cursor":"`+epoch...)
	b = strconv.AppendUint(b, r.seq, 10)
	b = append(b, `","status":"complete","createdAt":"`...)
	b = append(b, now...)
	b = append(b, `"},"`+offset...)
	b = strconv.AppendUint(b, r.seq, 10)
	b = append(b, `"]`...)
	r.body = b
	frame := prepare(bytes.Clone(b))
	for m := range r.members {
		// A member whose write fails is closed and leaves with its own read.
		if err := m.write(frame); err != nil {
			m.ws.Close()
		}
	}
	return prepare(fmt.Appendf(nil, `43%s%s[{"ok":true,"messageId":"%s","seq":%d,"cursor":"%s%d","createdAt":"%s"}]`,
		prefix, ackID, id, r.seq, epoch, r.seq, now))
}

func prepare(frame []byte) *websocket.PreparedMessage {
	p, err := websocket.NewPreparedMessage(websocket.TextMessage, frame)
	if err != nil {
		panic(err) // only for message types that cannot be prepared
	}
	return p
}

func (m *member) write(frame *websocket.PreparedMessage) error {
	if m.queue != nil {
		m.queue <- frame
		return nil
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	return m.ws.WritePreparedMessage(frame)
}

// drain writes the queue until it is closed. After a failed write it only empties it.
func (m *member) drain() {
	var failed error
	for frame := range m.queue {
		if failed == nil {
			failed = m.ws.WritePreparedMessage(frame)
		}
	}
}
