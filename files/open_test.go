package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/files"
	"parley/files/filestest"
)

// TestOpenDirectory holds that all after file:// is a path, absolute or not.
func TestOpenDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for url, place := range map[string]string{
		"file://" + dir + "/absolute": "absolute", "file://data/files": "data/files", "file://odd%20name?x=1#y": "odd%20name?x=1#y",
	} {
		blobs, err := files.Open(t.Context(), files.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		id := filestest.NewID()
		if _, _, err := blobs.Put(t.Context(), id, "x", strings.NewReader("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, place, id[len(id)-2:], id)); err != nil {
			t.Error(err)
		}
		_ = blobs.(*files.Disk).Close()
	}
}

// TestURLs holds what an s3 URL may say.
func TestURLs(t *testing.T) {
	for url, want := range map[string]string{
		"s3://bucket": "https s3.us-east-1.amazonaws.com bucket . us-east-1",
		"s3://bucket/a/b/?endpoint=http://127.0.0.1:9000&region=eu-1&path_style=true": "http 127.0.0.1:9000 bucket .a/b/ eu-1",
		"s3://bucket/?region=eu-central-1&path_style=false":                           "https s3.eu-central-1.amazonaws.com bucket . eu-central-1",
		"s3://bucket?endpoint=https://minio.example/":                                 "https minio.example bucket . us-east-1",
	} {
		endpoint, bucket, prefix, region, secure, err := files.ParseS3(url)
		scheme := map[bool]string{true: "https", false: "http"}[secure]
		if got := strings.Join([]string{scheme, endpoint, bucket, "." + prefix, region}, " "); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", url, got, err, want)
		}
	}
}

// TestWrongURLs holds that mistakes are told at the start, without what was written
// where a key may have been put.
func TestWrongURLs(t *testing.T) {
	for _, url := range []string{
		"", "file://", "data/files", "https://s3cret.example", "S3://bucket", "s3://", "s3://B", "s3://s3cret:s3cret@bucket", "s3://bucket:99",
		"s3://key:s3cret/x@bucket", "s3://bucket#s3cret", "s3://bucket/../s3cret", "s3://bucket?endpoint=s3cret", "s3://bucket?endpoint=ftp://s3cret",
		"s3://bucket?endpoint=http://user:s3cret@host", "s3://bucket?endpoint=http://host/s3cret", "s3://bucket?endpoint=http://host%3Fs3cret",
		"s3://bucket?endpoint=", "s3://bucket?region=a&region=b", "s3://bucket?path_style=s3cret", "s3://bucket?secure=true", "s3://bucket?%zzs3cret",
	} {
		blobs, err := files.Open(t.Context(), files.Options{URL: url, AccessKey: "a", SecretKey: "b"})
		if err == nil {
			t.Errorf("%q was opened: %v", url, blobs)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, keys := range [][2]string{{"", ""}, {"a", ""}, {"", "b"}} {
		if _, err := files.Open(t.Context(), files.Options{URL: "s3://bucket", AccessKey: keys[0], SecretKey: keys[1]}); err == nil {
			t.Errorf("opened with the keys %q", keys)
		}
	}
}
