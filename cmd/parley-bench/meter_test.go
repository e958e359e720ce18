package main

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queries := 0.0
		m := meter{pid: os.Getpid(), queries: func(context.Context) float64 { queries += 30; return queries }}
		s, err := m.during(t.Context(), 10*time.Second)
		if err != nil || s.elapsed != 10*time.Second || s.queriesPerSecond() != 3 || s.share() < 0 {
			t.Errorf("%+v, %v", s, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := m.during(ended, time.Hour); err == nil {
			t.Error("what was cut short is no measure")
		}
	})
	if got := (spell{elapsed: 4 * time.Second, cpu: time.Second}).share(); got != 25 {
		t.Errorf("%v %%, want 25", got)
	}
}
