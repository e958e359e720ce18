package main

import (
	"bytes"
	"context"
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestParseEnv(t *testing.T) {
	help := "  --open-users   Take unknown ids ($PARLEY_OPEN_USERS).\n --limit-x ($PARLEY_LIMIT_XS)"
	got, err := parseEnv("# why\n\nPARLEY_OPEN_USERS=true\n", help)
	if err != nil || !slices.Equal(got, []string{"PARLEY_OPEN_USERS=true"}) {
		t.Errorf("%v %v", got, err)
	}
	_, err = parseEnv("PARLEY_LIMIT_X=1\nnonsense\n", help)
	if err == nil || !strings.Contains(err.Error(), "PARLEY_LIMIT_X\n") || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v", err)
	}
}

func TestParseRatios(t *testing.T) {
	out := `goos: linux
BenchmarkPost64-2   	     100	  11234 ns/op	  0.5100 ratio	 12 B/op
BenchmarkPost64-2   	     100	  11234 ns/op	  1.2e-01 ratio
BenchmarkOther-2   	     100	  11234 ns/op
PASS`
	if got := parseRatios(out); !slices.Equal(got, []float64{0.51, 0.12}) {
		t.Error(got)
	}
}

func TestMedian(t *testing.T) {
	if m := median([]float64{5, 1, 3}); m != 3 {
		t.Error(m)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Error(m)
	}
}

func TestTable(t *testing.T) {
	peer := contender{name: "Node"}
	value := func(f float64) float64 { return f }
	ours, theirs := []float64{150, 100, 90}, []float64{100, 100, 100}
	lines := []line{
		compare("enough", peer, ours, theirs, value).atLeast(1),
		compare("too little", peer, ours, theirs, value).atLeast(1.1),
		compare("µs", peer, ours, theirs, value).atMost(1.4),
		compare("figure", peer, ours, theirs, value).figureAtMost(99),
		compare("shown", peer, ours, theirs, value),
		line{name: "ratio alone", parley: math.NaN(), peer: math.NaN(), peerName: "insert", ratios: []float64{0.5}}.atLeast(0.4),
	}
	var verdicts []string
	for _, l := range lines {
		verdicts = append(verdicts, l.verdict())
	}
	if want := []string{"PASS", "SHORT", "PASS", "SHORT", "", "PASS"}; !slices.Equal(verdicts, want) || shortOf(lines) != 2 {
		t.Errorf("got %v, want %v", verdicts, want)
	}
	var out bytes.Buffer
	if err := writeTable(&out, lines); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(rows) != 8 || !strings.Contains(rows[2], "| 100.0 ") || !strings.Contains(rows[2], "0.90 to 1.50") || !strings.Contains(rows[7], "| insert") {
		t.Error(out.String())
	}
	for _, row := range rows {
		if len([]rune(row)) != len([]rune(rows[0])) {
			t.Errorf("row is not aligned: %s", row)
		}
	}
}

func TestContenderThatEnds(t *testing.T) {
	c := contender{name: "broken", plain: true, command: func(string, string) *exec.Cmd {
		return exec.Command("sh", "-c", "echo no such luck; exit 3")
	}}
	_, err := c.start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no such luck") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}
