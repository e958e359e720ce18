package api_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"parley/api"
	"parley/assistant/passages"
	"parley/chat"
)

// give uploads a document to the chatbot default as the user.
func (d *botDoor) give(user, name string, content io.Reader) reply {
	d.t.Helper()
	body, contentType := form("file", name, content)
	req, err := http.NewRequest("POST", d.URL+"/chatbot/default/documents", body)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+user)
	resp, err := d.Client().Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, strings.TrimSpace(string(text))}
}

// TestDocumentShapes pins the wire shapes of documents, and what they are found by.
func TestDocumentShapes(t *testing.T) {
	d := openBots(t)
	added := d.give("root", "../faq.md", strings.NewReader("# Returns\n\nShoes go back within 30 days.\n"))
	check(t, added, 201, `~"document_id":`)
	golden(t, "document-added", added.body)
	id := field(t, added.body, "document_id")
	path := "/chatbot/default/documents/" + id
	golden(t, "documents", d.must(200, "root", "GET", "/chatbot/default/documents", "").body)
	golden(t, "document", d.must(200, "root", "GET", path+"/", "").body)
	found, err := d.chat.Passages(t.Context(), chat.DefaultChatbot, passages.Asked("Which shoes?"), 3)
	if err != nil || len(found) != 1 || found[0].Document != id || found[0].DocumentName != "faq.md" {
		t.Errorf("%+v %v", found, err)
	}
	golden(t, "document-deleted", d.must(200, "root", "DELETE", path, "").body)
	d.must(404, "root", "GET", path, "")
	d.must(404, "root", "DELETE", path, "")
	check(t, d.call("root", "GET", "/chatbot/default/documents", ""), 200, `{"documents":[],"count":0}`)
	if found, err = d.chat.Passages(t.Context(), chat.DefaultChatbot, passages.Asked("Which shoes?"), 3); err != nil || len(found) != 0 {
		t.Errorf("%+v %v", found, err)
	}
	golden(t, "document-audit", d.must(200, "root", "GET", "/admin/chat/audit?act=document.delete", "").body)
}

// TestDocuments holds whose documents are, and what may be one.
func TestDocuments(t *testing.T) {
	const noDocument = `{"name":"NOT_FOUND","status":404,"message":"Document does not exist"}`
	d := openBots(t)
	other := field(t, d.must(201, "root", "POST", "/chatbot", `{"name":"Other"}`).body, "chatbot_id")
	first := field(t, d.give("root", "a.txt", strings.NewReader("alpha")).body, "document_id")
	second := field(t, d.give("root", "b.html", strings.NewReader("<p>beta</p>")).body, "document_id")
	check(t, d.call("root", "GET", "/chatbot/default/documents/?limit=1&skip=1", ""), 200, `~{"documents":[{"document_id":"`+first+`","name":"a.txt","size":5,"chunks":1,`)
	check(t, d.call("root", "GET", "/chatbot/default/documents", ""), 200, `~{"documents":[{"document_id":"`+second+`"`)
	check(t, d.call("root", "GET", "/chatbot/"+other+"/documents", ""), 200, `{"documents":[],"count":0}`)
	check(t, d.call("root", "GET", "/chatbot/"+other+"/documents/"+first, ""), 404, noDocument)
	check(t, d.call("root", "DELETE", "/chatbot/"+other+"/documents/"+first, ""), 404, noDocument)
	check(t, d.call("root", "GET", "/chatbot/none/documents/"+first, ""), 404, "~Chatbot does not exist")
	check(t, d.call("root", "PUT", "/chatbot/default/documents", "{}"), 405, "~METHOD_NOT_ALLOWED")
	for _, user := range []string{"ann", "guest"} {
		check(t, d.give(user, "a.txt", strings.NewReader("alpha")), 403, notAdmin)
		check(t, d.call(user, "GET", "/chatbot/default/documents", ""), 403, notAdmin)
		check(t, d.call(user, "DELETE", "/chatbot/default/documents/"+first, ""), 403, notAdmin)
	}

	check(t, d.give("root", "a.txt", strings.NewReader("")), 400, "~INVALID_ARGUMENTS")
	check(t, d.give("root", "a.pdf", strings.NewReader("%PDF-1.7\n\x00\x01")), 400, "~INVALID_ARGUMENTS")
	check(t, d.give("root", "a.txt", bytes.NewReader([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 0x10})), 400, "~INVALID_ARGUMENTS")
	check(t, d.call("root", "POST", "/chatbot/default/documents", "{}"), 415, "~The body must be multipart/form-data")
	const boundary = "multipart/form-data; boundary=B"
	part := "--B\r\nContent-Disposition: form-data; name=\"other\"; filename=\"a\"\r\n\r\nx\r\n--B--\r\n"
	check(t, d.call("root", "POST", "/chatbot/default/documents/", part, "Content-Type", boundary), 400, "~file is required")
	check(t, d.call("root", "POST", "/chatbot/none/documents", strings.Replace(part, "other", "file", 1), "Content-Type", boundary), 404, "~Chatbot does not exist")
	check(t, d.call("root", "GET", "/chatbot/default/documents", ""), 200, `~"count":2}`)
}

// TestDocumentLimit holds the contract's 10 MiB, sent without a length.
func TestDocumentLimit(t *testing.T) {
	const tooLarge = `{"name":"TOO_LARGE","status":413,"message":"A document has at most 10485760 bytes"}`
	d := openBots(t)
	text := func(size int) io.Reader {
		return io.LimitReader(strings.NewReader(strings.Repeat(strings.Repeat("word ", 200)+"\n\n", size/1000)), int64(size))
	}
	check(t, d.give("root", "a.txt", text(10<<20+1)), 413, tooLarge)
	check(t, d.give("root", "a.txt", text(20<<20)), 413, tooLarge)
	body, contentType := form("file", "a", text(11<<20))
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	check(t, d.call("root", "POST", "/chatbot/default/documents", string(all), "Content-Type", contentType), 413, tooLarge)
	check(t, d.call("root", "GET", "/chatbot/default/documents", ""), 200, `{"documents":[],"count":0}`)
	check(t, d.give("root", "a.txt", text(1<<20)), 201, "~document_id")
}

// TestDocumentsAtOnce holds how many a user may have coming in: each is in memory.
func TestDocumentsAtOnce(t *testing.T) {
	var splitting atomic.Int64
	release := make(chan struct{})
	d := openBots(t, func(o *api.Options) {
		split := o.Chat.Split
		o.Chat.Split = func(name string, data []byte) ([]chat.Passage, error) {
			splitting.Add(1)
			<-release
			return split(name, data)
		}
	})
	answers := make(chan reply, 4)
	for range 4 {
		go func() { answers <- d.give("root", "a.txt", strings.NewReader("alpha")) }()
	}
	func() {
		defer close(release) // whatever happens, or the server waits for them
		eventually(t, "four are in memory", func() bool { return splitting.Load() == 4 })
		check(t, d.give("root", "b.txt", strings.NewReader("beta")), 429, "~Too many uploads at once")
	}()
	for range 4 {
		check(t, <-answers, 201, "~document_id")
	}
	check(t, d.give("root", "b.txt", strings.NewReader("beta")), 201, "~document_id")
}
