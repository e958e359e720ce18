package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/files"
)

// TestDatabaseURLFile: every command reads the file, and says if it cannot.
func TestDatabaseURLFile(t *testing.T) {
	clean(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "url")
	t.Setenv("PARLEY_DATABASE_URL_FILE", file)
	if _, err := parley(t, "", "migrate", "status"); err == nil || !strings.Contains(err.Error(), "PARLEY_DATABASE_URL_FILE") {
		t.Errorf("without the file: %v", err)
	}
	for content, want := range map[string]string{"\n": "is empty", "sqlite://" + filepath.Join(dir, "filed.db") + "\n": ""} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := parley(t, "", "migrate", "up")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("a file that holds %q: %v", content, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "filed.db")); err != nil {
		t.Error(err)
	}
}

// TestFilesOfOneNode: who runs several nodes is told where that loses files.
func TestFilesOfOneNode(t *testing.T) {
	for url, want := range map[string]bool{"file:///data/files": true, "s3://bucket": false} {
		var log bytes.Buffer
		s := &server{settings: settings{
			log: slog.New(slog.NewTextHandler(&log, nil)), files: files.Options{URL: url},
			redisURL: "redis://127.0.0.1:1", nodeURL: "http://127.0.0.1:3000",
		}}
		if err := s.wireNodes(); err != nil {
			t.Fatal(err)
		}
		if err := s.bus.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(log.String(), "PARLEY_FILES_URL"); got != want {
			t.Errorf("%s: the log says %q", url, &log)
		}
	}
}
