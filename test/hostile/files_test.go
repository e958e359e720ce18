package hostile

import (
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/test/harness"
)

const (
	boundary   = "multipart/form-data; boundary=B"
	filePart   = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
	fileEnd    = "\r\n--B--\r\n"
	noSuchFile = `{"name":"NOT_FOUND","status":404,"message":"File does not exist or you don't have access"}`
)

// fileHouse is a house whose files lie in a directory of the test.
func fileHouse(t *testing.T, env ...string) (h *house, dir string) {
	t.Helper()
	dir = t.TempDir()
	return newHouse(t, append(env, "PARLEY_FILES_URL=file://"+dir)...), dir
}

// stored are the files in the directory, those that are coming in among them.
func stored(t *testing.T, dir string) (whole, temporary []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && (d.IsDir() || d.Name() == "lock") {
			return nil
		}
		if filepath.Base(filepath.Dir(path)) == "tmp" {
			temporary = append(temporary, path)
		} else {
			whole = append(whole, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return whole, temporary
}

// nothingLeft waits until there are that many files and none half done.
func nothingLeft(t *testing.T, dir string, want int) {
	t.Helper()
	var whole, temporary []string
	if !soon(func() bool {
		whole, temporary = stored(t, dir)
		return len(whole) == want && len(temporary) == 0
	}) {
		t.Errorf("%d files of %d, and unfinished %q", len(whole), want, temporary)
	}
}

// upload stores a file of a user's and returns its id.
func (h *house) upload(t *testing.T, user, name, content string) string {
	t.Helper()
	part := strings.Replace(filePart, "a.txt", name, 1)
	a := h.as(t, user, "user", http.MethodPost, "/chat/files", part+content+fileEnd, "Content-Type", boundary)
	if a.status != http.StatusCreated {
		t.Fatalf("upload of %q: %d %s", name, a.status, a.body)
	}
	id, _ := a.json(t)["fileId"].(string)
	return id
}

// head is the beginning of a request that uploads.
func uploadHead(token, contentType, more string) string {
	return "POST /chat/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token +
		"\r\nContent-Type: " + contentType + "\r\n" + more + "\r\n"
}

// TestFileForms: bodies that lie, do not end, or are no form are refused, or end as
// they should, and leave no file behind.
func TestFileForms(t *testing.T) {
	t.Parallel()
	h, dir := fileHouse(t, generous, "PARLEY_LIMIT_FILE=100000")
	mallory := harness.Token(t, "mallory", "user")
	sized := func(contentType, body string) string {
		return uploadHead(mallory, contentType, fmt.Sprintf("Content-Length: %d\r\n", len(body))) + body
	}
	length := func(n int, body string) string {
		return uploadHead(mallory, boundary, fmt.Sprintf("Content-Length: %d\r\n", n)) + body
	}
	chunks := func(n int, piece string) string {
		return uploadHead(mallory, boundary, "Transfer-Encoding: chunked\r\n") +
			fmt.Sprintf("%x\r\n%s\r\n", len(filePart), filePart) + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", len(piece), piece), n)
	}
	long := strings.Repeat("b", 200)
	inner := "--B\r\nContent-Disposition: form-data; name=\"other\"\r\nContent-Type: multipart/mixed; boundary=I\r\n\r\n" +
		"--I\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nx\r\n--I--\r\n"
	files := 0
	for _, tt := range []struct {
		name, request string
		status        int
	}{
		{"a file", sized(boundary, filePart+"x"+fileEnd), 201},
		{"no boundary", sized("multipart/form-data", filePart+"x"+fileEnd), 400},
		{"an empty boundary", sized(`multipart/form-data; boundary=""`, filePart+"x"+fileEnd), 400},
		{"a boundary of 200", sized("multipart/form-data; boundary="+long, strings.ReplaceAll(filePart+"x"+fileEnd, "--B", "--"+long)), 201},
		{"two boundaries", sized("multipart/form-data; boundary=B; boundary=C", filePart+"x"+fileEnd), 415},
		{"a boundary of 20 kB", sized("multipart/form-data; boundary="+strings.Repeat("b", 20_000), filePart), 400},
		{"a form within the form", sized(boundary, inner+fileEnd), 400},
		{"endless preamble", sized(boundary, strings.Repeat("preamble\r\n", 20_000)+filePart+"x"+fileEnd), 413},
		{"endless line", sized(boundary, strings.Repeat("x", 200_000)), 400},
		{"endless header", sized(boundary, "--B\r\nX-Header: "+strings.Repeat("x", 200_000)), 413},
		{"endless headers", sized(boundary, "--B\r\n"+strings.Repeat("X-Header: x\r\n", 20_000)), 413},
		{"10,000 fields", sized(boundary, strings.Repeat("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", 10_000)+filePart+"x"+fileEnd), 413},
		{"10,000 fields after it", sized(boundary, filePart+"x"+strings.Repeat("\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", 10_000)+fileEnd), 413},
		{"a name of 64 KiB", sized(boundary, strings.Replace(filePart, "a.txt", strings.Repeat("n", 64<<10), 1)+"x"+fileEnd), 413},
		{"a name of 60 kB", sized(boundary, strings.Replace(filePart, "a.txt", strings.Repeat("n", 60_000), 1)+"x"+fileEnd), 201},
		{"quoted-printable", sized(boundary, strings.Replace(filePart, "\r\n\r\n", "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", 1)+"=41=\r\n=0"+fileEnd), 201},
		{"gzip", uploadHead(mallory, boundary, "Content-Encoding: gzip\r\nContent-Length: 3\r\n") + "\x1f\x8b\x08", 415},
		{"one byte too many", sized(boundary, filePart+strings.Repeat("x", 100_001)+fileEnd), 413},
		{"a length past the limit", length(50_000_000, filePart), 413},
		{"a length that is short", length(len(filePart)+3, filePart+"hello"+fileEnd), 400},
		{"a negative length", length(-1, filePart), 400},
		{"a length beside chunks", uploadHead(mallory, boundary, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
		{"a bad chunk", uploadHead(mallory, boundary, "Transfer-Encoding: chunked\r\n") + "zz\r\n", 400},
		{"chunks without end", chunks(40, strings.Repeat("x", 10_000)), 413},
		{"chunks of a byte", chunks(400_000, "x"), 413},
		{"no token", strings.Replace(sized(boundary, filePart+"x"+fileEnd), mallory, "x", 1), 401},
		{"a guest", strings.Replace(sized(boundary, filePart+"x"+fileEnd), mallory, harness.Token(t, "visitor", "guest"), 1), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := dialRaw(t, h.Addr)
			sent := make(chan struct{})
			go func() { // the answer may come before all is sent
				defer close(sent)
				r.say("%s", tt.request)
			}()
			res, body := r.response(t)
			if res.StatusCode != tt.status {
				t.Errorf("%d %.200s, want %d", res.StatusCode, body, tt.status)
			}
			if res.StatusCode == http.StatusCreated {
				files++
			}
			_ = r.Close()
			<-sent
		})
	}
	nothingLeft(t, dir, files)
	h.unharmed(t)
}

// TestFileUploadsAtOnce: hundreds of clients that begin to upload and do not go on
// are turned away past a bound, whoever they are, and leave nothing when they are gone.
func TestFileUploadsAtOnce(t *testing.T) {
	t.Parallel()
	h, dir := fileHouse(t, generous)
	const clients, users = 400, 60
	stages := []string{
		"", "--B", filePart[:20], filePart, filePart + strings.Repeat("x", 100_000), filePart + "x" + fileEnd[:6],
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	refused := map[int]int{}
	var open []*raw
	for i := range clients {
		r := dialRaw(t, h.Addr)
		all.Go(func() {
			token := harness.Token(t, fmt.Sprint("uploader", i%users), "user")
			r.say("%s%s", uploadHead(token, boundary, "Content-Length: 20000000\r\n"), stages[i%len(stages)])
			_ = r.SetReadDeadline(time.Now().Add(3 * time.Second))
			res, err := http.ReadResponse(r.in, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil { // not answered: it is served
				open = append(open, r)
				return
			}
			_ = res.Body.Close()
			refused[res.StatusCode]++
		})
	}
	all.Wait()
	t.Logf("%d at work, refused %v", len(open), refused)
	const most = 128
	if len(open) > most || refused[429]+refused[503] != clients-len(open) {
		t.Errorf("%d of %d at work, refused %v", len(open), clients, refused)
	}
	h.talk(t)
	if _, temporary := stored(t, dir); len(temporary) > most {
		t.Errorf("%d files are coming in", len(temporary))
	}
	for i, r := range open {
		if i%2 == 0 {
			r.reset()
		} else {
			_ = r.Close()
		}
	}
	nothingLeft(t, dir, 0)
	h.upload(t, "bob", "a.txt", "x")
	h.unharmed(t)
}

// TestFileGuestsTakeNoPlace: who may not upload cannot keep those out who may.
func TestFileGuestsTakeNoPlace(t *testing.T) {
	t.Parallel()
	h, dir := fileHouse(t, generous)
	var guests []*raw
	for i := range 160 {
		r := dialRaw(t, h.Addr)
		r.say("%s--B\r\n", uploadHead(harness.Token(t, fmt.Sprint("guest", i/8), "guest"), boundary, "Content-Length: 1000000\r\n"))
		guests = append(guests, r)
	}
	for _, r := range guests {
		if res, body := r.response(t); res.StatusCode != http.StatusForbidden {
			t.Fatalf("a guest is answered %d %s", res.StatusCode, body)
		}
		_ = r.Close()
	}
	h.upload(t, "bob", "a.txt", "x")
	nothingLeft(t, dir, 1)
	h.unharmed(t)
}

// TestFileOfBlocked: who is blocked in the middle of an upload gains nothing by it.
func TestFileOfBlocked(t *testing.T) {
	t.Parallel()
	h, dir := fileHouse(t, generous)
	r := dialRaw(t, h.Addr)
	body := filePart + strings.Repeat("x", 100_000)
	r.say("%s%s", uploadHead(harness.Token(t, "mallory", "user"), boundary, fmt.Sprintf("Content-Length: %d\r\n", len(body)+len(fileEnd))), body)
	eventually(t, "the upload has begun", func() bool {
		_, temporary := stored(t, dir)
		return len(temporary) == 1
	})
	if a := h.as(t, "root", "admin", http.MethodPut, "/admin/chat/users/mallory/block", ""); a.status != http.StatusOK {
		t.Fatalf("block: %d %s", a.status, a.body)
	}
	r.say("%s", fileEnd)
	res, _ := r.response(t)
	_ = r.Close()
	if a := h.as(t, "mallory", "user", http.MethodPost, "/chat/files", filePart+"x"+fileEnd, "Content-Type", boundary); a.status != http.StatusForbidden {
		t.Errorf("the next upload: %d %s", a.status, a.body)
	}
	if res.StatusCode == http.StatusCreated {
		nothingLeft(t, dir, 1)
	} else {
		nothingLeft(t, dir, 0)
	}
	h.unharmed(t)
}

// TestFileNames: whatever a file is called, its name stays within its header, its
// directory and its line.
func TestFileNames(t *testing.T) {
	t.Parallel()
	h, dir := fileHouse(t, generous)
	var escaped strings.Builder
	for _, b := range []byte("../\r\nX-Injected: 1\r\n\x00\u202egpj.exe") {
		fmt.Fprintf(&escaped, "%%%02X", b)
	}
	names := []string{
		`filename="../../../../etc/passwd"`, `filename="/etc/passwd"`, `filename="C:\\Windows\\x.dll"`, `filename=".."`, `filename=""`,
		`filename*=utf-8''` + escaped.String(), `filename="a"; filename*=utf-8''b`, `filename*=utf-8''%ff%fe`, `filename*=utf-16''%00a`,
		"filename=\"\u202egpj.exe\"", "filename=\"" + strings.Repeat("\u0301", 10_000) + "\"", "filename=\"\xff\xfe\"", "filename=\"a\tb\"",
		`filename="CON"`, `filename="a\";b=\"c"`, `filename="` + strings.Repeat("字", 300) + `.html"`, "filename=\"\u2028\u2029\"",
	}
	n := 0
	for _, name := range names {
		part := strings.Replace(filePart, `filename="a.txt"`, name, 1)
		a := h.as(t, "mallory", "user", http.MethodPost, "/chat/files", part+"x"+fileEnd, "Content-Type", boundary)
		if a.status == http.StatusBadRequest {
			continue
		}
		if a.status != http.StatusCreated {
			t.Errorf("%.60q: %d %s", name, a.status, a.body)
			continue
		}
		n++
		got := h.as(t, "mallory", "user", http.MethodGet, "/chat/files/"+a.json(t)["fileId"].(string), "")
		kind, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
		shown := params["filename"]
		if err != nil || kind != "attachment" || got.header.Get("X-Injected") != "" || got.status != http.StatusOK ||
			strings.ContainsAny(shown, "/\\\r\n\x00\u202e\u2028") || shown == "" || shown == ".." || len([]rune(shown)) > 255 {
			t.Errorf("%.60q: %d %q %v %v", name, got.status, shown, got.header, err)
		}
	}
	nothingLeft(t, dir, n)
	h.unharmed(t)
}
