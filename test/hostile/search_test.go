package hostile

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/test/harness"
)

// search asks as a user, with parameters in turn, and returns the texts that were
// found and the count.
func (h *house) search(t *testing.T, user, query string, params ...string) (texts []string, count int) {
	t.Helper()
	v := url.Values{"search": {query}}
	for i := 0; i+1 < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	a := h.as(t, user, "user", http.MethodGet, "/chat/messages?"+v.Encode(), "")
	if a.status != http.StatusOK {
		t.Fatalf("%s searches %.60q: %d %.200s", user, query, a.status, a.body)
	}
	body := a.json(t)
	messages, _ := body["messages"].([]any)
	for _, m := range messages {
		text, _ := m.(map[string]any)["message"].(string)
		texts = append(texts, text)
	}
	n, _ := body["count"].(float64)
	return texts, int(n)
}

// found waits until a user's search has so many results.
func (h *house) found(t *testing.T, user, query string, want int) {
	t.Helper()
	var texts []string
	var count int
	if !soon(func() bool {
		texts, count = h.search(t, user, query)
		return len(texts) == want && count == want
	}) {
		t.Errorf("%s finds %d of %d with %.60q, the count is %d", user, len(texts), want, query, count)
	}
}

// syntax is what means something to one of the databases, and must mean nothing.
var syntax = []string{
	`" OR "`, `sesame OR zebra`, `sesame AND NOT zebra`, `NEAR(sesame zebra, 5)`, `NEAR/3`, `ses*`, `sesame*`, `^sesame`, `sesame + zebra`,
	`words:sesame`, `room:sesame`, `{words}:sesame`, `-words:sesame`, `- {words} : "sesame"`, `rowid:1`, `rank:sesame`, `search_words:sesame`,
	`'`, `"`, `""`, `"""`, `sesame"`, `"sesame`, `\`, `\\`, `\'`, `sesame\`, `(`, `)`, `((((((((((`, `(sesame`, `sesame)`, `()`,
	`&`, `|`, `!`, `<->`, `<2>`, `sesame & zebra`, `sesame | zebra`, `!zebra`, `sesame <-> zebra`, `sesame:*`, `sesame:A`, `sesame:ABCD`, `'sesame':*`, `:*`,
	`'; DROP TABLE messages; --`, `%`, `_`, `%%`, `__`, `$1`, `?`, `?1`, `@p1`, `:n`, `{}`, `[]`, `~`, "`", `;`, `--`, `/*`, `NULL`, `NOT`, `AND`, `OR`,
	"sesame\tzebra", "sesame\nzebra", "sesame\u00a0zebra", "sesame\u2028zebra", "\ufeffsesame", "\u202esesame", "ses\u200bame", "ses\u00adame",
	"\U0001d4c8\U0001d4ee\U0001d4fc\U0001d4ea\U0001d4f6\U0001d4ee", "ＳＥＳＡＭＥ", "_sesame", "＿sesame",
	strings.Repeat("\u0301", 2400), "s" + strings.Repeat("\u0301", 2400) + "esame", strings.Repeat("字", 2000), strings.Repeat("\u0e01\u0e31", 1500),
	strings.Repeat("\ufdfa", 1000), strings.Repeat("\U0001f1e6", 1000), strings.Repeat("👩\u200d", 1000), strings.Repeat("\u1100\u1161\u11a8", 1000),
	strings.Repeat("x", 20_000), strings.Repeat("a b ", 5000), strings.Repeat(`"`, 5000), strings.Repeat("\u0390", 2000),
}

