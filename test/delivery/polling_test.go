package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"parley/test/harness"
)

// slack is how many goroutines may have come with a first use: readers of the
// database, connections of our own that are just closing.
const slack = 8

// polled makes one request of the polling transport.
func polled(t *testing.T, client *http.Client, url string, body []byte) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, url, res.StatusCode, text)
	}
	return string(text)
}

// Polling clients that open a session and never come back leave nothing behind
// once their heartbeat is overdue, whether they had connected or not.
func TestAbandonedPollingLeavesNothing(t *testing.T) {
	ops := harness.FreeAddr(t)
	s := harness.Start(t, unlimited, "PARLEY_OPS_ADDR="+ops, "PARLEY_HEARTBEAT_INTERVAL=2s", "PARLEY_HEARTBEAT_TIMEOUT=1s")
	token := harness.Token(t, "alice", "user")
	s.Room(t, "alice")
	client := &http.Client{Transport: &http.Transport{}}
	url := s.URL + "/realtime/?EIO=4&transport=polling"
	open := func(connect bool) {
		var hello struct{ Sid string }
		if err := json.Unmarshal([]byte(polled(t, client, url, nil)[1:]), &hello); err != nil {
			t.Fatal(err)
		}
		if connect {
			polled(t, client, url+"&sid="+hello.Sid, []byte(`40/chat,{"token":"`+token+`"}`))
		}
	}
	gone := func() (bool, string) {
		client.CloseIdleConnections()
		connections, sessions := harness.Metric(t, ops, "parley_connections"), harness.Metric(t, ops, "parley_sessions")
		return connections == 0 && sessions == 0, fmt.Sprintf("%v connections and %v sessions are left", connections, sessions)
	}
	open(true)
	harness.Eventually(t, harness.Patience, gone)
	before := harness.Metric(t, ops, "go_goroutines")

	const abandoned = 300
	for i := range abandoned {
		open(i%3 == 0)
	}
	harness.Eventually(t, 10*time.Second, gone)
	harness.Eventually(t, 10*time.Second, func() (bool, string) {
		now := harness.Metric(t, ops, "go_goroutines")
		return now <= before+slack, fmt.Sprintf("there were %v goroutines, now %v", before, now)
	})
}
