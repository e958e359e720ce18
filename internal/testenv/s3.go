package testenv

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	process      *os.Process
	gone         chan struct{} // closed when the server has ended
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
	if err := s.spawn(); err != nil {
		return fmt.Errorf("testenv: start versitygw: %w", err)
	}
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(startTimeout); ; {
		resp, err := client.Get(s.Endpoint + "/health")
		if err == nil {
			_ = resp.Body.Close()
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("testenv: versitygw does not answer: %w", err), s.Stop())
		}
		select {
		case <-s.gone:
			log, _ := os.ReadFile(s.path("log"))
			return fmt.Errorf("testenv: versitygw ended at once: %s", log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// spawn starts the process from a thread that lives as long as the process does;
// see PostgresServer.
func (s *S3Server) spawn() error {
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(s.program, "--quiet", "--port", strings.TrimPrefix(s.Endpoint, "http://"), "--health", "/health",
		"posix", "--sidecar", s.path("meta"), s.path("data"))
	cmd.Dir = s.dir
	cmd.Env = []string{"ROOT_ACCESS_KEY=" + s.AccessKey, "ROOT_SECRET_KEY=" + s.SecretKey, "HOME=" + s.dir}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	s.gone = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread() // or the thread ends, and with it what else was started from it before
		defer close(s.gone)
		defer log.Close()
		err := cmd.Start()
		s.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return <-started
}

// Stop ends the server at once, as a crash would.
func (s *S3Server) Stop() error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("testenv: stop versitygw: %w", err)
	}
	select {
	case <-s.gone:
		return nil
	case <-time.After(startTimeout):
		return errors.New("testenv: versitygw does not stop")
	}
}
