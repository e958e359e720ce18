package main

import (
	"bytes"
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

var smallPolling = polling{
	customers: 6, every: 20 * time.Millisecond, wait: 10 * time.Second, settle: 50 * time.Millisecond,
	few: 2, fewRate: 100, rate: 200, part: 300 * time.Millisecond,
	room:    shape{Connections: 4, Rooms: 1, RoomsPerClient: 1, ConnectTimeout: 20 * time.Second},
	traffic: traffic{Senders: 2, Size: 64, Window: 1, Rate: 100, Warmup: 20 * time.Millisecond},
}

func noQueries(context.Context) float64 { return math.NaN() }

func mustPoll(t *testing.T, desk *fakeDesk) (pollFigures, check) {
	t.Helper()
	f := &fakeParley{t: t, desk: desk}
	target := f.serve()
	target.PID = os.Getpid()
	figures, c, err := measurePolls(t.Context(), target, smallPolling, noQueries)
	if err != nil {
		t.Fatal(err)
	}
	return figures, c
}

func TestPollsCountEveryAnswer(t *testing.T) {
	desk := &fakeDesk{}
	f, c := mustPoll(t, desk)
	if err := c.err(); err != nil {
		t.Error(err)
	}
	said := 0
	for _, v := range desk.conversations {
		said += len(v.texts) - 1
	}
	roomSent := c.Received - uint64(said) // what is left are the room's deliveries
	if said == 0 || c.Sent != uint64(said)+roomSent/uint64(smallPolling.room.Connections) || c.Expected != c.Received {
		t.Errorf("%d were written to customers: %v", said, c)
	}
	marked := 0
	for _, v := range desk.conversations {
		for _, text := range v.texts {
			if _, ok := parseMarker(text); ok {
				marked++
			}
		}
	}
	if f.answered.Count != int64(marked) || marked == 0 || f.answered.P50 <= 0 || f.room.Count == 0 {
		t.Errorf("%d marked messages: %v", marked, f)
	}
	if f.polled.Count == 0 || f.polled.P50 <= 0 || f.polling.elapsed < smallPolling.part || f.held.elapsed < smallPolling.part {
		t.Error(f)
	}
}

func TestPollsSeeBrokenPromises(t *testing.T) {
	tests := map[string]struct {
		desk *fakeDesk
		want func(check) bool
	}{
		"twice": {
			&fakeDesk{misdeliver: func(id int) []int {
				if id == 2 {
					return []int{2, 2}
				}
				return []int{id}
			}},
			func(c check) bool { return c.Duplicates == uint64(smallPolling.customers) && c.Lost == 0 },
		},
		"lost": {
			&fakeDesk{misdeliver: func(id int) []int {
				if id == 2 {
					return nil
				}
				return []int{id}
			}},
			func(c check) bool { return c.Lost > 0 && c.Duplicates == 0 },
		},
		"impatient": {
			&fakeDesk{impatient: true},
			func(c check) bool { return c.Faults["a wait has ended without news"] > 0 && c.Lost == 0 },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, c := mustPoll(t, tt.desk); c.err() == nil || !tt.want(c) {
				t.Error(c)
			}
		})
	}
}

func TestCPUPerPoll(t *testing.T) {
	f := pollFigures{
		polled:  percentiles{Count: 5000},
		alone:   spell{elapsed: 5 * time.Second, cpu: time.Second, queries: 500},
		polling: spell{elapsed: 10 * time.Second, cpu: 3 * time.Second, queries: 6000},
	}
	if got := f.cpuPerPoll(); math.Abs(got-200) > 1e-9 {
		t.Errorf("%v µs, want 200", got)
	}
	if got := f.queriesPerPoll(); math.Abs(got-1) > 1e-9 {
		t.Errorf("%v queries, want 1", got)
	}
}

func TestPollLines(t *testing.T) {
	round := func(took time.Duration, queries float64) pollFigures {
		f := pollFigures{
			alone: spell{elapsed: time.Second, queries: queries}, polling: spell{elapsed: time.Second, queries: queries},
			nobody: spell{elapsed: time.Second, queries: queries}, held: spell{elapsed: time.Second, queries: queries},
		}
		f.answered.P50, f.room.P50, f.room.P99 = took, 10*time.Millisecond, 10*time.Millisecond
		return f
	}
	lines := pollLines(customersPolling, []pollFigures{round(60*time.Millisecond, math.NaN()), round(20*time.Millisecond, math.NaN()), round(30*time.Millisecond, math.NaN())})
	if len(lines) != 7 || shortOf(lines) != 0 || lines[4].verdict() != "PASS" || lines[4].ratio() != 3 {
		t.Errorf("%+v", lines)
	}
	if lines := pollLines(customersPolling, []pollFigures{round(60*time.Millisecond, math.NaN())}); shortOf(lines) != 1 {
		t.Errorf("60 ms is too long: %+v", lines[4])
	}
	lines = pollLines(customersPolling, []pollFigures{round(1*time.Millisecond, 0)})
	var out bytes.Buffer
	if err := writeTable(&out, lines); err != nil || len(lines) != 9 || !strings.Contains(out.String(), "queries") || strings.Contains(out.String(), "NaN") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestQueryCount(t *testing.T) {
	metrics := `# TYPE parley_database_queries_total counter
parley_database_queries_total{kind="read"} 40
parley_database_queries_total{kind="write"} 2e0
parley_database_queries_totally 7
`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(metrics)) }))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	count := queryCount(strings.TrimPrefix(server.URL, "http://"))
	if got := count(t.Context()); got != 42 {
		t.Error(got)
	}
	metrics = "parley_connections 3\nparley_database_queries_total 5\n"
	if got := count(t.Context()); got != 5 {
		t.Error(got)
	}
	for _, metrics = range []string{"", "parley_connections 3\n"} {
		if got := count(t.Context()); !math.IsNaN(got) {
			t.Errorf("%q: %v", metrics, got)
		}
	}
	if got := queryCount("off")(t.Context()); !math.IsNaN(got) {
		t.Error(got)
	}
}

func TestParseMarker(t *testing.T) {
	if due, ok := parseMarker(markedText(1234567)); !ok || due != 1234567 {
		t.Error(due, ok)
	}
	for _, text := range []string{"", "t", plainText(7), "that is no marker, and no time"} {
		if due, ok := parseMarker(text); ok {
			t.Errorf("%q: %v", text, due)
		}
	}
}
