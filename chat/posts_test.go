package chat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
)

func TestPost(t *testing.T) {
	h := newHouse(t)
	nonce := "n"
	r, err := h.Post(h.ctx(), bob, chat.Draft{
		Room: h.room, Text: "see", Type: chat.ContentFile, Files: h.uploaded("bob", "f2", "f1"), Nonce: &nonce, ReplyTo: h.mine,
	})
	h.ok(err)
	m := r.Message
	equal(t, "receipt", r.Cursor(), h.cursor(5)) // after three messages and a deletion
	equal(t, "duplicate", r.Duplicate, false)
	equal(t, "seq", m.Seq, 4)
	equal(t, "versions", [2]int64{m.Version, m.BornVersion}, [2]int64{5, 5})
	equal(t, "said", [5]string{m.Sender, m.Text, string(m.Type), m.Nonce, m.ReplyTo}, [5]string{"bob", "see", "file", "n", h.mine})
	same(t, "files", m.Files, []string{"f2", "f1"})
	equal(t, "status", m.Status, chat.StatusComplete)
	if m.CreatedAt != m.UpdatedAt || !m.EditedAt.IsZero() || m.Deleted {
		t.Errorf("message %+v", m)
	}
	v, err := h.Message(h.ctx(), ann, m.ID)
	h.ok(err)
	equal(t, "view", v.Cursor(), h.cursor(5))
	equal(t, "stored", v.Text, "see")
	same(t, "stored files", v.Files, []string{"f2", "f1"})
}

