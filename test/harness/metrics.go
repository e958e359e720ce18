package harness

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Metric reads one number from a server's /metrics; ops is its PARLEY_OPS_ADDR.
func Metric(tb testing.TB, ops, name string) float64 {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ops+"/metrics", nil)
	if err != nil {
		tb.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				tb.Fatal(err)
			}
			return v
		}
	}
	tb.Fatalf("/metrics has no %s", name)
	return 0
}

// Eventually waits until ok holds, asking often, and fails the test with what it
// says last if that takes longer than limit.
func Eventually(tb testing.TB, limit time.Duration, ok func() (bool, string)) {
	tb.Helper()
	deadline := time.Now().Add(limit)
	for {
		done, state := ok()
		if done {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("not within %v: %s", limit, state)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
