package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"
)

const fakeSecret = "a-secret-of-at-least-thirty-two-bytes"

// fakeParley speaks as much of the contract as a load needs, correctly unless
// told otherwise. It keeps all state under one lock and writes under it.
type fakeParley struct {
	t          *testing.T
	knownUsers bool // refuse rooms with users that never called
	desk       *fakeDesk

	// misdeliver, if set, tells which seqs the receiver gets in place of one.
	misdeliver func(receiver string, seq uint64) []uint64
	// refuse, if set, tells the error code to answer a message with.
	refuse func(seq uint64) string

	mu    sync.Mutex
	users map[string]bool
	rooms map[string]*fakeRoom
	conns map[string]*websocket.Conn // by user
}

type fakeRoom struct {
	id    string
	users []string
	seq   uint64
}

func (f *fakeParley) serve() *target {
	f.users, f.rooms, f.conns = map[string]bool{}, map[string]*fakeRoom{}, map[string]*websocket.Conn{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /chat/rooms", f.createRoom)
	mux.HandleFunc("GET /chat/rooms", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.users[f.user(r.Header.Get("Authorization"))] = true
	})
	mux.HandleFunc("/realtime/", f.socket)
	if f.desk != nil {
		f.desk.routes(mux)
	}
	server := httptest.NewServer(mux)
	f.t.Cleanup(server.Close)
	return &target{URL: server.URL, JWTSecret: fakeSecret}
}

func (f *fakeParley) user(token string) string {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(strings.TrimPrefix(token, "Bearer "), claims, func(*jwt.Token) (any, error) { return []byte(fakeSecret), nil })
	if err != nil {
		f.t.Errorf("token: %v", err)
	}
	return claims["sub"].(string)
}

func (f *fakeParley) createRoom(w http.ResponseWriter, r *http.Request) {
	var body struct {
		RoomName string   `json:"roomName"`
		Users    []string `json:"users"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.RoomName == "" {
		f.t.Errorf("room: %v %+v", err, body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, user := range body.Users {
		if f.knownUsers && !f.users[user] {
			http.Error(w, `{"message":"users [`+user+`] do not exist"}`, http.StatusNotFound)
			return
		}
	}
	room := &fakeRoom{id: "r" + strconv.Itoa(len(f.rooms)), users: body.Users}
	f.rooms[room.id] = room
	fmt.Fprintf(w, `{"roomId":%q}`, room.id)
}

func (f *fakeParley) socket(w http.ResponseWriter, r *http.Request) {
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	_ = ws.WriteMessage(websocket.TextMessage, []byte(`0{"sid":"e"}`))
	var auth struct{ Token string }
	_, frame, err := ws.ReadMessage()
	if err != nil || json.Unmarshal(frame[len("40/chat,"):], &auth) != nil {
		return
	}
	user := f.user(auth.Token)
	f.mu.Lock()
	f.conns[user] = ws
	_ = ws.WriteMessage(websocket.TextMessage, []byte(`40/chat,{"sid":"s"}`))
	_ = ws.WriteMessage(websocket.TextMessage, []byte(`42/chat,["ready",{"rooms":{}}]`))
	f.mu.Unlock()
	for {
		_, frame, err := ws.ReadMessage()
		if err != nil {
			return
		}
		f.message(user, ws, string(frame[len("42/chat,"):]))
	}
}

func (f *fakeParley) message(user string, ws *websocket.Conn, payload string) {
	id, args, _ := strings.Cut(payload, "[")
	var parts []json.RawMessage
	var roomID string
	var draft struct{ Content string }
	if json.Unmarshal([]byte("["+args), &parts) != nil || len(parts) != 3 ||
		json.Unmarshal(parts[1], &roomID) != nil || json.Unmarshal(parts[2], &draft) != nil {
		f.t.Errorf("message %s", payload)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	room := f.rooms[roomID]
	if f.refuse != nil {
		if code := f.refuse(room.seq + 1); code != "" {
			_ = ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `43/chat,%s[{"ok":false,"error":{"code":%q}}]`, id, code))
			return
		}
	}
	room.seq++
	for _, receiver := range room.users {
		seqs := []uint64{room.seq}
		if f.misdeliver != nil {
			seqs = f.misdeliver(receiver, room.seq)
		}
		for _, seq := range seqs {
			_ = f.conns[receiver].WriteMessage(websocket.TextMessage, fmt.Appendf(nil,
				`42/chat,["message",{"_id":"m","sender":%q,"message":%q,"content":%q,"room":%q,"seq":%d,"cursor":"1:%d"},"offset"]`,
				user, draft.Content, draft.Content, room.id, seq, seq))
		}
	}
	_ = ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `43/chat,%s[{"ok":true,"messageId":"m","seq":%d}]`, id, room.seq))
}