// TestSearchSyntax: no query is anything but words, whoever's language it is in, and
// what is no text at all is refused.
func TestSearchSyntax(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		for _, text := range append(slices.Clone(syntax), "open sesame", "zebra crossing") {
			if a := h.alice.call(t, "message", h.room, text); a["ok"] != true {
				t.Fatalf("%.40q: %v", text, a)
			}
		}
		h.found(t, "bob", "zebra crossing", 1)
		with := func(words ...string) (n int) { // texts with these words as they stand
			for _, text := range syntax {
				plain := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' })
				if !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(plain, w) }) {
					n++
				}
			}
			return n
		}
		for query, want := range map[string][]string{
			"zebra": {"zebra"}, "sesame OR zebra": {"sesame", "or", "zebra"}, `NEAR(sesame zebra, 5)`: {"near", "sesame", "zebra"},
			"rowid:sesame": {"rowid", "sesame"}, "!zebra": {"zebra"},
		} {
			_, count := h.search(t, "bob", query)
			least, most := with(want...), with(want...)
			if query == "zebra" || query == "!zebra" { // and those joined by other spaces
				least, most = least+1, most+4
			}
			if count < least || count > most {
				t.Errorf("%q finds %d, want %d to %d", query, count, least, most)
			}
		}
		for _, query := range syntax {
			for _, params := range [][]string{nil, {"roomId", h.room, "before", "50"}} {
				h.search(t, "bob", query, params...)
			}
			a := h.as(t, "root", "admin", http.MethodGet, "/admin/chat/messages?sort=createdAt&senderUser=alice&search="+url.QueryEscape(query), "")
			if a.status != http.StatusOK {
				t.Errorf("an administrator searches %.60q: %d %s", query, a.status, a.body)
			}
			for _, path := range []string{"/admin/chat/users?search=", "/admin/chat/rooms?search="} {
				if len(query) > 100 {
					break // these lists know no words
				}
				if a := h.as(t, "root", "admin", http.MethodGet, path+url.QueryEscape(query), ""); a.status != http.StatusOK {
					t.Errorf("%s %.60q: %d %s", path, query, a.status, a.body)
				}
			}
		}
		h.noText(t)
		h.specialWords(t)
		h.pages(t)
		h.unharmed(t)
	})
}

// noText sends queries that are none.
func (h *house) noText(t *testing.T) {
	t.Helper()
	for query, status := range map[string]int{
		"%00": 400, "a%00b": 400, "%ff": 400, "%c0%80": 400, "%ed%a0%80": 400, "%f4%90%80%80": 400, "%zz": 200, strings.Repeat("x", 64<<10): 431,
	} {
		for _, path := range []string{"/chat/messages?search=", "/chat/messages?roomId=" + h.room + "&search=", "/admin/chat/messages?search=", "/admin/chat/users/alice/messages?search="} {
			r := dialRaw(t, h.Addr)
			r.say("GET %s%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", path, query, harness.Token(t, "root", "admin"))
			res, body := r.response(t)
			_ = r.Close()
			if res.StatusCode != status && (strings.Contains(path, "roomId") && res.StatusCode >= 500 || !strings.Contains(path, "roomId")) {
				t.Errorf("%s%.20s: %d %.100s, want %d", path, query, res.StatusCode, body, status)
			}
		}
	}
}

// specialWords looks for the words by which the index knows rooms, senders and
// blocks: no query may name one.
func (h *house) specialWords(t *testing.T) {
	t.Helper()
	sum := sha256.Sum256([]byte("alice"))
	sender := "_s" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
	for _, special := range []string{sender, "_r1", "_r2", "_14_0", "_17_0", "_14_1"} {
		for _, query := range []string{special, `"` + special + `"`, "words:" + special, special + "*", strings.Replace(special, "_", "＿", 1), strings.Replace(special, "_", "\ufe33", 1), strings.Replace(special, "_", "\u203f", 1)} {
			if texts, count := h.search(t, "bob", query); count > 0 && !strings.Contains(strings.Join(texts, " "), "1") {
				t.Errorf("%q finds %d messages: %.100q", query, count, texts)
			}
			if texts, _ := h.search(t, "stranger", query); len(texts) > 0 {
				t.Errorf("%q shows a stranger %.100q", query, texts)
			}
		}
	}
}

