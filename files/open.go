package files

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"parley/chat"
)

// Options say where the bytes are.
type Options struct {
	// URL is file://PATH, where all after file:// is the path, or
	// s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=REGION&path_style=true, of
	// which the bucket alone is required.
	URL string
	// AccessKey and SecretKey are for s3. No error holds either.
	AccessKey, SecretKey string
	// Log is told what went wrong beside the calls; nil is the default logger.
	Log *slog.Logger
}

// Open makes sure that the place is there and may be written to, and removes what
// uploads have left there that a crash ended. What it returns is also an
// [io.Closer].
func Open(ctx context.Context, o Options) (chat.Blobs, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if dir, ok := strings.CutPrefix(o.URL, "file://"); ok {
		return OpenDisk(dir)
	}
	if strings.HasPrefix(o.URL, "s3://") {
		return OpenS3(ctx, o)
	}
	return nil, errors.New("files: the URL begins with neither file:// nor s3://")
}

// errID refuses what no file is called.
func errID(id string) error { return fmt.Errorf("files: %q is no UUID", id) }
