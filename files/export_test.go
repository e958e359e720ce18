package files

import (
	"context"
	"time"
)

// Sweep ends every unfinished upload, however young.
func Sweep(ctx context.Context, s *S3) error { return s.sweep(ctx, time.Now().Add(time.Hour)) }

// ParseS3 says what an s3 URL means.
func ParseS3(url string) (endpoint, bucket, prefix, region string, secure bool, err error) {
	c, err := parseS3(url)
	return c.endpoint, c.bucket, c.prefix, c.region, c.secure, err
}
