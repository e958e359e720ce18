package bm25_test

import (
	"math"
	"slices"
	"testing"

	"parley/internal/bm25"
)

func TestRank(t *testing.T) {
	question := []string{"gift", "card"}
	stats := bm25.Stats{Passages: 100, AverageLength: 100, Holding: map[string]int{"gift": 2, "card": 50}}
	candidates := []bm25.Candidate{
		{ID: 9, Counts: map[string]int{"card": 5}, Length: 100},
		{ID: 8, Counts: map[string]int{"gift": 1}, Length: 100},
		{ID: 7, Counts: map[string]int{"gift": 1}, Length: 100},
		{ID: 6, Counts: map[string]int{"gift": 1, "card": 1}, Length: 100},
		{ID: 5, Counts: map[string]int{"gift": 1}, Length: 50},
		{ID: 4, Counts: nil, Length: 50},
	}
	// The rare word weighs more, the shorter passage comes first, equals by ID.
	if got := bm25.Rank(question, candidates, stats, 10); !slices.Equal(got, []int{4, 3, 2, 1, 0}) {
		t.Errorf("ranked %v", got)
	}
	if got := bm25.Rank(question, candidates, stats, 2); !slices.Equal(got, []int{4, 3}) {
		t.Errorf("the best two: %v", got)
	}
	// Nothing that a store delivers makes it fail.
	for _, k := range []int{-1, 0, 3} {
		bm25.Rank(question, candidates, bm25.Stats{AverageLength: math.NaN()}, k)
		bm25.Rank(nil, nil, bm25.Stats{}, k)
	}
}
