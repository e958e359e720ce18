package gateway

import (
	"testing"
	"time"
)

// TestDrainTurns holds a node that is alone to sending everybody away at once, each
// to come back at their own time, and a node among several to serving each until
// their turn, one after the other.
func TestDrainTurns(t *testing.T) {
	const n = 100
	alone := Drain{Spread: 5 * time.Second}
	late := 0
	for i := range n {
		end, comeBack := alone.Turn(i, n)
		if end != 0 || comeBack < 0 || comeBack > 5*time.Second {
			t.Fatalf("alone: ends after %v, comes back after %v", end, comeBack)
		}
		if comeBack > 2500*time.Millisecond {
			late++
		}
	}
	if late < n/5 || late > n*4/5 {
		t.Errorf("alone: %d of %d come back in the second half", late, n)
	}
	among := Drain{Spread: 5 * time.Second, Notice: 2 * time.Second, Staged: true}
	for i := range n {
		end, comeBack := among.Turn(i, n)
		begin := 2*time.Second + time.Duration(i)*50*time.Millisecond
		if end < begin || end > begin+50*time.Millisecond || comeBack > comeBackWithin {
			t.Fatalf("among several: turn %d ends after %v, comes back after %v", i, end, comeBack)
		}
	}
	if end, _ := (Drain{Staged: true}).Turn(0, 0); end != 0 {
		t.Errorf("nobody, no time: %v", end)
	}
}