// pages asks for places that no list has.
func (h *house) pages(t *testing.T) {
	t.Helper()
	const most = "9223372036854775807"
	for _, n := range []string{most, "9223372036854775808", "4611686018427387904", "4294967296", "-1", "1.5", "NaN"} {
		for _, name := range []string{"skip", "limit", "after"} {
			for _, path := range []string{
				"/chat/messages?search=zebra", "/chat/messages?roomId=" + h.room + "&search=zebra",
				"/chat/messages?roomId=" + h.room + "&search=zebra&before=40", "/chat/messages?roomId=" + h.room + "&search=zebra&after=2",
				"/chat/messages?roomId=" + h.room + "&before=40", "/chat/messages?roomId=" + h.room + "&after=2", "/chat/messages?roomId=" + h.room + "&skip=" + most,
				"/chat/messages?roomId=" + h.room + "&search=zebra&after=2&skip=" + most, "/chat/rooms?search=a",
				"/admin/chat/messages?search=zebra&senderUser=alice&sort=createdAt", "/admin/chat/audit?a=b",
			} {
				user, role := "bob", "user"
				if strings.HasPrefix(path, "/admin") {
					user, role = "root", "admin"
				}
				a := h.as(t, user, role, http.MethodGet, path+"&"+name+"="+strings.ReplaceAll(n, " ", "+"), "")
				if a.status != http.StatusOK && a.status != http.StatusBadRequest {
					t.Errorf("%s with %s=%s: %d %.100s", path, name, n, a.status, a.body)
				}
			}
		}
	}
}

// TestSearchOfOthers: what is not the searcher's to read, or no longer there, is not
// found, and the count does not tell of it.
func TestSearchOfOthers(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		posted := h.alice.call(t, "message", h.room, "plutonium one")
		edited := h.alice.call(t, "message", h.room, "plutonium two")
		other := h.Room(t, "alice", "bob", "mallory")
		for i := range 3 {
			h.alice.call(t, "message", other, fmt.Sprint("plutonium elsewhere ", i))
		}
		h.found(t, "mallory", "plutonium", 5)
		h.found(t, "stranger", "plutonium", 0)
		for _, room := range []string{h.room, other} {
			a := h.as(t, "stranger", "user", http.MethodGet, "/chat/messages?search=plutonium&roomId="+room, "")
			none := h.as(t, "stranger", "user", http.MethodGet, "/chat/messages?search=plutonium&roomId=none", "")
			if a.status != http.StatusNotFound || a.body != none.body {
				t.Errorf("a stranger in a room: %d %s, in none %s", a.status, a.body, none.body)
			}
		}
		for _, query := range []string{"senderUser=alice", "sort=createdAt", "userId=alice", "user=alice", "User=alice", "as=alice"} {
			a := h.as(t, "stranger", "user", http.MethodGet, "/chat/messages?search=plutonium&"+query, "")
			if a.status != http.StatusOK || a.json(t)["count"] != 0.0 {
				t.Errorf("%s: %d %s", query, a.status, a.body)
			}
			if a := h.as(t, "stranger", "user", http.MethodGet, "/admin/chat/messages?search=plutonium&"+query, ""); a.status != http.StatusForbidden {
				t.Errorf("admin, %s: %d %s", query, a.status, a.body)
			}
		}
		h.alice.call(t, "delete", posted["messageId"])
		h.alice.call(t, "edit", edited["messageId"], "nothing to see")
		if texts, _ := h.search(t, "mallory", "plutonium", "roomId", h.room); len(texts) > 0 {
			t.Errorf("what is gone is found at once: %q", texts)
		}
		h.found(t, "mallory", "plutonium", 3) // and the count follows
		h.found(t, "mallory", "nothing to see", 1)
		if a := h.as(t, "alice", "user", http.MethodPut, "/chat/rooms/"+other+"/removeUsers", `{"users":["mallory"]}`); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if texts, count := h.search(t, "mallory", "plutonium"); count != 0 || len(texts) > 0 {
			t.Errorf("a removed member finds %d, %q", count, texts)
		}
		if _, count := h.search(t, "bob", "plutonium"); count != 3 {
			t.Errorf("a member finds %d", count)
		}
		if a := h.as(t, "alice", "user", http.MethodDelete, "/chat/rooms/"+other, ""); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if texts, count := h.search(t, "bob", "plutonium"); count != 0 || len(texts) > 0 {
			t.Errorf("of a deleted room bob finds %d, %q", count, texts)
		}
		h.unharmed(t)
	})
}