func TestPostRefused(t *testing.T) {
	h := newHouse(t)
	post := func(a chat.Actor, change func(*chat.Draft)) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			d := says(h.room, "hi")
			change(&d)
			_, err := h.Post(ctx, a, d)
			return err
		}
	}
	as := func(change func(*chat.Draft)) func(context.Context, *house) error { return post(bob, change) }
	same := func(*chat.Draft) {}
	const types = "Invalid contentType, must be one of: text, file, typing, multimedia, system"
	const nonces = "When provided, nonce must be a non-empty string"
	refused(t, h, []refusal{
		{"a stranger", post(cid, same), chat.CodeNotFound, noRoom},
		{"a guest", post(gil, same), chat.CodeNotFound, noRoom},
		{"an administrator", post(root, same), chat.CodeNotFound, noRoom},
		{"removed", post(dan, same), chat.CodeNotFound, noRoom},
		{"left", post(actor("eve"), same), chat.CodeNotFound, noRoom},
		{"unknown room", as(func(d *chat.Draft) { d.Room = "none" }), chat.CodeNotFound, noRoom},
		{"no room", as(func(d *chat.Draft) { d.Room = "" }), chat.CodeInvalid, "roomId is required"},
		{"long room", as(func(d *chat.Draft) { d.Room = strings.Repeat("a", 256) }), chat.CodeInvalid, "roomId must be at most 255 bytes"},
		{"no type", as(func(d *chat.Draft) { d.Type = "" }), chat.CodeInvalid, "Message must contain contentType property"},
		{"wrong type", as(func(d *chat.Draft) { d.Type = "gif" }), chat.CodeInvalid, types},
		{"type in capitals", as(func(d *chat.Draft) { d.Type = "Text" }), chat.CodeInvalid, types},
		{"typing", as(func(d *chat.Draft) { d.Type = chat.ContentTyping }), chat.CodeForbidden, "typing messages cannot be posted here"},
		{"system", as(func(d *chat.Draft) { d.Type = chat.ContentSystem }), chat.CodeForbidden, "system messages cannot be posted here"},
		{"empty text", as(func(d *chat.Draft) { d.Text = "" }), chat.CodeInvalid, "text messages need to have content"},
		{"empty system", as(func(d *chat.Draft) { d.Type, d.Text = chat.ContentSystem, "" }), chat.CodeInvalid, "system messages need to have content"},
		{"empty multimedia", as(func(d *chat.Draft) { d.Type, d.Text, d.Files = chat.ContentMultimedia, "", []string{"f"} }), chat.CodeInvalid, "multimedia messages need to have content"},
		{"file without files", as(func(d *chat.Draft) { d.Type = chat.ContentFile }), chat.CodeInvalid, "Files are required for file messages"},
		{"multimedia without files", as(func(d *chat.Draft) { d.Type = chat.ContentMultimedia }), chat.CodeInvalid, "Files are required for multimedia messages"},
		{"too many files", as(func(d *chat.Draft) { d.Files = make([]string, 33) }), chat.CodeInvalid, "files must have at most 32 ids"},
		{"empty file", as(func(d *chat.Draft) { d.Files = []string{"f", ""} }), chat.CodeInvalid, "files is required"},
		{"NUL", as(func(d *chat.Draft) { d.Text = "a\x00b" }), chat.CodeInvalid, "content must be UTF-8 text without NUL"},
		{"broken UTF-8", as(func(d *chat.Draft) { d.Text = "a\xffb" }), chat.CodeInvalid, "content must be UTF-8 text without NUL"},
		{"too large", as(func(d *chat.Draft) { d.Text = strings.Repeat("a", chat.MaxContent+1) }), chat.CodeTooLarge, "content must be at most 65536 bytes"},
		{"too large in bytes", as(func(d *chat.Draft) { d.Text = strings.Repeat("ü", chat.MaxContent/2) + "a" }), chat.CodeTooLarge, "content must be at most 65536 bytes"},
		{"empty nonce", as(func(d *chat.Draft) { d.Nonce = new("") }), chat.CodeInvalid, nonces},
		{"long nonce", as(func(d *chat.Draft) { d.Nonce = new(strings.Repeat("a", 129)) }), chat.CodeInvalid, "nonce must be at most 128 bytes"},
		{"NUL in the nonce", as(func(d *chat.Draft) { d.Nonce = new("\x00") }), chat.CodeInvalid, "nonce must be UTF-8 text without NUL"},
		{"reply to nothing", as(func(d *chat.Draft) { d.ReplyTo = "none" }), chat.CodeNotFound, noMessage},
		{"reply to a tombstone", as(func(d *chat.Draft) { d.ReplyTo = h.gone }), chat.CodeNotFound, noMessage},
		{"reply into another room", as(func(d *chat.Draft) { d.ReplyTo = h.outside }), chat.CodeNotFound, noMessage},
		{"reply to a long id", as(func(d *chat.Draft) { d.ReplyTo = strings.Repeat("a", 256) }), chat.CodeInvalid, "replyTo must be at most 255 bytes"},
	})
}

func TestContentBounds(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	for _, text := range []string{
		strings.Repeat("a", chat.MaxContent), strings.Repeat("ü", chat.MaxContent/2), strings.Repeat("😀", chat.MaxContent/4),
		" ", "\n\t", "\u2028\u202e", "a'; DROP TABLE messages; --",
	} {
		m := w.post(ann, room, text)
		v, err := w.Message(w.ctx(), bob, m.ID)
		w.ok(err)
		equal(t, "text", v.Text, text)
	}
	files := slices.Repeat(w.uploaded("ann", strings.Repeat("f", chat.MaxID)), chat.MaxFiles)
	nonce := strings.Repeat("n", chat.MaxNonce)
	_, err := w.Post(w.ctx(), ann, chat.Draft{Room: room, Type: chat.ContentFile, Files: files, Nonce: &nonce})
	w.ok(err)
}

func TestOwnBounds(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) { o.MaxContent, o.MaxNonce, o.MaxUsers = 4, 2, 1 })
	room := w.room()
	check(t, w.AddUsers(w.ctx(), ann, room, []string{"bob", "cid"}), chat.CodeInvalid, "users must have at most 1 ids")
	w.post(ann, room, "four")
	_, err := w.Post(w.ctx(), ann, says(room, "fives"))
	check(t, err, chat.CodeTooLarge, "content must be at most 4 bytes")
	_, err = w.Post(w.ctx(), ann, chat.Draft{Room: room, Text: "hi", Type: chat.ContentText, Nonce: new("abc")})
	check(t, err, chat.CodeInvalid, "nonce must be at most 2 bytes")
}

