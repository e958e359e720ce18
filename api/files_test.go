package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"parley/api"
	"parley/chat"
	"parley/files"
)

// fileDoor is a door with a directory of files.
type fileDoor struct {
	*door
	dir   string
	blobs *countedBlobs
}

func openFiles(t testing.TB, change ...func(*chat.Options)) *fileDoor {
	t.Helper()
	return openFilesWith(t, func(*api.Options) {}, change...)
}

func openFilesWith(t testing.TB, options func(*api.Options), change ...func(*chat.Options)) *fileDoor {
	t.Helper()
	dir := t.TempDir()
	disk, err := files.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	blobs := &countedBlobs{Blobs: disk}
	d := open(t, func(o *api.Options) {
		with := o.Chat.Options
		with.Blobs, with.NewID = blobs, func() string { return uuid.Must(uuid.NewV7()).String() }
		for _, f := range change {
			f(&with)
		}
		o.Chat = chat.NewService(with)
		options(o)
	})
	return &fileDoor{d, dir, blobs}
}

// countedBlobs counts the bytes that are read, and what is being put and is open.
type countedBlobs struct {
	chat.Blobs
	read, putting, open atomic.Int64
	fault               atomic.Pointer[error] // of every read, if set
}

func (b *countedBlobs) Put(ctx context.Context, id, name string, r io.Reader) (int64, string, error) {
	b.putting.Add(1)
	defer b.putting.Add(-1)
	return b.Blobs.Put(ctx, id, name, r)
}

func (b *countedBlobs) Open(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	f, err := b.Blobs.Open(ctx, id)
	if err == nil {
		b.open.Add(1)
	}
	return countedFile{f, b}, err
}

type countedFile struct {
	io.ReadSeekCloser
	blobs *countedBlobs
}

func (f countedFile) Read(p []byte) (int, error) {
	if fault := f.blobs.fault.Load(); fault != nil {
		return 0, *fault
	}
	n, err := f.ReadSeekCloser.Read(p)
	f.blobs.read.Add(int64(n))
	return n, err
}

func (f countedFile) Close() error {
	f.blobs.open.Add(-1)
	return f.ReadSeekCloser.Close()
}

// left lists the files of the directory, unfinished ones included.
func (d *fileDoor) left() (names []string) {
	d.t.Helper()
	err := filepath.WalkDir(d.dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != "lock" {
			names = append(names, e.Name())
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return names
}

// form is a body with one field, and its Content-Type.
func form(field, name string, content io.Reader) (body io.Reader, contentType string) {
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", multipart.FileContentDisposition(field, name))
	h.Set("Content-Type", "image/png") // not to be believed
	_, _ = w.CreatePart(h)
	end := "\r\n--" + w.Boundary() + "--\r\n"
	return io.MultiReader(&head, content, strings.NewReader(end)), w.FormDataContentType()
}

// send sends a body of unknown length.
func (d *fileDoor) send(user, contentType string, body io.Reader) reply {
	d.t.Helper()
	req, err := http.NewRequest("POST", d.URL+"/chat/files", body)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if user != "" {
		req.Header.Set("Authorization", "Bearer "+user)
	}
	resp, err := d.Client().Do(req)
	if err != nil {
		d.t.Error(err)
		return reply{}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Error(err)
	}
	return reply{resp.StatusCode, resp.Header, strings.TrimSpace(string(text))}
}

// upload uploads as the user and returns the file's id.
func (d *fileDoor) upload(user, name, content string) string {
	d.t.Helper()
	body, contentType := form("file", name, strings.NewReader(content))
	r := d.send(user, contentType, body)
	if r.status != 201 {
		d.t.Fatalf("%d %s", r.status, r.body)
	}
	return field(d.t, r.body, "fileId")
}

// share posts a file of ann's in a room of ann and bob, and returns both ids.
func (d *fileDoor) share(id string) (room, message string) {
	d.t.Helper()
	room = d.room()
	r := d.must(201, "ann", "POST", "/chat/messages", fmt.Sprintf(`{"roomId":%q,"message":{"contentType":"file","files":[%q]}}`, room, id))
	return room, field(d.t, r.body, "messageId")
}

const noFile = `{"name":"NOT_FOUND","status":404,"message":"File does not exist or you don't have access"}`

func TestFileUpload(t *testing.T) {
	d := openFiles(t)
	body, contentType := form("file", "../../Grüße.txt", strings.NewReader("hello"))
	r := d.send("ann", contentType, body)
	check(t, r, 201, "~")
	id := field(t, r.body, "fileId")
	if want := `{"fileId":"` + id + `","name":"Grüße.txt","type":"text/plain","size":5}`; r.body != want {
		t.Errorf("%s, want %s", r.body, want)
	}
	for _, path := range []string{"/chat/files/" + id, "/chat/files/" + id + "/"} {
		got := d.must(200, "ann", "GET", path, "")
		for name, want := range map[string]string{
			"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt",
			"Content-Length": "5", "ETag": `"` + id + `"`, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin", "Accept-Ranges": "bytes",
			"Access-Control-Allow-Origin": "*",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got.header.Get(name), want)
			}
		}
		if got.body != "hello" || !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Content-Disposition") {
			t.Errorf("%s: %s %v", path, got.body, got.header)
		}
	}
	if names := d.left(); len(names) != 1 || names[0] != id {
		t.Errorf("stored: %q", names)
	}
}

