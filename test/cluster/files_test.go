package cluster

import (
	"bytes"
	"net/http"
	"testing"

	"parley/internal/testenv"
	"parley/test/harness"
)

// TestFilesOnEveryNode: what one node has taken in, every node gives out, to who may
// read it and to nobody else, and so does one that is started afterwards.
func TestFilesOnEveryNode(t *testing.T) {
	store := testenv.S3(t)
	nodes := harness.StartNodes(t, 3, "PARLEY_FILES_URL="+store.URL("cluster"),
		"PARLEY_S3_ACCESS_KEY="+store.AccessKey, "PARLEY_S3_SECRET_KEY="+store.SecretKey)
	first, second := nodes.Servers[0], nodes.Servers[1]
	room := first.Room(t, "alice", "bob")
	content := bytes.Repeat([]byte("one node's bytes are every node's\n"), 10_000)
	status, file := first.Upload(t, "alice", "notes.txt", content)
	if status != http.StatusCreated {
		t.Fatalf("the file is not taken: %d", status)
	}
	status, answer := second.Call(t, http.MethodPost, "/chat/messages", harness.Token(t, "alice", "user"),
		map[string]any{"roomId": room, "contentType": "file", "files": []string{file}})
	if status != http.StatusCreated {
		t.Fatalf("a node does not know what another took in: %d %v", status, answer)
	}
	first.Stop()
	first.Run()
	for i, s := range nodes.Servers {
		if status, got := s.Download(t, "bob", file); status != http.StatusOK || !bytes.Equal(got, content) {
			t.Errorf("node %d gives %d and %d of %d bytes", i+1, status, len(got), len(content))
		}
		if status, _ := s.Download(t, "mallory", file); status != http.StatusNotFound {
			t.Errorf("node %d answers %d to who is not in the room", i+1, status)
		}
	}
}
