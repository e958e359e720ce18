package scenarios

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"parley/api"
	"parley/assistant"
	"parley/auth"
	"parley/chat"
	"parley/gateway"
	"parley/gateway/rawws"
	"parley/gateway/socketio"
	"parley/internal/testenv"
	"parley/store"
)

const secret = "a secret for tests alone, thirty-two bytes"

// newIDs finds the ids that a scenario has made.
var newIDs = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

func TestMain(m *testing.M) { testenv.Main(m, http.DefaultClient.CloseIdleConnections) }

// server is Parley, wired as the command wires it, with all its doors.
type server struct {
	t      *testing.T
	store  *store.Store
	chat   *chat.Service
	auth   *auth.Service
	doors  []Door
	people map[string]Person
	first  *house // made with the first annex
	spent  spent
	mute   mute
}

func newServer(t *testing.T) *server {
	t.Helper()
	ctx := context.Background()
	url := testenv.SQLite(t)
	if err := store.MigrateUp(ctx, url); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	s := &server{t: t}
	var err error
	if s.store, err = store.Open(ctx, store.Options{URL: url, Logger: log}); err != nil {
		t.Fatal(err)
	}
	hub := gateway.NewHub(gateway.Options{
		Store: s.store, Epoch: s.store.Epoch, Log: log,
		Replies: func(room string) []chat.OpenReply { return s.chat.OpenReplies(room) },
	})
	s.chat = chat.NewService(chat.Options{
		Store: s.store, Bus: hub, Log: log, Now: time.Now, NewID: newID, NewSecretID: uuid.NewString,
		AllowEdit: true, AllowDelete: true, PostRate: &s.spent, Assistant: &s.mute, Split: assistant.Split,
	})
	s.must(s.chat.EnsureDefault(ctx))
	s.auth, err = auth.New(auth.Config{Secret: []byte(secret), Users: s.store, NewID: uuid.NewString, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	sockets := socketio.NewServer(socketio.Options{Chat: s.chat, Hub: hub, Authenticate: s.authenticate, Log: log})
	raw := rawws.NewServer(rawws.Options{Chat: s.chat, Hub: hub, Authenticate: s.authenticate, Log: log})
	listening := httptest.NewServer(api.New(api.Options{
		Chat: s.chat, Authenticate: s.authenticate, Realtime: sockets, Raw: raw, Log: log,
	}))
	s.doors = []Door{
		serviceDoor{s.chat}, httpDoor{listening.URL}, socketDoor{listening.URL}, tokenDoor(listening.URL), sessionDoor(listening.URL),
	}
	t.Cleanup(func() {
		drained, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		sockets.Drain(drained, gateway.Drain{})
		raw.Drain(drained, gateway.Drain{})
		listening.Close()
		s.auth.Close()
		if err := s.store.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	s.admit()
	return s
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (s *server) authenticate(ctx context.Context, credentials ...string) (chat.Identity, error) {
	token, err := auth.Bearer(auth.First(credentials...))
	if err != nil {
		return chat.Identity{}, err
	}
	return s.auth.Authenticate(ctx, token)
}

// admit gives the people their tokens. Those without an actor have bad ones.
func (s *server) admit() {
	ctx := s.t.Context()
	s.people = map[string]Person{
		"nobody":       {},
		"forger":       {Token: "Bearer " + sign(s.t, "not the secret, but also thirty-two bytes", "ann", time.Hour)},
		"expired":      {Token: "Bearer " + sign(s.t, secret, "ann", -time.Hour)},
		"other scheme": {Token: "Basic YW5uOmFubg=="},
		"rubbish":      {Token: "rubbish"},
		"blocked":      {Token: "Bearer " + sign(s.t, secret, "blocked", time.Hour)},
	}
	for who, id := range map[string]string{"creator": "ann", "member": "bob", "stranger": "cid", "removed": "dan", "left": "eve"} {
		s.people[who] = s.person(id, chat.RoleUser)
	}
	s.people["admin"] = s.person("root", chat.RoleAdmin)
	s.people["agent"] = s.person("amy", chat.RoleAgent)
	quoted := s.people["creator"]
	quoted.Token = ` bearer "` + strings.TrimPrefix(quoted.Token, "Bearer ") + `" `
	s.people["creator, quoted"] = quoted
	s.must(s.store.EnsureUsers(ctx, []chat.User{{ID: "blocked", Role: chat.RoleUser}}))
	_, err := s.store.UpdateUser(ctx, "blocked", func(u *chat.User) error { u.Blocked = true; return nil })
	s.must(err)
	for file, owner := range map[string]string{"f1": "bob", "f2": "bob", "hers": "ann"} {
		s.must(s.store.CreateFile(ctx, chat.File{ID: file, Owner: owner, Name: file, Type: "text/plain", Size: 1, CreatedAt: time.Now()}))
	}
	guest, err := s.auth.Guest(ctx, "Gil", "")
	s.must(err)
	s.people["guest"] = Person{chat.Actor{ID: guest.User.ID, Name: "Gil", Role: chat.RoleGuest}, "Bearer " + guest.Token}
	out, err := s.auth.Guest(ctx, "Zoe", "")
	s.must(err)
	s.must(s.auth.Logout(ctx, out.User.ID))
	s.people["signed out"] = Person{Token: "Bearer " + out.Token}
}

// person makes a user with an own token.
func (s *server) person(id string, role chat.Role) Person {
	s.t.Helper()
	u := chat.User{ID: id, Name: id, Role: role, CreatedAt: time.Now()}
	s.must(s.store.EnsureUsers(s.t.Context(), []chat.User{u}))
	return s.bearer(u)
}

// bearer gives a user an own token.
func (s *server) bearer(u chat.User) Person {
	s.t.Helper()
	token, _, err := s.auth.Issue(u, time.Hour)
	s.must(err)
	return Person{chat.Actor{ID: u.ID, Name: u.Name, Role: u.Role}, "Bearer " + token}
}

// sign makes an outside token.
func sign(t *testing.T, key, sub string, ttl time.Duration) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": sub, "exp": time.Now().Add(ttl).Unix(),
	}).SignedString([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (s *server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// house is what a scenario finds, by the names that its arguments use:
//
//	{room}    private, of the creator and the member; removed and left once were in it
//	{public}  public, of the creator and the member
//	{talk}    a conversation of the creator and the guest, which is no group
//	{outside} the stranger's own
//	{mine} {his} {gone}  messages in {room}: the creator's, the member's, a deleted one of the creator's
//	{theirs}  the stranger's message in {outside}
type house struct {
	*server
	people map[string]Person
	rooms  []string
	pairs  []string          // names and ids in turn
	names  *strings.Replacer // a name's id
	hidden *strings.Replacer // an id's name
	// In an annex: the rooms beside it, its sessions, and what is in the names of
	// its chatbots.
	beside, sessions []string
	mark             string
	// What is kept of it before and after a scenario.
	before, after snapshot
}

func (s *server) newHouse() *house {
	s.t.Helper()
	ctx := s.t.Context()
	ann, bob, cid, guest := s.people["creator"].Actor, s.people["member"].Actor, s.people["stranger"].Actor, s.people["guest"].Actor
	create := func(a chat.Actor, v chat.Visibility, users ...string) string {
		id, err := s.chat.CreateRoom(ctx, a, chat.NewRoom{Name: "The room", Users: users, Visibility: v})
		s.must(err)
		return id
	}
	post := func(a chat.Actor, room, text string) string {
		r, err := s.chat.Post(ctx, a, chat.Draft{Room: room, Text: text, Type: chat.ContentText, Nonce: new("nonce of " + text)})
		s.must(err)
		return r.Message.ID
	}
	room, public := create(ann, chat.Private, "bob", "dan", "eve"), create(ann, chat.Public, "bob")
	outside, talk := create(cid, chat.Private, "cid"), s.conversation(ann.ID, guest.ID)
	s.must(s.chat.RemoveUsers(ctx, ann, room, []string{"dan"}))
	s.must(s.chat.LeaveRoom(ctx, s.people["left"].Actor, room))
	mine, his, gone, theirs := post(ann, room, "mine"), post(bob, room, "his"), post(ann, room, "gone"), post(cid, outside, "theirs")
	_, err := s.chat.Delete(ctx, ann, gone)
	s.must(err)
	h := &house{server: s, people: s.people, rooms: []string{room, public, talk, outside}}
	h.call(
		"{room}", room, "{public}", public, "{talk}", talk, "{outside}", outside, "{mine}", mine, "{his}", his,
		"{gone}", gone, "{theirs}", theirs, "{guest}", guest.ID, "{epoch}", s.store.Epoch(),
	)
	h.before = h.look()
	h.after = h.before
	return h
}

// call gives names to ids.
func (h *house) call(pairs ...string) {
	h.pairs = append(h.pairs, pairs...)
	turned := slices.Clone(h.pairs)
	for i := 0; i < len(turned); i += 2 {
		turned[i], turned[i+1] = turned[i+1], turned[i]
	}
	h.names, h.hidden = strings.NewReplacer(h.pairs...), strings.NewReplacer(turned...)
}

// changed reports whether the house is no more as it was made.
func (h *house) changed() bool { return h.after.all != h.before.all }

// conversation makes a room of another kind than group.
func (s *server) conversation(users ...string) string {
	s.t.Helper()
	now := time.Now().UTC()
	room := chat.Room{ID: newID(), Name: "Talk", Kind: chat.KindAssistant, Visibility: chat.Private, Creator: users[0], CreatedAt: now, UpdatedAt: now}
	e := chat.Effects{Room: &room}
	for _, u := range users {
		e.Members = append(e.Members, chat.Member{Room: room.ID, User: u, State: chat.MemberActive, JoinedAt: now})
	}
	answers := make(chan error, 1)
	s.store.Submit(chat.Command{Room: room.ID, Decide: func(chat.State) (chat.Effects, error) { return e, nil }},
		func(_ chat.Outcome, err error) { answers <- err })
	s.must(<-answers)
	return room.ID
}

// fill puts ids in the place of names, in an argument of any kind.
func (h *house) fill(v any) any {
	switch v := v.(type) {
	case string:
		return h.names.Replace(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = h.fill(v[i])
		}
		return list
	case Args:
		args := Args{}
		for name := range v {
			args[h.names.Replace(name)] = h.fill(v[name])
		}
		return args
	}
	return v
}
