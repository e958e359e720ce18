package main

import (
	"bufio"
	"context"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// spell is what a server used for a while.
type spell struct {
	elapsed, cpu time.Duration
	queries      float64 // of the database; NaN where the server does not count them
}

// share is the CPU time as a percentage of one core.
func (s spell) share() float64 { return 100 * s.cpu.Seconds() / s.elapsed.Seconds() }

func (s spell) queriesPerSecond() float64 { return s.queries / s.elapsed.Seconds() }

// meter reads what a server has used: its CPU time and, if it counts them, its
// database's queries.
type meter struct {
	pid     int
	queries func(context.Context) float64
}

// during measures for so long.
func (m meter) during(ctx context.Context, d time.Duration) (spell, error) {
	queries := m.queries(ctx)
	begun := time.Now()
	before, err := processUsage(m.pid)
	if err != nil {
		return spell{}, err
	}
	sleep(ctx, d)
	after, err := processUsage(m.pid)
	s := spell{elapsed: time.Since(begun), cpu: after.CPU - before.CPU}
	if err != nil {
		return spell{}, err
	}
	s.queries = m.queries(ctx) - queries
	return s, ctx.Err()
}

// queryMetric is the name under which a server may count its database's queries;
// without it the table has no lines of them.
const queryMetric = "parley_database_queries_total"

// queryCount reads the counter from the metrics that a server has at an address,
// NaN where there is none; the address may be off.
func queryCount(ops string) func(context.Context) float64 {
	return func(ctx context.Context) float64 {
		if ops == "off" {
			return math.NaN()
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ops+"/metrics", nil)
		if err != nil {
			return math.NaN()
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return math.NaN()
		}
		defer response.Body.Close()
		return sumOf(queryMetric, response.Body)
	}
}

// sumOf adds up a metric over all its labels, in Prometheus' text format; NaN if
// it is not there.
func sumOf(metric string, text io.Reader) float64 {
	sum, found := 0.0, false
	for lines := bufio.NewScanner(text); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), metric)
		if !ok || !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "{") {
			continue
		}
		value, _, _ := strings.Cut(strings.TrimSpace(rest[strings.LastIndexByte(rest, '}')+1:]), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			sum, found = sum+v, true
		}
	}
	if !found {
		return math.NaN()
	}
	return sum
}
