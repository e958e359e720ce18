package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"parley/test/harness"
)

// client keeps its connections over all cells.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// site is a running server. Its key, if it has one, goes with every request.
type site struct {
	*harness.Server
	key string
	// asks tells that users are invited to rooms, not added.
	asks bool
}

// request is a call with everything in its place.
type request struct {
	call, send string
	token      string // "" for none
	key        string // the header masterkey, "" for none
}

// answer is what came back, over HTTP or as the ack of an event.
type answer struct {
	status int
	name   string // of a refusal over HTTP
	text   string // of a refusal
	header http.Header
	body   string
	heard  string // what else came over the socket
}

// ok tells whether it is a yes.
func (a answer) ok() bool { return a.status < 300 }

// ask makes an HTTP request.
func (s *site) ask(t *testing.T, r request) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
	defer cancel()
	method, path, _ := strings.Cut(r.call, " ")
	body, kind := payload(t, r.send)
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.key != "" {
		req.Header.Set("masterkey", r.key)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(b)}
	if !a.ok() {
		a.refusal(t, r)
	}
	return a
}

// payload is the body of a request and its type.
func payload(t *testing.T, send string) (io.Reader, string) {
	text, file := strings.CutPrefix(send, "@")
	if !file {
		return strings.NewReader(send), "application/json"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "file.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, text)
	_ = w.Close()
	return &b, w.FormDataContentType()
}

// refusal reads the one form that all refusals have.
func (a *answer) refusal(t *testing.T, r request) {
	t.Helper()
	var form struct {
		Name, Message string
		Status        int
	}
	d := json.NewDecoder(strings.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&form); err != nil || form.Status != a.status || form.Message == "" {
		t.Errorf("%s %s: refused in another form: %d %s", r.call, r.send, a.status, a.body)
	}
	a.name, a.text = form.Name, form.Message
}
