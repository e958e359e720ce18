package api_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"parley/api"
	"parley/chat"
)

// userRoutes are those below /chatbot that are no administrator's.
var userRoutes = []string{"GET /chatbot", "POST /chatbot/:id/session", "DELETE /chatbot/session/:id"}

// adminRoutes are the administrators' routes as they are registered: all below
// /admin, and all below /chatbot but the users'.
func (d *door) adminRoutes() (all []string) {
	for _, r := range api.Routes(d.Config.Handler) {
		route := r.Method + " " + r.Path
		if strings.HasPrefix(r.Path, "/admin") || strings.HasPrefix(r.Path, "/chatbot") && !slices.Contains(userRoutes, route) {
			all = append(all, route)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (b unread) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, http.ErrBodyReadAfterClose
}

const notAdmin = `{"name":"FORBIDDEN","status":403,"message":"Only administrators may do this"}`

const noMasterKey = `{"name":"UNAUTHORIZED","status":401,"message":"The 'masterkey' header is missing or wrong"}`

// TestAdministered asks every administrators' route of everybody who may not, in both
// slash forms: none reads the body, none does anything.
func TestAdministered(t *testing.T) {
	const key = "M4ST3RK3Y"
	d := open(t, func(o *api.Options) {
		o.MasterKey = key
		o.Chat = chat.NewService(chat.Options{}) // whoever comes so far makes it panic
	})
	routes := d.adminRoutes()
	if len(routes) < 28 {
		t.Fatalf("routes: %v", routes)
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer(":id", "id1", ":document_id", "id2").Replace(path)
		for _, c := range []struct {
			name, token, key string
			status           int
			want             string
		}{
			{"nobody", "", key, 401, `{"name":"UNAUTHORIZED","status":401,"message":"No 'Authorization' header or 'accessToken' cookie present"}`},
			{"expired", "old", key, 401, `{"name":"UNAUTHORIZED","status":401,"message":"Token is expired or otherwise not valid"}`},
			{"rubbish", "x", key, 401, `{"name":"UNAUTHORIZED","status":401,"message":"Token is expired or otherwise not valid"}`},
			{"blocked", "blocked", key, 403, `{"name":"FORBIDDEN","status":403,"message":"This user is blocked"}`},
			{"guest", "guest", key, 403, notAdmin},
			{"user", "ann", key, 403, notAdmin},
			{"user without a key", "ann", "", 403, notAdmin},
			{"no key", "root", "", 401, noMasterKey},
			{"wrong key", "root", "M4ST3RK3Z", 401, noMasterKey},
			{"part of the key", "root", key[:8], 401, noMasterKey},
			{"more than the key", "root", key + "x", 401, noMasterKey},
		} {
			for _, slash := range []string{"", "/"} {
				r := httptest.NewRequest(method, path+slash, unread{t})
				r.Header.Set("Content-Type", "application/json")
				if c.token != "" {
					r.Header.Set("Authorization", "Bearer "+c.token)
				}
				if c.key != "" {
					r.Header.Set("masterkey", c.key)
				}
				w := httptest.NewRecorder()
				d.Config.Handler.ServeHTTP(w, r)
				if got := strings.TrimSpace(w.Body.String()); w.Code != c.status || got != c.want {
					t.Errorf("%s%s, %s: %d %s", route, slash, c.name, w.Code, got)
				}
			}
		}
	}
}

// TestMasterKey holds that the right key opens, that without one the header says
// nothing, and that user routes do not care.
func TestMasterKey(t *testing.T) {
	d := open(t, func(o *api.Options) { o.MasterKey = "M4ST3RK3Y" })
	if got := d.call("root", "GET", "/admin/chat/rooms", "", "masterkey", "M4ST3RK3Y"); got.status != 200 {
		t.Error(got)
	}
	for _, key := range []string{"", "wrong"} {
		if got := d.call("ann", "GET", "/chat/rooms", "", "masterkey", key); got.status != 200 {
			t.Error(got)
		}
	}
	text := d.must(200, "", "GET", "/api/openapi.json", "").body
	if !strings.Contains(text, `"security":[{"bearer":[],"masterkey":[]}]`) {
		t.Error("the document does not ask for the master key")
	}
	if strings.Contains(text, "M4ST3RK3Y") || strings.Contains(d.log.String(), "M4ST3RK3Y") {
		t.Error("the master key is shown")
	}
	d = open(t)
	if got := d.call("root", "GET", "/admin/chat/rooms", "", "masterkey", "any"); got.status != 200 {
		t.Error(got)
	}
	if strings.Contains(d.must(200, "", "GET", "/api/openapi.json", "").body, `"masterkey":[]`) {
		t.Error("the document asks for a master key that there is not")
	}
}

// TestAdminPaths holds that no other spelling of a path leads past the guard.
func TestAdminPaths(t *testing.T) {
	d := open(t)
	for _, path := range []string{
		"/admin/chat/rooms", "/admin/chat/rooms/", "/%61dmin/chat/rooms", "/admin%2fchat%2frooms", "//admin/chat/rooms",
		"/chatbot/id1/%64ocuments", "/chatbot%2fid1%2fdocuments", "//chatbot/id1/documents", "/chatbot/id1//documents",
		"/ADMIN/chat/rooms", "/chat/../admin/chat/rooms", "/admin/./chat/rooms", "/admin//chat/rooms", "/admin", "/admin/chat",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "BREW"} {
			if got := d.call("ann", method, path, ""); got.status < 400 {
				t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
			}
		}
	}
	check(t, d.call("root", "PUT", "/admin/chat/rooms", "{}"), 405, "~METHOD_NOT_ALLOWED")
	check(t, d.call("root", "GET", "/admin/chat/nothing", ""), 404, "~This route does not exist")
	check(t, d.call("root", "POST", "/admin/chat/rooms", "x", "Content-Type", "text/plain"), 415, "~UNSUPPORTED_MEDIA_TYPE")
	check(t, d.call("root", "DELETE", "/admin/chat/rooms", "x", "Content-Type", "text/plain"), 415, "~UNSUPPORTED_MEDIA_TYPE")
}

// TestIDsOfDeletes holds every form in which ids may be named.
func TestIDsOfDeletes(t *testing.T) {
	for _, c := range []struct {
		name, query, body string
		status            int
		left              string
	}{
		{"commas", "?ids=id1,id2", ``, 200, `"count":1}`},
		{"several", "?ids=id1&ids=id2", ``, 200, `"count":1}`},
		{"brackets", "?ids[]=id1&ids[]=id2", ``, 200, `"count":1}`},
		{"encoded brackets", "?ids%5B%5D=id1&ids=id2,", ``, 200, `"count":1}`},
		{"body", "", `{"ids":["id1","id2"]}`, 200, `"count":1}`},
		{"both", "?ids=id1", `{"ids":["id2","id1"]}`, 200, `"count":1}`},
		{"body without ids", "?ids=id1", `{"x":1}`, 200, `"count":2}`},
		{"none", "", ``, 400, `"count":3}`},
		{"empty", "?ids=", ``, 400, `"count":3}`},
		{"empty body", "", `{"ids":[]}`, 400, `"count":3}`},
		{"one of them unknown", "?ids=id1,none", ``, 404, `"count":3}`},
		{"text", "", `{"ids":"id1"}`, 400, `"count":3}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			for range 3 {
				d.room()
			}
			got := d.must(c.status, "root", "DELETE", "/admin/chat/rooms"+c.query, c.body)
			if c.status == 200 && got.body != `{"result":"Done"}` {
				t.Error(got.body)
			}
			if left := d.must(200, "root", "GET", "/admin/chat/rooms", "").body; !strings.HasSuffix(left, c.left) {
				t.Error(left)
			}
			if c.body != "" {
				return
			}
			d = open(t)
			room := d.room() // id1
			query := strings.NewReplacer("id1", d.post(room, "a"), "id2", d.post(room, "b")).Replace(c.query)
			d.post(room, "c")
			d.must(c.status, "root", "DELETE", "/admin/chat/messages"+query, "")
			if left := d.must(200, "root", "GET", "/admin/chat/messages", "").body; !strings.HasSuffix(left, c.left) {
				t.Error(left)
			}
		})
	}
}

// TestWithoutAccounts holds that outside users are administered where this server
// keeps no accounts, and nothing panics where there is no directory at all.
func TestWithoutAccounts(t *testing.T) {
	const none = `{"name":"FORBIDDEN","status":403,"message":"This server keeps no accounts"}`
	d := open(t, func(o *api.Options) { o.Accounts = nil })
	check(t, d.call("root", "POST", "/admin/chat/users", `{"username":"erin","password":"secret-12"}`), 403, none)
	check(t, d.call("root", "PUT", "/admin/chat/users/ann/block", ""), 200, `{"result":"User blocked"}`)
	d = open(t, func(o *api.Options) { o.Chat.Directory = nil })
	for _, request := range []string{"POST /admin/chat/users", "PATCH /admin/chat/users/ann", "PUT /admin/chat/users/ann/block", "PUT /admin/chat/users/ann/unblock"} {
		method, path, _ := strings.Cut(request, " ")
		check(t, d.call("root", method, path, `{"username":"erin","password":"secret-12","role":"agent"}`), 403, none)
	}
	check(t, d.call("root", "PUT", "/admin/chat/users/new", ""), 200, `~"_id":"new"`)
}
