package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// How patient a bucket is with its server.
const (
	s3Tries = 3
	// s3Start bounds the look at the bucket when it is opened, s3Clean what is
	// removed after a failure.
	s3Start = 30 * time.Second
	s3Clean = 30 * time.Second
	// s3Stale is how old an unfinished upload must be to be one that a crash
	// left: other nodes upload into the same bucket.
	s3Stale = 24 * time.Hour
)

// opaque is the type that objects have in the bucket. Whoever serves them from
// there, by mistake or by design, must not have browsers run them.
const opaque = "application/octet-stream"

// S3 keeps files in a bucket of an S3-compatible server. An object appears there
// whole or not at all.
type S3 struct {
	core      *minio.Core
	transport *http.Transport
	config    s3Config
	hide      *strings.Replacer // takes the keys out of errors
	log       *slog.Logger
}

// OpenS3 makes sure that the bucket is there, with keys that may list it, and
// ends what uploads a crash has left more than a day ago.
func OpenS3(ctx context.Context, o Options) (*S3, error) {
	config, err := parseS3(o.URL)
	if err != nil {
		return nil, err
	}
	if o.AccessKey == "" || o.SecretKey == "" {
		return nil, errors.New("files: s3 needs an access key and a secret key")
	}
	s := &S3{
		transport: newTransport(), config: config, log: o.Log,
		hide: strings.NewReplacer(o.AccessKey, "***", o.SecretKey, "***"),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.core, err = config.client(o.AccessKey, o.SecretKey, s.transport); err != nil {
		return nil, s.fault("settings", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s3Start)
	defer cancel()
	there, err := s.core.BucketExists(ctx, config.bucket)
	if err == nil && !there {
		err = errors.New("there is no such bucket")
	}
	if err != nil {
		return nil, errors.Join(s.fault("bucket "+config.bucket, err), s.Close())
	}
	if err := s.sweep(ctx, time.Now().Add(-s3Stale)); err != nil {
		s.log.Warn("unfinished uploads cannot be removed from the bucket", "error", err)
	}
	return s, nil
}

// Close ends the connections that nothing is asked for on.
func (s *S3) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// sweep ends the unfinished uploads that began before the time.
func (s *S3) sweep(ctx context.Context, before time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for upload := range s.core.ListIncompleteUploads(ctx, s.config.bucket, s.config.prefix, true) {
		if upload.Err != nil {
			return s.fault("list uploads", upload.Err)
		}
		if id := strings.TrimPrefix(upload.Key, s.config.prefix); !isID(id) || !upload.Initiated.Before(before) {
			continue
		}
		if err := s.core.AbortMultipartUpload(ctx, s.config.bucket, upload.Key, upload.UploadID); err != nil {
			return s.fault("end an upload", err)
		}
	}
	return nil
}

// Open opens a file; see [chat.Blobs]. What is read until it is closed is asked
// for under ctx. It is not for use at once.
func (s *S3) Open(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	if !isID(id) {
		return nil, fs.ErrNotExist
	}
	info, err := s.core.StatObject(ctx, s.config.bucket, s.key(id), minio.StatObjectOptions{})
	if err != nil {
		return nil, s.fault("open", err)
	}
	return &object{ctx: ctx, s3: s, key: s.key(id), size: info.Size}, nil
}

// Remove removes a file; see [chat.Blobs].
func (s *S3) Remove(ctx context.Context, id string) error {
	if !isID(id) {
		return nil
	}
	err := s.core.RemoveObject(ctx, s.config.bucket, s.key(id), minio.RemoveObjectOptions{})
	if err = s.fault("remove", err); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *S3) key(id string) string { return s.config.prefix + id }

// fault is an error of the server's or of the way to it, nil for nil. The keys
// are out of its text, whoever put them in.
func (s *S3) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	text := s.hide.Replace(fmt.Sprintf("files: s3: %s: %v", doing, err))
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		err = fs.ErrNotExist
	}
	return &s3Error{text, err}
}

type s3Error struct {
	text  string
	cause error
}

func (e *s3Error) Error() string { return e.text }

// Unwrap lets an end of the context be known.
func (e *s3Error) Unwrap() error { return e.cause }
