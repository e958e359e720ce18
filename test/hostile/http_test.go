package hostile

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"parley/test/harness"
)

// TestHTTP sends what no client would send; every answer is a clean refusal in
// our form, and never an internal error.
func TestHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	auth := "Authorization: Bearer " + harness.Token(t, "mallory", "user") + "\r\n"
	post := func(path, kind, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, auth, kind, len(body), body)
	}
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n" }
	const js = "application/json"
	deep := strings.Repeat("[", 100_000)
	for _, tt := range []struct {
		name, request string
		status        []int
	}{
		{"wrong method", "PATCH /auth/login HTTP/1.1\r\nHost: x\r\n\r\n", []int{405}},
		{"unknown method", "BREW /chat/rooms HTTP/1.1\r\nHost: x\r\n\r\n", []int{405}},
		{"TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\nCookie: a\r\n\r\n", []int{404, 405}},
		{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", []int{400, 404, 405}},
		{"wrong type", post("/chat/rooms", "text/plain", `{"roomName":"x"}`), []int{415}},
		{"form", post("/chat/rooms", "application/x-www-form-urlencoded", "roomName=x"), []int{415}},
		{"a type that is none", post("/chat/rooms", "application/json; charset", `{}`), []int{400, 415}},
		{"bad JSON", post("/chat/rooms", js, `{"roomName":`), []int{400}},
		{"JSON of another kind", post("/chat/rooms", js, `[1]`), []int{400}},
		{"a string", post("/chat/rooms", js, `"x"`), []int{400}},
		{"null", post("/chat/rooms", js, `null`), []int{400}},
		{"two documents", post("/chat/rooms", js, `{}{}`), []int{400}},
		{"deep JSON", post("/chat/rooms", js, `{"roomName":`+deep), []int{400}},
		{"deep JSON where nothing is read", post("/chat/rooms", js, `{"roomName":"x","users":["bob"],"other":`+deep+strings.Repeat("]", 100_000)+`}`), []int{400}},
		{"no UTF-8", post("/chat/rooms", js, "{\"roomName\":\"\xff\"}"), []int{400}},
		{"a NUL", post("/chat/rooms", js, `{"roomName":"a\u0000","users":["bob"]}`), []int{400}},
		{"wrong kinds", post("/chat/rooms", js, `{"roomName":1,"users":{}}`), []int{400}},
		{"a number past every range", post("/chat/rooms", js, `{"roomName":"x","users":[1e400]}`), []int{400}},
		{"body past the limit", post("/chat/rooms", js, `{"roomName":"`+strings.Repeat("x", megabyte)+`"}`), []int{413}},
		{"gzip", "POST /chat/rooms HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", []int{415}},
		{"declared 60 MB", "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000000\r\n\r\n" + strings.Repeat("x", 2*megabyte), []int{413}},
		{"chunked 60 MB", "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("ffff\r\n"+strings.Repeat("x", 0xffff)+"\r\n", 40), []int{413}},
		{"a negative length", "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", []int{400}},
		{"a bad chunk", "POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", []int{400}},
		{"path traversal", get("/../../../../etc/passwd"), []int{400, 404}},
		{"traversal below pages", get("/demo/../../../etc/passwd"), []int{400, 404}},
		{"encoded traversal", get("/demo/%2e%2e/%2e%2e/etc/passwd"), []int{400, 404}},
		{"doubly encoded", get("/demo/%252e%252e/etc/passwd"), []int{400, 404}},
		{"backslashes", get("/demo/..%5c..%5cetc/passwd"), []int{400, 404}},
		{"a NUL in the path", get("/demo/%00"), []int{400, 404}},
		{"an encoded slash in an id", get("/chat/rooms/a%2fb"), []int{404}},
		{"an id of dots", get("/chat/rooms/%2e%2e"), []int{400, 404}},
		{"an id with a NUL", get("/chat/rooms/a%00b"), []int{400, 404}},
		{"an id that is no UTF-8", get("/chat/rooms/%ff%fe"), []int{400, 404}},
		{"a long id", get("/chat/rooms/" + strings.Repeat("x", 5000)), []int{400, 404}},
		{"a bad escape", get("/chat/rooms/%zz"), []int{400}},
		{"SQL in an id", get("/chat/rooms/%27%20OR%201=1--"), []int{404}},
		{"SQL in a search", get("/chat/rooms?search=%25%27%20OR%20%271%27=%271"), []int{200}},
		{"a search of wildcards", get("/chat/rooms?search=" + strings.Repeat("%25_", 500)), []int{200, 400}},
		{"a search with a NUL", get("/chat/rooms?search=%00"), []int{400}},
		{"a search that is no UTF-8", get("/chat/rooms?search=%ff"), []int{400}},
		{"limit of another kind", get("/chat/rooms?limit=x"), []int{400}},
		{"limit below zero", get("/chat/rooms?limit=-1"), []int{400}},
		{"limit past its maximum", get("/chat/rooms?limit=999999"), []int{200}},
		{"limit past every range", get("/chat/rooms?limit=99999999999999999999"), []int{200, 400}},
		{"skip past everything", get("/chat/rooms?skip=9223372036854775807"), []int{200, 400}},
		{"the same parameter twice", get("/chat/rooms?limit=1&limit=x"), []int{200, 400}},
		{"a bad query", get("/chat/rooms?limit=%zz;a"), []int{200, 400}},
		{"no token", "GET /chat/rooms HTTP/1.1\r\nHost: x\r\n\r\n", []int{401}},
		{"a long token", "GET /chat/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("x", 30_000) + "\r\n\r\n", []int{401, 431}},
		{"a larger header", "GET /chat/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("x", 100_000) + "\r\n\r\n", []int{431}},
		{"a header injected by a path", "GET /chat/rooms/%0d%0aX-Injected:%201 HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n", []int{400, 404}},
		{"an origin with a line break", "GET /healthz HTTP/1.1\r\nHost: x\r\nOrigin: https://a\r\n X-Injected: 1\r\n\r\n", []int{200, 400}},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", []int{400}},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{400, 404, 405, 505}},
		{"metrics", get("/metrics"), []int{404}},
		{"profiles", get("/debug/pprof/"), []int{404}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := dialRaw(t, h.Addr)
			sent := make(chan struct{})
			go func() { // the answer may come before all is sent
				defer close(sent)
				r.say("%s", tt.request)
			}()
			res, body := r.response(t)
			ok := false
			for _, status := range tt.status {
				ok = ok || res.StatusCode == status
			}
			if !ok {
				t.Errorf("%d %.200s, want %v", res.StatusCode, body, tt.status)
			}
			if res.Header.Get("X-Injected") != "" || strings.Contains(body, "root:x:0") {
				t.Errorf("%v %.200s", res.Header, body)
			}
			_ = r.Close()
			<-sent
		})
	}
	h.unharmed(t)
}

// TestHashingQueue: more logins at once than the queue holds are turned away,
// and whoever needs no password is served meanwhile.
func TestHashingQueue(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	const logins = 120
	statuses := make(chan int, logins)
	var all sync.WaitGroup
	for i := range logins {
		all.Go(func() {
			status, answer := h.Call(t, http.MethodPost, "/auth/login", "", map[string]any{
				"username": fmt.Sprint("user", i), "password": strings.Repeat("x", 20),
			})
			if status == http.StatusServiceUnavailable && answer["name"] != "UNAVAILABLE" {
				t.Errorf("%v", answer)
			}
			statuses <- status
		})
	}
	h.talk(t)
	h.talk(t)
	all.Wait()
	close(statuses)
	counts := map[int]int{}
	for status := range statuses {
		counts[status]++
	}
	if counts[http.StatusServiceUnavailable] == 0 || counts[http.StatusUnauthorized] < 33 || len(counts) != 2 {
		t.Errorf("%d logins at once: %v", logins, counts)
	}
	h.unharmed(t)
}
