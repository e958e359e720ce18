package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/bm25"
)

// drawn makes n passages of words drawn by Zipf's law, the same for the same seed.
func drawn(seed uint64, n, length int) []chat.Passage {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // not a secret
	zipf := rand.NewZipf(r, 1.1, 4, 30_000)
	list := make([]chat.Passage, n)
	for i := range list {
		words := make([]string, length/2+r.IntN(length))
		for k := range words {
			words[k] = fmt.Sprint("w", zipf.Uint64())
		}
		list[i] = chat.Passage{Place: fmt.Sprint("p", i), Text: strings.Join(words, " "), Words: words}
	}
	return list
}

func addChatbot(t testing.TB, s *Store, id string) {
	t.Helper()
	if err := s.CreateChatbot(t.Context(), chat.Chatbot{ID: id, Name: id}); err != nil {
		t.Fatal(err)
	}
}

func add(t testing.TB, s *Store, id string, passages []chat.Passage) {
	t.Helper()
	d := chat.Document{ID: id, Chatbot: "bot", Name: id, Passages: len(passages)}
	if err := s.CreateDocument(t.Context(), d, passages); err != nil {
		t.Fatal(err)
	}
}

// tidied waits until what documents have left is gone.
func tidied(t testing.TB, s *Store) {
	t.Helper()
	answer := make(chan error, 1)
	s.library.asked <- answer
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
}