// rate lets through what is left.
type rate struct {
	left int
	keys []string
}

func (r *rate) Allow(key string) (bool, time.Duration) {
	r.keys = append(r.keys, key)
	r.left--
	return r.left >= 0, 1500 * time.Millisecond
}

func TestPostRate(t *testing.T) {
	r := &rate{left: 2}
	w := newWorld(t, func(o *chat.Options) { o.PostRate = r })
	room := w.room()                               // one
	_, err := w.Post(w.ctx(), ann, says(room, "")) // what is refused costs nothing
	check(t, err, chat.CodeInvalid, "")
	w.post(ann, room, "hi")
	_, err = w.Post(w.ctx(), ann, says(room, "hi"))
	check(t, err, chat.CodeRateLimited, "Too many requests, slow down")
	equal(t, "retry", chat.ErrorOf(err).RetryAfter, 1500*time.Millisecond)
	equal(t, "seq", w.state(room).Seq, 1)
	same(t, "keys", r.keys, []string{"ann", "ann", "ann"})
	for name, do := range map[string]func() error{
		"make": func() error {
			_, err := w.CreateRoom(w.ctx(), ann, chat.NewRoom{Name: "x", Users: []string{"ann"}})
			return err
		},
		"add":   func() error { return w.AddUsers(w.ctx(), ann, room, []string{"bob"}) },
		"join":  func() error { _, err := w.JoinRoom(w.ctx(), ann, room); return err },
		"leave": func() error { return w.LeaveRoom(w.ctx(), ann, room) },
	} {
		if code := chat.CodeOf(do()); code != chat.CodeRateLimited {
			t.Errorf("%s: %q", name, code)
		}
	}
}

// TestTypingRate holds that a user's typing is bounded over all their connections.
func TestTypingRate(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) { o.TypingRate = &rate{left: 1} })
	room := w.room("bob")
	w.ok(w.Typing(w.ctx(), bob, room, true, "tab"))
	check(t, w.Typing(w.ctx(), bob, room, true, "another"), chat.CodeRateLimited, "Too many requests, slow down")
	equal(t, "told", len(w.bus.take()), 1)
}

// TestContextEnds holds that who waits no longer is told so at once, while the
// work goes on: a retry with the same nonce finds the message.
func TestContextEnds(t *testing.T) {
	w := newWorld(t)
	room := w.room()
	let, reached := make(chan struct{}), make(chan struct{})
	w.bus.before = func(chat.Event) { close(reached); <-let }
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }() // committed, and not yet answered
	d := chat.Draft{Room: room, Text: "hi", Type: chat.ContentText, Nonce: new("n")}
	_, err := w.Post(ctx, ann, d)
	check(t, err, chat.CodeUnavailable, "The server is busy, try again")
	close(let)
	r, err := w.Post(t.Context(), ann, d)
	w.ok(err)
	equal(t, "duplicate", r.Duplicate, true)
	equal(t, "seq", r.Message.Seq, 1)
	equal(t, "events", len(w.bus.take()), 1)
}

// faulty is a store whose appender fails.
type faulty struct {
	chat.Store
	err error
}

func (f faulty) Submit(_ chat.Command, done func(chat.Outcome, error)) { done(chat.Outcome{}, f.err) }

// TestFaultsAreHidden holds that a fault is answered by a fixed text.
func TestFaultsAreHidden(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) { o.Store = faulty{o.Store, errTest} })
	_, err := w.Post(t.Context(), ann, says("room", "hi"))
	check(t, err, chat.CodeInternal, "Something went wrong")
	w = newWorld(t, func(o *chat.Options) { o.Store = faulty{o.Store, chat.ErrClosing} })
	_, err = w.Post(t.Context(), ann, says("room", "hi"))
	check(t, err, chat.CodeUnavailable, "The server is shutting down, try again")
	equal(t, "events", len(w.bus.take()), 0)
}
