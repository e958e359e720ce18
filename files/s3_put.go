package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/minio/minio-go/v7"
)

// partSize is what a Put holds of a file in memory, at most: the smallest part
// that S3 takes before the last one.
const partSize = 5 << 20

// Put stores a file; see [chat.Blobs]. It keeps at most 5 MiB of it in memory, and
// never more than twice what has come. What fits there is sent as one object,
// more in parts that become one in the end.
func (s *S3) Put(ctx context.Context, id, name string, r io.Reader) (size int64, kind string, err error) {
	if !isID(id) {
		return 0, "", errID(id)
	}
	part, last, err := fill(ctx, r, nil)
	if err != nil {
		return 0, "", err
	}
	kind = mediaType(part[:min(len(part), sniffed)], name)
	if last {
		size = int64(len(part))
		err = s.putWhole(ctx, s.key(id), part)
	} else {
		size, err = s.putParts(ctx, s.key(id), part, r)
	}
	if err != nil {
		return 0, "", err
	}
	return size, kind, nil
}

// fill reads into part, over what it holds, until it is full or r has ended.
func fill(ctx context.Context, r io.Reader, part []byte) (filled []byte, last bool, err error) {
	for part = part[:0]; len(part) < partSize; {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		if len(part) == cap(part) {
			larger := make([]byte, len(part), min(partSize, max(64<<10, 2*cap(part))))
			copy(larger, part)
			part = larger
		}
		n, err := r.Read(part[len(part):cap(part)])
		part = part[:len(part)+n]
		if errors.Is(err, io.EOF) {
			return part, true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return part, false, nil
}

func (s *S3) putWhole(ctx context.Context, key string, content []byte) error {
	_, err := s.core.PutObject(ctx, s.config.bucket, key, bytes.NewReader(content), int64(len(content)), "", sum(content),
		minio.PutObjectOptions{ContentType: opaque, DisableContentSha256: true})
	if err == nil {
		return nil
	}
	s.forget(ctx, key)
	return s.fault("put", err)
}

// putParts sends the full first part and what r still has.
func (s *S3) putParts(ctx context.Context, key string, part []byte, r io.Reader) (size int64, err error) {
	upload, err := s.core.NewMultipartUpload(ctx, s.config.bucket, key, minio.PutObjectOptions{ContentType: opaque})
	if err != nil {
		return 0, s.fault("begin an upload", err)
	}
	defer func() {
		if err != nil {
			s.abort(ctx, key, upload)
		}
	}()
	var parts []minio.CompletePart
	for last := false; ; {
		if len(part) > 0 {
			sent, err := s.putPart(ctx, key, upload, len(parts)+1, part)
			if err != nil {
				return 0, err
			}
			parts = append(parts, sent)
			size += int64(len(part))
		}
		if last {
			break
		}
		if part, last, err = fill(ctx, r, part); err != nil {
			return 0, err
		}
	}
	if _, err = s.core.CompleteMultipartUpload(ctx, s.config.bucket, key, upload, parts, minio.PutObjectOptions{}); err != nil {
		s.forget(ctx, key)
		return 0, s.fault("complete an upload", err)
	}
	return size, nil
}

func (s *S3) putPart(ctx context.Context, key, upload string, number int, part []byte) (minio.CompletePart, error) {
	sent, err := s.core.PutObjectPart(ctx, s.config.bucket, key, upload, number, bytes.NewReader(part), int64(len(part)),
		minio.PutObjectPartOptions{Sha256Hex: sum(part), DisableContentSha256: true})
	return minio.CompletePart{PartNumber: number, ETag: sent.ETag}, s.fault("put a part", err)
}

// sum has the server refuse what arrives changed. (DisableContentSha256 beside it
// means that the library need not sum once more.)
func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

// abort ends an upload, also where the caller is gone. One that cannot be ended
// now is at a later start.
func (s *S3) abort(ctx context.Context, key, upload string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s3Clean)
	defer cancel()
	err := s.core.AbortMultipartUpload(ctx, s.config.bucket, key, upload)
	if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
		s.log.Warn("an unfinished upload is left in the bucket", "error", s.fault("end an upload", err))
	}
}

// forget removes what may have been stored without our hearing of it.
func (s *S3) forget(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s3Clean)
	defer cancel()
	if err := s.core.RemoveObject(ctx, s.config.bucket, key, minio.RemoveObjectOptions{}); err != nil {
		s.log.Warn("a file that nobody knows may be left in the bucket", "error", s.fault("remove", err))
	}
}
