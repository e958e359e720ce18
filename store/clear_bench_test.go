package store

import (
	"fmt"
	"testing"
	"time"

	"parley/chat"
)

// BenchmarkClear clears a room of 50,000 messages, indexed for search, and then
// reads its first page with one message behind the clearing:
//
//	go test -run '^$' -bench Clear -benchtime 1x ./store
func BenchmarkClear(b *testing.B) {
	const messages = 50_000
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			url := db.url(b)
			if err := MigrateUp(b.Context(), url); err != nil {
				b.Fatal(err)
			}
			s := open(b, Options{URL: url})
			for i := range b.N {
				room := fmt.Sprint("r", i)
				var last <-chan result
				for k := range messages {
					if r := submit(s, say(room, fmt.Sprintf("%s-%06d", room, k), benchText)); k%4096 == 0 {
						<-r
					} else {
						last = r
					}
				}
				<-last
				if err := s.Indexed(b.Context()); err != nil {
					b.Fatal(err)
				}
				begun := time.Now()
				r := <-submit(s, chat.Command{Room: room, Decide: func(chat.State) (chat.Effects, error) {
					return chat.Effects{Clear: true}, nil
				}})
				if r.err != nil {
					b.Fatal(r.err)
				}
				b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ms/clear")
				begun = time.Now()
				if err := s.Indexed(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ms/index")
				<-submit(s, say(room, room+"-next", "word"))
				begun = time.Now()
				page, n, err := s.Messages(b.Context(), chat.MessageQuery{Room: room, Page: chat.Page{Limit: 20}}, true)
				if err != nil || len(page) != 1 || n != 1 {
					b.Fatal(len(page), n, err)
				}
				b.ReportMetric(float64(time.Since(begun).Microseconds())/1000, "ms/page")
			}
		})
	}
}
