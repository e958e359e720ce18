package files

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/minio/minio-go/v7"
)

// object reads a file of a bucket from wherever it is sought to. It asks the
// server when it is first read there, so that seeking costs nothing.
type object struct {
	ctx    context.Context // of the call of Open that made it
	s3     *S3
	key    string
	size   int64
	offset int64
	body   io.ReadCloser // from offset on; nil until it is asked for
	closed bool
}

func (o *object) Read(p []byte) (int, error) {
	if o.closed {
		return 0, fs.ErrClosed
	}
	if o.offset >= o.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if o.body == nil {
		if err := o.ask(); err != nil {
			return 0, err
		}
	}
	n, err := o.body.Read(p)
	o.offset += int64(n)
	if errors.Is(err, io.EOF) {
		if o.offset < o.size {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	return n, o.s3.fault("read", err)
}

func (o *object) ask() error {
	var get minio.GetObjectOptions
	if err := get.SetRange(o.offset, o.size-1); err != nil {
		return o.s3.fault("read", err)
	}
	body, _, _, err := o.s3.core.GetObject(o.ctx, o.s3.config.bucket, o.key, get)
	if err != nil {
		return o.s3.fault("read", err)
	}
	o.body = body
	return nil
}

func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += o.offset
	case io.SeekEnd:
		offset += o.size
	default:
		return 0, fs.ErrInvalid
	}
	if o.closed {
		return 0, fs.ErrClosed
	}
	if offset < 0 {
		return 0, fs.ErrInvalid
	}
	if offset != o.offset {
		o.release()
	}
	o.offset = offset
	return offset, nil
}

func (o *object) Close() error {
	o.closed = true
	o.release()
	return nil
}

// release gives the connection back, or ends it where the server would still send.
func (o *object) release() {
	if o.body != nil {
		_ = o.body.Close()
		o.body = nil
	}
}
