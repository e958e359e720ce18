package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// httpDoor is the HTTP API.
type httpDoor struct{ url string }

func (httpDoor) Name() string { return "http" }

// route is an operation over HTTP.
type route struct {
	method, path string // {name} in the path is an argument
	query        bool   // the other arguments are the query, not a JSON body
	form         bool   // the body is a form with the file {name} of {content}
	status       int    // of a yes; 200 unless said
}

var routes = map[Verb]route{
	Create:     {method: "POST", path: "/chat/rooms"},
	Rooms:      {method: "GET", path: "/chat/rooms", query: true},
	Room:       {method: "GET", path: "/chat/rooms/{roomId}"},
	Update:     {method: "PATCH", path: "/chat/rooms/{roomId}"},
	DeleteRoom: {method: "DELETE", path: "/chat/rooms/{roomId}"},
	Add:        {method: "PUT", path: "/chat/rooms/{roomId}/addUsers"},
	Remove:     {method: "PUT", path: "/chat/rooms/{roomId}/removeUsers"},
	Join:       {method: "PUT", path: "/chat/rooms/{roomId}/join"},
	Leave:      {method: "PUT", path: "/chat/leave/{roomId}"},
	Post:       {method: "POST", path: "/chat/messages", status: http.StatusCreated},
	List:       {method: "GET", path: "/chat/messages", query: true},
	Message:    {method: "GET", path: "/chat/messages/{messageId}"},
	Edit:       {method: "PUT", path: "/chat/messages/{messageId}"},
	Delete:     {method: "DELETE", path: "/chat/messages/{messageId}"},

	Say:          {method: "POST", path: "/chat/messages", status: http.StatusCreated},
	Own:          {method: "GET", path: "/chat/history", query: true},
	Clear:        {method: "DELETE", path: "/chat/history"},
	OpenSession:  {method: "POST", path: "/chatbot/{chatbotId}/session"},
	CloseSession: {method: "DELETE", path: "/chatbot/session/{sessionId}"},
	Bots:         {method: "GET", path: "/chatbot", query: true},
	MakeBot:      {method: "POST", path: "/chatbot", status: http.StatusCreated},
	ChangeBot:    {method: "PATCH", path: "/chatbot/{chatbotId}"},
	DropBot:      {method: "DELETE", path: "/chatbot/{chatbotId}"},
	AddDocument:  {method: "POST", path: "/chatbot/{chatbotId}/documents", form: true, status: http.StatusCreated},
	Documents:    {method: "GET", path: "/chatbot/{chatbotId}/documents", query: true},
	Document:     {method: "GET", path: "/chatbot/{chatbotId}/documents/{documentId}"},
	DropDocument: {method: "DELETE", path: "/chatbot/{chatbotId}/documents/{documentId}"},
}

func (d httpDoor) Do(t *testing.T, who Person, op Op) (Answer, bool) {
	t.Helper()
	r, ok := routes[op.Verb]
	if !ok {
		return Answer{}, false
	}
	args := httpArgs(op)
	path, ok := r.address(args)
	if !ok {
		return Answer{}, false
	}
	body, kind := r.body(t, args)
	req, err := http.NewRequestWithContext(t.Context(), r.method, d.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if who.Token != "" {
		req.Header.Set("Authorization", who.Token)
	}
	return r.answer(t, req), true
}

// body is what goes with the request, and its type.
func (r route) body(t *testing.T, args Args) (body, kind string) {
	t.Helper()
	switch {
	case r.form:
		var b strings.Builder
		form := multipart.NewWriter(&b)
		file, err := form.CreateFormFile("file", fmt.Sprint(args["name"]))
		if err == nil {
			_, err = fmt.Fprint(file, args["content"])
		}
		if err := errors.Join(err, form.Close()); err != nil {
			t.Fatal(err)
		}
		return b.String(), form.FormDataContentType()
	case !r.query && r.method != "GET":
		body = encode(t, args)
	}
	return body, "application/json"
}

// httpArgs puts the arguments where HTTP has them.
func httpArgs(op Op) Args {
	args := Args{}
	content := Args{}
	for name, v := range op.Args {
		switch {
		case (op.Verb == Post || op.Verb == Say) && name == "text":
			args["message"] = v
		case op.Verb == Post && (name == "contentType" || name == "content" || name == "files"):
			content[name] = v
		case op.Verb == Edit && name == "text":
			args["newMessage"] = v
		default:
			args[name] = v
		}
	}
	if len(content) > 0 {
		args["message"] = content
	}
	if op.Verb == Say && args["roomId"] == nil {
		args["roomId"] = "me"
	}
	return args
}

// address takes the arguments of the path, and of the query, out of args. An
// argument that is no text, or empty, makes another path, or none.
func (r route) address(args Args) (string, bool) {
	path := r.path
	for name, v := range args {
		if !strings.Contains(path, "{"+name+"}") {
			continue
		}
		id, ok := v.(string)
		if !ok || id == "" {
			return "", false
		}
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(id))
		delete(args, name)
	}
	if r.query {
		q := url.Values{}
		for name, v := range args {
			q.Set(name, fmt.Sprint(v))
		}
		path += "?" + q.Encode()
	}
	return path, !strings.Contains(path, "{")
}

// answer sends the request and checks what the contract says of every answer.
func (r route) answer(t *testing.T, req *http.Request) Answer {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	if res.StatusCode == max(r.status, http.StatusOK) {
		return Answer{}
	}
	var refusal struct {
		Name    string
		Status  int
		Message string
	}
	if err := json.Unmarshal(text, &refusal); err != nil {
		t.Fatalf("%d %s: %v", res.StatusCode, text, err)
	}
	codes := codesOf(refusal.Name, res.StatusCode)
	if len(codes) == 0 || refusal.Status != res.StatusCode {
		t.Fatalf("status %d with %s: not in the contract", res.StatusCode, text)
	}
	return Answer{Codes: codes, Text: refusal.Message, Later: res.Header.Get("Retry-After") != ""}
}
