package store

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkDocument adds a document of 20,000 passages while one sender posts, and
// asks it. What the posts wait is measured meanwhile:
//
//	go test -run '^$' -bench Document -benchtime 1x ./store
func BenchmarkDocument(b *testing.B) {
	passages := drawn(1, 20_000, 80)
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			url := db.url(b)
			if err := MigrateUp(b.Context(), url); err != nil {
				b.Fatal(err)
			}
			s := open(b, Options{URL: url})
			addChatbot(b, s, "bot")
			for i := range b.N {
				stop, waits := make(chan struct{}), make(chan []time.Duration)
				go func() { waits <- benchPosts(s, i, stop) }()
				begun := time.Now()
				add(b, s, fmt.Sprint("d", i), passages)
				b.ReportMetric(time.Since(begun).Seconds(), "s/document")
				close(stop)
				all := <-waits
				slices.SortFunc(all, cmp.Compare)
				b.ReportMetric(float64(len(all)), "posts")
				b.ReportMetric(float64(all[len(all)*99/100].Milliseconds()), "p99-ms/post")
				b.ReportMetric(float64(all[len(all)-1].Milliseconds()), "max-ms/post")
			}
			for name, q := range map[string][]string{
				"rare": {"w20000", "w900"}, "mixed": {"w0", "w5", "w70", "w400", "w6000"}, "frequent": {"w0", "w1", "w2", "w3"},
			} {
				begun := time.Now()
				for range 20 {
					if _, err := s.Passages(b.Context(), "bot", q, 8); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(time.Since(begun).Microseconds())/20_000, "ms/"+name)
			}
		})
	}
}

// benchPosts posts one message after another and returns what each has waited.
func benchPosts(s *Store, turn int, stop <-chan struct{}) (waits []time.Duration) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return waits
		default:
		}
		begun := time.Now()
		<-submit(s, post("r", fmt.Sprint("m", turn, "-", i), ""))
		waits = append(waits, time.Since(begun))
	}
}
