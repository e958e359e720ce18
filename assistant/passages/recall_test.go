package passages_test

import (
	"slices"
	"strings"
	"testing"

	"parley/assistant/passages"
	"parley/internal/bm25"
	"parley/test/retrieval"
)

// shelf is an index in memory: what a store does for bm25.Rank, in a few lines.
type shelf struct {
	of       []string // documents by passage
	passages []passages.Passage
	counts   []map[string]int
	lengths  []int
	total    int
	holding  map[string]int
}

func (s *shelf) add(document string, p passages.Passage) {
	counts, length := counted(p.Words())
	s.of = append(s.of, document)
	s.passages = append(s.passages, p)
	s.counts = append(s.counts, counts)
	s.lengths = append(s.lengths, length)
	s.total += length
	for word := range counts {
		s.holding[word]++
	}
}

// counted is how often each word stands in a list, and how many there are.
func counted(list []string) (map[string]int, int) {
	counts := map[string]int{}
	for _, word := range list {
		counts[word]++
	}
	return counts, len(list)
}

// find returns the best k passages for a question.
func (s *shelf) find(question string, k int) []int {
	asked := passages.Asked(question)
	stats := bm25.Stats{
		Passages:      len(s.passages),
		AverageLength: float64(s.total) / float64(len(s.passages)),
		Holding:       map[string]int{},
	}
	var candidates []bm25.Candidate
	for _, word := range asked {
		stats.Holding[word] = s.holding[word]
	}
	for id, counts := range s.counts {
		has := map[string]int{}
		for _, word := range asked {
			if n := counts[word]; n > 0 {
				has[word] = n
			}
		}
		if len(has) > 0 {
			candidates = append(candidates, bm25.Candidate{ID: int64(id), Counts: has, Length: s.lengths[id]})
		}
	}
	var found []int
	for _, at := range bm25.Rank(asked, candidates, stats, k) {
		found = append(found, int(candidates[at].ID))
	}
	return found
}

// TestRecallInMemory: of fifty questions that customers ask in their own words, at
// least nine in ten have the passage that answers them among the first five.
func TestRecallInMemory(t *testing.T) {
	documents, questions, err := retrieval.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{holding: map[string]int{}}
	for _, d := range documents {
		list, err := passages.Split(d.Name, d.Data)
		if err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
		for _, p := range list {
			s.add(d.Name, p)
		}
	}
	var first, five int
	var mrr float64
	for _, q := range questions {
		answers := func(id int) bool {
			return s.of[id] == q.Document &&
				strings.Contains(flat(s.passages[id].Text), flat(q.Passage))
		}
		if !slices.ContainsFunc(slices.Collect(indices(len(s.passages))), answers) {
			t.Errorf("no passage of %s has %q", q.Document, q.Passage)
			continue
		}
		rank := slices.IndexFunc(s.find(q.Question, len(s.passages)), answers) + 1
		if rank > 0 {
			mrr += 1 / float64(rank)
		}
		if rank == 1 {
			first++
		}
		if rank >= 1 && rank <= 5 {
			five++
		} else {
			t.Logf("rank %d: %q", rank, q.Question)
		}
	}
	n := float64(len(questions))
	t.Logf("%d documents, %d passages, %d questions: recall@1 %.2f, recall@5 %.2f, MRR %.3f",
		len(documents), len(s.passages), len(questions), float64(first)/n, float64(five)/n, mrr/n)
	if float64(five) < 0.9*n {
		t.Errorf("recall@5 is %.2f, want 0.9", float64(five)/n)
	}
}

func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func indices(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}
