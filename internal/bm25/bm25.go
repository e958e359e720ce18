// Package bm25 ranks passages for a question. It knows no database: a store finds
// the candidates and counts; the ranking is here, so that all databases give the
// same answer, and whoever tests the words of passages ranks by the same.
package bm25

import (
	"cmp"
	"math"
	"slices"
)

// What BM25 is tuned by: how soon a word's repetition stops to count, and how much a
// passage's length does. The values are those that are commonly used.
const (
	k1 = 1.2
	b  = 0.75
)

// Candidate is a passage that has at least one word of the question.
type Candidate struct {
	ID     int64
	Counts map[string]int // of the question's words alone
	Length int            // of the passage, in words, repeats included
}

// Stats describes all passages that could have been candidates: those of one chatbot.
// They need not be exact: what was added a moment ago may be missing.
type Stats struct {
	Passages      int
	AverageLength float64
	Holding       map[string]int // how many passages have a word of the question
}

// Rank returns the places in candidates of the best k, the best first, by BM25 as in
// Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond"
// (2009), with a weight of words that is never negative: ln(1 + (N-n+0.5)/(n+0.5)).
// Equal ones come by their ID. Candidates without a word of the question are left out.
func Rank(question []string, candidates []Candidate, stats Stats, k int) []int {
	scores := make([]float64, len(candidates))
	var found []int
	weights := stats.weights(question)
	average := max(stats.AverageLength, 1)
	for i, candidate := range candidates {
		norm := k1 * (1 - b + b*float64(candidate.Length)/average)
		for j, word := range question { // in one order: sums of floats depend on it
			if n := float64(candidate.Counts[word]); n > 0 {
				scores[i] += weights[j] * n * (k1 + 1) / (n + norm)
			}
		}
		if scores[i] > 0 {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(x, y int) int {
		return cmp.Or(cmp.Compare(scores[y], scores[x]), cmp.Compare(candidates[x].ID, candidates[y].ID))
	})
	return found[:max(0, min(k, len(found)))]
}

// weights returns how much each word of the question tells: the fewer passages have
// it, the more.
func (s Stats) weights(question []string) []float64 {
	list := make([]float64, len(question))
	for i, word := range question {
		n := float64(max(s.Holding[word], 0))
		all := max(float64(s.Passages), n)
		list[i] = math.Log(1 + (all-n+0.5)/(n+0.5))
	}
	return list
}
