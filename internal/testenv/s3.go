package testenv

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Server is a VersityGW of one's own, an S3 server over a directory, reached over
// HTTP on 127.0.0.1. It dies with this process, however that ends. Its methods are
// not for use at once.
type S3Server struct {
	// Bucket is there and empty at first.
	Endpoint, Bucket, AccessKey, SecretKey string

	dir, program string
	port         int
	child
}

// S3 starts a server that goes with the test. Its program is built the first time
// (about a minute), and kept in Go's build cache.
func S3(tb testing.TB) *S3Server {
	tb.Helper()
	program, err := s3Program()
	if err != nil {
		tb.Fatal(err)
	}
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	s := &S3Server{
		Endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), Bucket: "parley",
		AccessKey: "parley-access", SecretKey: "parley-secret", dir: tb.TempDir(), program: program, port: port,
	}
	s.child = child{name: "versitygw", log: s.path("log")}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	if err := errors.Join(os.Mkdir(s.path("data"), 0o700), os.Mkdir(s.path("meta"), 0o700)); err != nil {
		tb.Fatal(err)
	}
	if err := s.Start(); err != nil {
		tb.Fatal(err)
	}
	client, err := s.Client()
	if err == nil {
		err = client.MakeBucket(context.Background(), s.Bucket, minio.MakeBucketOptions{})
	}
	if err != nil {
		tb.Fatalf("testenv: make a bucket: %v", err)
	}
	return s
}

// s3Program returns the path of the server's program.
var s3Program = sync.OnceValues(func() (string, error) {
	root, err := os.Getwd()
	for ; err == nil; root = filepath.Dir(root) {
		if _, e := os.Stat(filepath.Join(root, "tools", "s3", "go.mod")); e == nil {
			break
		}
		if root == filepath.Dir(root) {
			err = errors.New("no tools/s3/go.mod above the test's directory")
		}
	}
	if err != nil {
		return "", fmt.Errorf("testenv: %w", err)
	}
	cmd := exec.Command("go", "tool", "-n", "versitygw")
	cmd.Dir = filepath.Join(root, "tools", "s3")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	path, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("testenv: build versitygw: %w: %s", err, complaints.String())
	}
	return strings.TrimSpace(string(path)), nil
})

// URL names the bucket as Parley's setting does, with a prefix of one's own.
func (s *S3Server) URL(prefix string) string {
	return fmt.Sprintf("s3://%s/%s?endpoint=%s", s.Bucket, prefix, s.Endpoint)
}

// Client returns a client of its own.
func (s *S3Server) Client() (*minio.Client, error) {
	return minio.New(strings.TrimPrefix(s.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath,
		Transport: &http.Transport{DisableKeepAlives: true},
	})
}

func (s *S3Server) path(name string) string { return filepath.Join(s.dir, name) }

// Start starts the server again after Stop, with what it holds. It returns when
// the server answers.
func (s *S3Server) Start() error {
	cmd := exec.Command(s.program, "--quiet", "--port", strings.TrimPrefix(s.Endpoint, "http://"), "--health", "/health",
		"posix", "--sidecar", s.path("meta"), s.path("data"))
	cmd.Dir = s.dir
	cmd.Env = []string{"ROOT_ACCESS_KEY=" + s.AccessKey, "ROOT_SECRET_KEY=" + s.SecretKey, "HOME=" + s.dir}
	if err := s.start(cmd, syscall.SIGKILL); err != nil {
		return fmt.Errorf("testenv: start versitygw: %w", err)
	}
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return s.await(func(context.Context) error {
		resp, err := client.Get(s.Endpoint + "/health")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	})
}

// Stop ends the server at once, as a crash would.
func (s *S3Server) Stop() error { return s.end(syscall.SIGKILL) }
