package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/minio/minio-go/v7"

	"parley/files"
	"parley/files/filestest"
	"parley/internal/testenv"
)

// openS3 opens a prefix of the server's bucket for as long as the test runs.
func openS3(t *testing.T, server *testenv.S3Server, prefix string, log io.Writer) *files.S3 {
	t.Helper()
	s, err := files.OpenS3(t.Context(), files.Options{
		URL: server.URL(prefix), AccessKey: server.AccessKey, SecretKey: server.SecretKey, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// objects lists the bucket below the prefix, unfinished uploads included.
func objects(t *testing.T, server *testenv.S3Server, prefix string) []string {
	t.Helper()
	client, err := server.Client()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for o := range client.ListObjects(t.Context(), server.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		names = append(names, strings.TrimPrefix(o.Key, prefix))
	}
	for u := range client.ListIncompleteUploads(t.Context(), server.Bucket, prefix, true) {
		if u.Err != nil {
			t.Fatal(u.Err)
		}
		names = append(names, "unfinished "+u.Key)
	}
	slices.Sort(names)
	return names
}

func TestS3(t *testing.T) {
	server := testenv.S3(t)
	filestest.Run(t, func(t *testing.T) filestest.Place {
		prefix := "files/" + filestest.NewID()
		return filestest.Place{
			Blobs: openS3(t, server, prefix, io.Discard),
			Names: func() []string { return objects(t, server, prefix+"/") }, Memory: 6 << 20,
		}
	})
}

// TestS3CleansUp holds that old unfinished uploads of ours go, and no others.
func TestS3CleansUp(t *testing.T) {
	server := testenv.S3(t)
	s := openS3(t, server, "files", io.Discard)
	client, err := server.Client()
	if err != nil {
		t.Fatal(err)
	}
	core := minio.Core{Client: client}
	left, foreign := "files/"+filestest.NewID(), "files/video.mp4"
	for _, key := range []string{left, foreign} {
		upload, err := core.NewMultipartUpload(t.Context(), server.Bucket, key, minio.PutObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := core.PutObjectPart(t.Context(), server.Bucket, key, upload, 1, strings.NewReader("x"), 1, minio.PutObjectPartOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	openS3(t, server, "files", io.Discard) // they are not old
	if got, want := objects(t, server, ""), []string{"unfinished " + left, "unfinished " + foreign}; !slices.Equal(got, want) {
		t.Fatalf("there is %q, want %q", got, want)
	}
	if err := files.Sweep(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got, want := objects(t, server, ""), []string{"unfinished " + foreign}; !slices.Equal(got, want) {
		t.Errorf("there is %q, want %q", got, want)
	}
}

// TestS3Outage holds that a server that is gone is an error and not a wait, in the
// middle of a file too, and that all is well when it is back.
func TestS3Outage(t *testing.T) {
	server := testenv.S3(t)
	var log bytes.Buffer
	s := openS3(t, server, "files", &log)
	kept := filestest.NewID()
	content := bytes.Repeat([]byte("x"), 9<<20)
	if _, _, err := s.Put(t.Context(), kept, "x", bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	open, err := s.Open(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	stop := readerFunc(func([]byte) (int, error) { return 0, errors.Join(server.Stop(), io.EOF) })
	if _, _, err := s.Put(t.Context(), filestest.NewID(), "x", io.MultiReader(bytes.NewReader(content), stop, bytes.NewReader(content))); err == nil {
		t.Error("a file was stored by a server that was gone")
	}
	if _, err := io.ReadAll(open); err == nil {
		t.Error("a file was read from a server that was gone")
	}
	if f, err := s.Open(t.Context(), kept); err == nil {
		t.Errorf("opened: %v", f)
	}
	if !strings.Contains(log.String(), "left in the bucket") || strings.Contains(log.String(), server.SecretKey) {
		t.Errorf("the log says %s", log.String())
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(open); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestS3KeepsItsKeys holds that neither key is in any error.
func TestS3KeepsItsKeys(t *testing.T) {
	server := testenv.S3(t)
	for name, o := range map[string]files.Options{
		"wrong secret": {URL: server.URL(""), AccessKey: server.AccessKey, SecretKey: "wrong-secret"},
		"wrong access": {URL: server.URL(""), AccessKey: "wrong-access", SecretKey: server.SecretKey},
		"no bucket":    {URL: "s3://nothing-here?endpoint=" + server.Endpoint, AccessKey: server.AccessKey, SecretKey: server.SecretKey},
		"keys as text": {URL: "s3://secret-bucket?endpoint=" + server.Endpoint, AccessKey: "secret", SecretKey: "bucket"},
	} {
		s, err := files.OpenS3(t.Context(), o)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s was opened", name)
			continue
		}
		t.Logf("%s: %v", name, err)
		if strings.Contains(err.Error(), o.AccessKey) || strings.Contains(err.Error(), o.SecretKey) {
			t.Errorf("%s: a key is in %q", name, err)
		}
	}
	s := openS3(t, server, "", io.Discard)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Put(ctx, filestest.NewID(), "x", iotest.ErrReader(io.ErrNoProgress)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