// rest counts the rows of documents, their passages and their words.
func rest(t testing.TB, s *Store) [3]int64 {
	t.Helper()
	var n [3]int64
	for i, table := range []string{"documents", "passages", "passage_words"} {
		if err := s.db.read.Raw(`SELECT count(*) FROM ` + table).Row().Scan(&n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestPassagesAreTheSame: both databases find the same passages in the same
// order, and where few passages have the words these are the best of all by BM25.
func TestPassagesAreTheSame(t *testing.T) {
	shelf := [][]chat.Passage{drawn(1, 300, 60), drawn(2, 2_000, 40), drawn(3, 11_000, 12)}
	var questions [][]string
	r := rand.New(rand.NewPCG(9, 9)) //nolint:gosec // not a secret
	for i := range 60 {
		var words []string
		for range 1 + i%6 {
			p := shelf[i%3][r.IntN(300)]
			if w := p.Words[r.IntN(len(p.Words))]; !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
		questions = append(questions, words)
	}
	questions = append(questions, []string{"w0"}, []string{"w0", "w1", "w2"}, []string{"none", "w0"})
	var answers [2][]string
	for i, db := range databases {
		url := db.url(t)
		if err := MigrateUp(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		s := open(t, Options{URL: url})
		addChatbot(t, s, "bot")
		add(t, s, "gone", drawn(4, 400, 50))
		if err := s.DeleteDocument(t.Context(), "gone"); err != nil {
			t.Fatal(err)
		}
		tidied(t, s)
		for k, passages := range shelf {
			add(t, s, fmt.Sprint("d", k), passages)
		}
		for _, q := range questions {
			found, err := s.Passages(t.Context(), "bot", q, 8)
			if err != nil {
				t.Fatal(err)
			}
			answers[i] = append(answers[i], fmt.Sprint(column(found, func(p *chat.Passage) string { return p.DocumentName + p.Place })))
		}
	}
	for i, q := range questions {
		if answers[0][i] != answers[1][i] {
			t.Errorf("%v: %s\nand %s", q, answers[0][i], answers[1][i])
		}
		if want, few := bestOf(shelf, q, 8); few && answers[0][i] != fmt.Sprint(want) {
			t.Errorf("%v: %s\nwant %v", q, answers[0][i], want)
		}
	}
}

// bestOf ranks all passages, and tells whether few enough have the words.
func bestOf(shelf [][]chat.Passage, question []string, k int) (best []string, few bool) {
	stats := bm25.Stats{Holding: map[string]int{}}
	var all []bm25.Candidate
	var names []string
	length := 0
	for d, passages := range shelf {
		for _, p := range passages {
			c := bm25.Candidate{ID: int64(len(all)), Counts: map[string]int{}, Length: len(p.Words)}
			for _, w := range p.Words {
				if slices.Contains(question, w) {
					c.Counts[w]++
				}
			}
			for w := range c.Counts {
				stats.Holding[w]++
			}
			length += c.Length
			all, names = append(all, c), append(names, fmt.Sprint("d", d, p.Place))
		}
	}
	total := 0
	for _, n := range stats.Holding {
		total += n
	}
	stats.Passages, stats.AverageLength = len(all), float64(length)/float64(len(all))
	for _, i := range bm25.Rank(question, all, stats, k) {
		best = append(best, names[i])
	}
	return best, total < enoughCandidates
}

// TestPlanIsBounded: whatever words are asked for, few lists are read: those of the
// rarest make the candidates.
func TestPlanIsBounded(t *testing.T) {
	q := &question{lists: map[string][]held{}, stats: bm25.Stats{Holding: map[string]int{}}}
	for w, holding := range map[string]int64{"rare": 10, "some": 4_000, "many": 15_000, "most": 20_000} {
		for num := range int64(200) {
			if w == "rare" && num != 7 {
				continue
			}
			q.lists[w] = append(q.lists[w], held{num, holding})
			q.stats.Holding[w] += int(holding)
		}
	}
	var widen, all int64
	for _, r := range q.plan() {
		for _, h := range q.lists[r.word] {
			if slices.Contains(r.widens, h.Num) {
				widen += h.Holding
			}
			if slices.Contains(append(slices.Clone(r.adds), r.widens...), h.Num) {
				all += h.Holding
			}
		}
		if r.word != "rare" && slices.Contains(r.adds, 100) {
			t.Errorf("%s is read where no candidate is", r.word)
		}
	}
	if widen != 8_010 || all > mostPostings || all <= widen {
		t.Errorf("%d candidates, %d postings", widen, all)
	}
	if order := q.plan(); order[0].word != "rare" || order[3].word != "most" {
		t.Errorf("order %+v", order)
	}
}

// TestDocumentsLeaveNothing: what fails half way, or whose node dies there, is
// never seen, and is taken away.
func TestDocumentsLeaveNothing(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		var ahead atomic.Int64 // of the clock
		var tick atomic.Pointer[func()]
		s := open(t, Options{URL: url, Clock: func() time.Time {
			if f := tick.Load(); f != nil {
				(*f)()
			}
			return start.Add(time.Duration(ahead.Load()))
		}})
		addChatbot(t, s, "bot")
		passages := drawn(1, 900, 20)
		word := passages[0].Words[0]
		unseen := func(what, id string) {
			t.Helper()
			_, err := s.Document(t.Context(), id)
			wantCode(t, what, err, chat.CodeNotFound)
			_, n, _ := s.Documents(t.Context(), "bot", chat.Page{Limit: 5})
			found, err := s.Passages(t.Context(), "bot", []string{word}, 5)
			if len(found) > 0 || err != nil || n != 0 {
				t.Errorf("%s: %d passages, %d documents are seen, %v", what, len(found), n, err)
			}
		}
		// A node dies behind its first pieces: its lease ends.
		row, err := s.reserve(t.Context(), chat.Document{ID: "dead", Chatbot: "bot"}, passages)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int64
		dies := func() {
			if calls.Add(1) == 4 {
				cancel()
			}
		}
		tick.Store(&dies)
		if err := s.fill(ctx, row, passages); err == nil {
			t.Error("filled in spite of the end of its context")
		}
		tick.Store(nil)
		unseen("dead", "dead")
		tidied(t, s)
		if n := rest(t, s); n[0] != 1 || n[1] == 0 {
			t.Errorf("within its lease: %v", n)
		}
		ahead.Add(int64(addingLease) + int64(time.Second))
		tidied(t, s)
		if n := rest(t, s); n != [3]int64{} {
			t.Errorf("behind its lease: %v", n)
		}
		if err := s.touch(s.db.write, "dead", documentReady); err == nil {
			t.Error("made ready once it was given up")
		}

		// Whoever adds it goes away in the middle, or the chatbot does.
		for what, end := range map[string]func(cancel func()){
			"cancelled": func(cancel func()) { cancel() },
			"chatbot":   func(func()) { _, _ = s.DeleteChatbot(t.Context(), "bot", start) },
		} {
			if what == "chatbot" && s.db.write.Name() != "postgres" {
				continue // SQLite's writer is this very transaction's
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var calls atomic.Int64
			ends := func() {
				if calls.Add(1) == 4 {
					end(cancel)
				}
			}
			addChatbotAgain(t, s)
			tick.Store(&ends)
			err := s.CreateDocument(ctx, chat.Document{ID: what, Chatbot: "bot"}, passages, chat.Audit{ID: what, Act: chat.ActExport})
			tick.Store(nil)
			if err == nil {
				t.Errorf("%s: no error", what)
			}
			unseen(what, what)
			tidied(t, s)
			if n := rest(t, s); n != [3]int64{} {
				t.Errorf("%s: %v is left", what, n)
			}
			if _, n, _ := s.Audits(t.Context(), chat.AuditQuery{Act: chat.ActExport, Limit: 1}); n != 0 {
				t.Errorf("%s: its act is recorded", what)
			}
		}
	})
}

// addChatbotAgain makes the chatbot as if it had never been deleted.
func addChatbotAgain(t *testing.T, s *Store) {
	t.Helper()
	if err := s.db.write.Exec("UPDATE chatbots SET deleted = false").Error; err != nil {
		t.Fatal(err)
	}
}

// TestDocumentsAtOnce: added and deleted at once, none takes another's passages.
func TestDocumentsAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		nodes := []*Store{open(t, Options{URL: url}), open(t, Options{URL: url})}
		addChatbot(t, nodes[0], "bot")
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				s, id := nodes[i%2], fmt.Sprint("d", i)
				p := []chat.Passage{{Text: id, Words: []string{"all", id}}, {Text: id, Words: []string{"all"}}}
				err := s.CreateDocument(t.Context(), chat.Document{ID: id, Chatbot: "bot", Name: id}, p)
				if err == nil && i%3 == 0 {
					err = s.DeleteDocument(t.Context(), id)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		tidied(t, nodes[0])
		found, err := nodes[1].Passages(t.Context(), "bot", []string{"all"}, 99)
		if err != nil || len(found) != 16 {
			t.Fatalf("%d passages, %v", len(found), err)
		}
		for _, p := range found {
			if p.Text != p.DocumentName || p.Document != p.Text {
				t.Errorf("%+v", p)
			}
		}
		if n := rest(t, nodes[0]); n[0] != 8 || n[1] != 16 {
			t.Errorf("rows %v", n)
		}
	})
}