// TestSearchFlood: two hundred users who search at once, for the most frequent words
// in long texts, keep nobody from posting.
func TestSearchFlood(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		for i := range 150 {
			h.alice.emit("message", h.room, fmt.Sprintf("frequent words %d %s", i, strings.Repeat("lorem ipsum ", 60)))
		}
		h.alice.answer(t, h.alice.lastID)
		eventually(t, "all is indexed", func() bool {
			_, count := h.search(t, "bob", "frequent words")
			return count == 150
		})
		users := make([]map[string]string, 200)
		for i := range users {
			users[i] = map[string]string{"_id": fmt.Sprint("searcher", i)}
		}
		if a := h.as(t, "root", "admin", http.MethodPost, "/admin/chat/users/bulk", jsonText(t, map[string]any{"users": users})); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		var searches, refused atomic.Int64
		var all sync.WaitGroup
		done := make(chan struct{})
		for i := range users {
			all.Go(func() {
				a := h.as(t, fmt.Sprint("searcher", i), "user", http.MethodGet, "/chat/messages?search=frequent+lorem+ipsum", "")
				b := h.as(t, "mallory", "user", http.MethodGet, fmt.Sprintf("/chat/messages?limit=50&search=frequent+lorem+ipsum&skip=%d", i), "")
				if searches.Add(2); a.status != http.StatusOK || b.status != http.StatusOK {
					refused.Add(1)
				}
			})
		}
		go func() { all.Wait(); close(done) }()
		var worst time.Duration
		posts := 0
		for during := true; during; posts++ {
			begin := time.Now()
			if a := h.alice.call(t, "message", h.room, "meanwhile"); a["ok"] != true {
				t.Fatalf("a post during the searches: %v", a)
			}
			worst = max(worst, time.Since(begin))
			select {
			case <-done:
				during = false
			default:
			}
		}
		t.Logf("%d posts beside %d searches, %d refused; the slowest ack took %v", posts, searches.Load(), refused.Load(), worst)
		if worst > patience/4 || posts < 5 {
			t.Errorf("%d posts, the slowest took %v", posts, worst)
		}
		h.unharmed(t)
	})
}

// TestSearchManyWords: messages of as many words as they hold are stored, found by
// the first of them, and hold up neither posts nor the index for long.
func TestSearchManyWords(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		distinct := func(n int) string {
			var b strings.Builder
			for i := 0; b.Len() < 65_500; i++ {
				b.WriteString(strings.ToLower(base32.HexEncoding.EncodeToString([]byte{byte(n), byte(i >> 8), byte(i)}))[:5] + " ")
			}
			return b.String()[:65_500]
		}
		const messages = 6
		mallory := h.join(t, "mallory")
		for i := range messages {
			if id := mallory.emit("message", h.room, fmt.Sprintf("flood%d %s", i, distinct(i))); i%5 == 4 {
				mallory.answer(t, id) // bob gets them too, and must keep up
			}
		}
		var worst time.Duration
		begin := time.Now()
		for i := range 30 {
			at := time.Now()
			if a := h.alice.call(t, "message", h.room, fmt.Sprint("needle ", i)); a["ok"] != true {
				t.Fatal(a)
			}
			worst = max(worst, time.Since(at))
		}
		mallory.answer(t, mallory.lastID)
		h.found(t, "bob", "needle", 30)
		t.Logf("the slowest ack took %v; all was indexed after %v", worst, time.Since(begin))
		h.found(t, "bob", "flood5", 1)
		if worst > patience/4 {
			t.Errorf("an ack took %v", worst)
		}
		mallory.close()
		h.unharmed(t)
	})
}
