package limit_test

import (
	"strconv"
	"testing"
	"time"

	"parley/limit"
)

// BenchmarkAllow is the price of asking: of a limiter that is alone, and of one whose
// spending is asked for. Neither allocates.
func BenchmarkAllow(b *testing.B) {
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	for name, shared := range map[string]bool{"alone": false, "shared": true} {
		b.Run(name, func(b *testing.B) {
			l := limit.New(limit.Rate{Events: 1_000_000, Per: time.Second}, 1000, time.Now)
			if shared {
				l.Spent()
			}
			for _, k := range keys {
				l.Allow(k)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				l.Allow(keys[i%len(keys)])
			}
		})
	}
}
