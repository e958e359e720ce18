package webhooks

import (
	"testing"
	"time"
)

// TestWait: 5 s, doubling, an hour at most, a fifth more or less by chance.
func TestWait(t *testing.T) {
	o, err := Options{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	d := &Dispatcher{Options: o}
	for attempts := 1; attempts <= 20; attempts++ {
		usual := min(5*time.Second<<(attempts-1), time.Hour)
		seen := map[time.Duration]bool{}
		for range 50 {
			wait := d.wait(attempts)
			if wait < usual*8/10 || wait > min(usual*12/10, time.Hour)+time.Millisecond {
				t.Errorf("after %d attempts: %v", attempts, wait)
			}
			seen[wait] = true
		}
		if len(seen) < 5 {
			t.Errorf("after %d attempts always %v", attempts, seen)
		}
	}
}
