package store

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkDeliveries looks for what is next among 100,000 deliveries of 10,000 rooms
// to a webhook that was away: while all are postponed, and when all are due. A round
// of the latter leases one and postpones it.
//
//	go test -run '^$' -bench Deliveries -benchtime 500x ./store
func BenchmarkDeliveries(b *testing.B) {
	const rooms, each = 10_000, 10
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			url := db.url(b)
			if err := MigrateUp(b.Context(), url); err != nil {
				b.Fatal(err)
			}
			s := open(b, Options{URL: url})
			at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			rows := make([]deliveryRow, 0, rooms*each)
			for n := range each {
				for r := range rooms {
					rows = append(rows, deliveryRow{
						ID: fmt.Sprint(n, "-", r), WebhookID: "v", RoomID: fmt.Sprint("room", r), Event: "message.created",
						Body: make([]byte, 500), DueAt: toMillis(at) + int64(r),
					})
				}
			}
			if err := s.db.write.CreateInBatches(rows, 1000).Error; err != nil {
				b.Fatal(err)
			}
			lease := func(b *testing.B, now time.Time, want int) string {
				got, err := s.LeaseDeliveries(b.Context(), now, now.Add(time.Minute), 1)
				if err != nil || len(got) != want {
					b.Fatalf("%d leased, want %d: %v", len(got), want, err)
				}
				if want == 0 {
					return ""
				}
				return got[0].ID
			}
			b.Run("postponed", func(b *testing.B) {
				for b.Loop() {
					lease(b, at.Add(-time.Second), 0)
				}
			})
			b.Run("due", func(b *testing.B) {
				for b.Loop() {
					if err := s.Postpone(b.Context(), lease(b, at.Add(time.Hour), 1), at.Add(2*time.Hour), "no"); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