// TestFileAccess holds who may read a file, and that all others get one answer.
func TestFileAccess(t *testing.T) {
	d := openFiles(t)
	id := d.upload("ann", "a.txt", "hello")
	path := "/chat/files/" + id
	for _, user := range []string{"bob", "cid", "guest", "root"} {
		check(t, d.call(user, "GET", path, ""), 404, noFile)
	}
	check(t, d.call("ann", "GET", "/chat/files/"+uuid.NewString(), ""), 404, noFile)
	check(t, d.call("ann", "GET", "/chat/files/..%2f..%2flock", ""), 404, noFile)
	check(t, d.call("ann", "GET", "/chat/files/lock", ""), 404, noFile)
	check(t, d.call("", "GET", path, ""), 401, `{"name":"UNAUTHORIZED","status":401,"message":"No 'Authorization' header or 'accessToken' cookie present"}`)
	check(t, d.call("old", "GET", path, ""), 401, "~UNAUTHORIZED")

	room, message := d.share(id)
	d.must(200, "ann", "GET", path, "")
	d.must(200, "bob", "GET", path, "")
	check(t, d.call("cid", "GET", path, ""), 404, noFile)
	check(t, d.call("cid", "GET", path, "", "If-None-Match", `"`+id+`"`), 404, noFile)
	d.must(200, "ann", "PUT", "/chat/rooms/"+room+"/removeUsers", `{"users":["bob"]}`)
	check(t, d.call("bob", "GET", path, "", "If-None-Match", `"`+id+`"`), 404, noFile)
	d.must(200, "ann", "PUT", "/chat/rooms/"+room+"/addUsers", `{"users":["bob","cid"]}`)
	d.must(200, "cid", "GET", path, "")
	d.must(200, "ann", "DELETE", "/chat/messages/"+message, "")
	check(t, d.call("bob", "GET", path, ""), 404, noFile)
	d.must(200, "ann", "GET", path, "")
}

// TestFileOfAnother holds that nobody gains a file by posting its id.
func TestFileOfAnother(t *testing.T) {
	d := openFiles(t)
	id := d.upload("ann", "a.txt", "hello")
	room := d.room()
	r := d.call("bob", "POST", "/chat/messages", fmt.Sprintf(`{"roomId":%q,"message":{"contentType":"file","files":[%q]}}`, room, id))
	check(t, r, 400, "~do not exist")
	check(t, d.call("bob", "GET", "/chat/files/"+id, ""), 404, noFile)
}

// TestFileParts holds ranges, conditions and HEAD.
func TestFileParts(t *testing.T) {
	d := openFiles(t)
	const content = "0123456789"
	id := d.upload("ann", "a.txt", content)
	path := "/chat/files/" + id
	for _, c := range []struct {
		header       []string
		status       int
		body, ranges string
	}{
		{[]string{"Range", "bytes=2-4"}, 206, "234", "bytes 2-4/10"},
		{[]string{"Range", "bytes=-3"}, 206, "789", "bytes 7-9/10"},
		{[]string{"Range", "bytes=8-"}, 206, "89", "bytes 8-9/10"},
		{[]string{"Range", "bytes=10-"}, 416, `{"name":"REQUESTED_RANGE_NOT_SATISFIABLE","status":416,"message":"Requested Range Not Satisfiable"}`, "bytes */10"},
		{[]string{"Range", "bytes=x"}, 416, `{"name":"REQUESTED_RANGE_NOT_SATISFIABLE","status":416,"message":"Requested Range Not Satisfiable"}`, ""},
		{[]string{"Range", "bytes=0-1", "If-Range", `"` + id + `"`}, 206, "01", "bytes 0-1/10"},
		{[]string{"Range", "bytes=0-1", "If-Range", `"other"`}, 200, content, ""},
		{[]string{"If-None-Match", `"` + id + `"`}, 304, "", ""},
		{[]string{"If-Match", `"other"`}, 412, `{"name":"PRECONDITION_FAILED","status":412,"message":"Precondition Failed"}`, ""},
	} {
		got := d.call("ann", "GET", path, "", c.header...)
		if got.status != c.status || got.body != c.body || got.header.Get("Content-Range") != c.ranges {
			t.Errorf("%q: %d %s %v", c.header, got.status, got.body, got.header)
		}
		if shown := got.header.Get("Content-Disposition") != ""; shown != (c.status < 400) {
			t.Errorf("%q: %v", c.header, got.header)
		}
	}
	many := d.call("ann", "GET", path, "", "Range", "bytes=0-1,4-5")
	if many.status != 206 || !strings.HasPrefix(many.header.Get("Content-Type"), "multipart/byteranges") {
		t.Errorf("%d %v", many.status, many.header)
	}
	d.blobs.read.Store(0)
	for _, p := range []string{path, path + "/"} {
		head := d.call("ann", "HEAD", p, "")
		if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != "10" || head.header.Get("ETag") == "" {
			t.Errorf("HEAD: %d %q %v", head.status, head.body, head.header)
		}
	}
	if n := d.blobs.read.Load(); n > 0 {
		t.Errorf("%d bytes were read for HEAD", n)
	}
	if head := d.call("bob", "HEAD", path, ""); head.status != 404 {
		t.Errorf("HEAD by a stranger: %d", head.status)
	}
}
