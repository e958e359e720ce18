package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkPost is one message after the other on SQLite, without a network.
func BenchmarkPost(b *testing.B) {
	d := open(b)
	room := d.room()
	body := `{"roomId":"` + room + `","message":"hello there, how are you?"}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/chat/messages", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer ann")
		w := httptest.NewRecorder()
		d.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusCreated {
			b.Fatal(w.Body)
		}
	}
}
