package api_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/api"
	"parley/internal/testenv"
)

// TestFileLimit holds the contract's 25 MiB, sent without a length, and that the
// server holds little of it in memory.
func TestFileLimit(t *testing.T) {
	d := openFiles(t)
	const limit = 25 << 20
	most := &testenv.Heap{}
	most.Look()
	before := most.Most
	digest := sha256.New()
	body, contentType := form("file", "a", io.TeeReader(random(limit), io.MultiWriter(digest, most)))
	r := d.send("ann", contentType, body)
	check(t, r, 201, fmt.Sprintf(`~"size":%d`, limit))
	body, contentType = form("file", "a", io.TeeReader(random(limit+1), most))
	check(t, d.send("ann", contentType, body), 413, `{"name":"TOO_LARGE","status":413,"message":"A file must be at most 26214400 bytes"}`)
	id := field(t, r.body, "fileId")
	if names := d.left(); len(names) != 1 || names[0] != id {
		t.Errorf("stored: %q", names)
	}

	req, err := http.NewRequest("GET", d.URL+"/chat/files/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ann")
	resp, err := d.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := sha256.New()
	if n, err := io.Copy(io.MultiWriter(got, most), resp.Body); err != nil || n != limit {
		t.Errorf("%d bytes, %v", n, err)
	}
	if !bytes.Equal(got.Sum(nil), digest.Sum(nil)) {
		t.Error("it came back changed")
	}
	t.Logf("the heap grew by at most %d KiB, client and server", (most.Most-before)>>10)
	if most.Most > before+2<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, most.Most)
	}
}

func random(size int64) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{}), size) }

// TestFileCutOff holds that a client that is gone in the middle leaves nothing,
// and that one that is refused does not send its file first.
func TestFileCutOff(t *testing.T) {
	d := openFiles(t)
	const head = "POST /chat/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n%s\r\n"
	const part = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
	dial := func(user string, length int, header, body string) net.Conn {
		conn, err := net.Dial("tcp", d.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = fmt.Fprintf(conn, head+body, user, length, header)
		return conn
	}
	conn := dial("ann", 10_000_000, "", part+strings.Repeat("x", 1_000_000))
	eventually(t, "the upload has begun", func() bool { return d.blobs.putting.Load() == 1 && len(d.left()) == 1 })
	_ = conn.Close()
	eventually(t, "nothing is left", func() bool { return d.blobs.putting.Load() == 0 && len(d.left()) == 0 })

	for user, status := range map[string]string{"nobody": "401", "ann": "413"} {
		conn := dial(user, 100_000_000, "Expect: 100-continue\r\n", "")
		answer := make([]byte, 12)
		if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 "+status {
			t.Errorf("%s: %q %v", user, answer, err)
		}
		_ = conn.Close()
	}
}

// TestFileReaders holds that a client that takes nothing is not kept for ever, and
// that one that is slow is.
func TestFileReaders(t *testing.T) {
	d := openFilesWith(t, func(o *api.Options) { o.Patience = 300 * time.Millisecond })
	const size = 20 << 20 // more than two sockets hold
	body, contentType := form("file", "a", random(size))
	id := field(t, d.send("ann", contentType, body).body, "fileId")
	get := func() net.Conn {
		conn, err := net.Dial("tcp", d.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = fmt.Fprintf(conn, "GET /chat/files/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nConnection: close\r\n\r\n", id)
		return conn
	}
	get()
	eventually(t, "the file is open", func() bool { return d.blobs.open.Load() == 1 })
	eventually(t, "the file is closed", func() bool { return d.blobs.open.Load() == 0 })
	if read := d.blobs.read.Load(); read >= size {
		t.Errorf("all of it was sent: %d bytes", read)
	}

	slow := get()
	begin, total := time.Now(), 0
	part := make([]byte, 2<<20)
	for tick := time.NewTicker(50 * time.Millisecond); ; <-tick.C {
		n, err := io.ReadFull(slow, part)
		if total += n; err != nil {
			break
		}
	}
	if total < size || time.Since(begin) < 400*time.Millisecond {
		t.Errorf("%d bytes in %v", total, time.Since(begin))
	}
}

// TestFileFaults holds what a reader is told when the bytes cannot be read, and
// that the log says why.
func TestFileFaults(t *testing.T) {
	d := openFiles(t)
	id := d.upload("ann", "a.txt", "hello")
	fault := errors.New("the disk is on fire")
	d.blobs.fault.Store(&fault)
	req, err := http.NewRequest("GET", d.URL+"/chat/files/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ann")
	if resp, err := d.Client().Do(req); err == nil {
		got, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err == nil {
			t.Errorf("%d %s", resp.StatusCode, got)
		}
	}
	if log := d.log.String(); !strings.Contains(log, "the disk is on fire") {
		t.Error(log)
	}
}

// TestFilesAtOnce holds that many uploads do not meet, and how many a user may have
// running.
func TestFilesAtOnce(t *testing.T) {
	d := openFiles(t)
	var wg sync.WaitGroup
	for i, user := range []string{"ann", "bob", "cid", "ann", "bob", "cid", "ann", "bob"} {
		wg.Go(func() {
			content := strings.Repeat(fmt.Sprint(i), 300_000)
			body, contentType := form("file", "a", strings.NewReader(content))
			r := d.send(user, contentType, body)
			if r.status != 201 {
				t.Errorf("%d %s", r.status, r.body)
				return
			}
			if got := d.call(user, "GET", "/chat/files/"+field(t, r.body, "fileId"), ""); got.body != content {
				t.Errorf("file %d came back changed", i)
			}
		})
	}
	wg.Wait()

	var held []*io.PipeWriter
	for range 8 {
		r, w := io.Pipe()
		held = append(held, w)
		body, contentType := form("file", "a", r)
		wg.Go(func() {
			if got := d.send("ann", contentType, body); got.status != 201 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
		_, _ = io.WriteString(w, "x")
	}
	eventually(t, "eight uploads run", func() bool { return d.blobs.putting.Load() == 8 })
	body, contentType := form("file", "a", strings.NewReader("hello"))
	refused := d.send("ann", contentType, body)
	check(t, refused, 429, "~Too many uploads at once")
	if refused.header.Get("Retry-After") != "1" {
		t.Errorf("%v", refused.header)
	}
	d.upload("bob", "a", "hello")
	for _, w := range held {
		_ = w.Close()
	}
	wg.Wait()
	d.upload("ann", "a", "hello")
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came true: " + what)
		}
	}
}
