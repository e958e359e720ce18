package main

import (
	"os"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	stat := "42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 9 0 100 1000000 256 18446744073709551615 1"
	u, err := parseStat([]byte(stat), 4096)
	if err != nil {
		t.Fatal(err)
	}
	if want := (usage{CPU: 2 * time.Second, RSS: 256 * 4096}); u != want {
		t.Errorf("got %+v, want %+v", u, want)
	}
	if _, err := parseStat([]byte("42 (x) S 1"), 4096); err == nil {
		t.Error("a short line is no usage")
	}
}

func TestProcessUsage(t *testing.T) {
	u, err := processUsage(os.Getpid())
	if err != nil || u.RSS < 1<<20 {
		t.Errorf("%+v, %v", u, err)
	}
	if u, err := processUsage(0); err != nil || u != (usage{}) {
		t.Errorf("%+v, %v", u, err)
	}
}
