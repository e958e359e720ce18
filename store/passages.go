package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"parley/chat"
	"parley/internal/bm25"
)

// Passages are found by an index of our own in plain tables: neither FTS5 nor
// PostgreSQL counts how often a word stands where as the other does, and answers
// are to be the same on both. One row holds all that one document has of one
// word, packed; which rows to read is known from their sizes, and the ranking is
// in Go. So a document of millions of words is some ten thousand rows.

// passageWordRow is a row of passage_words. Passages lists, for each passage that
// holds the word, in their order: how far it is from the one before (the first
// from -1), how often it has the word, and its length in words, each as an
// unsigned varint.
type passageWordRow struct {
	Num       int64
	Word      string
	ChatbotID string
	Holding   int64 // passages
	Passages  []byte
}

// TableName implements GORM's schema.Tabler.
func (passageWordRow) TableName() string { return "passage_words" }

const (
	// askedWords bounds the words of a question.
	askedWords = 64
	// wordBytes bounds a word: PostgreSQL's indexes take no longer ones. Others are
	// not found.
	wordBytes = 1024
	// enoughCandidates is how many passages with the rarest words are ranked: the
	// further words count for these alone.
	enoughCandidates = 5_000
	// mostPostings bounds what a question reads of the words' lists: past it, words
	// that so many passages have tell nothing any more.
	mostPostings = 1_000_000
)

// wordsOfPassages lists the rows of a document's words, in the order of the index.
func wordsOfPassages(d *documentRow, passages []chat.Passage) []passageWordRow {
	type list struct {
		passageWordRow
		last int // the passage that it ends with
	}
	lists := map[string]*list{}
	for i := range passages {
		counts := map[string]uint64{}
		for _, w := range passages[i].Words {
			counts[w]++
		}
		for w, n := range counts {
			if len(w) > wordBytes {
				continue
			}
			l := lists[w]
			if l == nil {
				l = &list{passageWordRow{Num: d.Num, Word: w, ChatbotID: d.ChatbotID}, -1}
				lists[w] = l
			}
			l.Passages = binary.AppendUvarint(l.Passages, uint64(i-l.last)) //nolint:gosec // i is above last
			l.Passages = binary.AppendUvarint(l.Passages, n)
			l.Passages = binary.AppendUvarint(l.Passages, uint64(len(passages[i].Words)))
			l.Holding++
			l.last = i
		}
	}
	rows := make([]passageWordRow, 0, len(lists))
	for _, w := range slices.Sorted(maps.Keys(lists)) {
		rows = append(rows, lists[w].passageWordRow)
	}
	return rows
}

// Passages implements [chat.DocumentStore]: BM25 over the passages that hold the
// rarest of the words. Passages of equal rank come in the order in which they
// were stored. Words past the 64th are not asked for.
func (s *Store) Passages(ctx context.Context, chatbot string, words []string, limit int) ([]chat.Passage, error) {
	q := &question{store: s, chatbot: chatbot, documents: map[int64]bool{}, candidates: map[int64]*bm25.Candidate{}}
	for _, w := range words {
		if len(w) > 0 && len(w) <= wordBytes && len(q.words) < askedWords && !slices.Contains(q.words, w) {
			q.words = append(q.words, w)
		}
	}
	if len(q.words) == 0 || limit <= 0 {
		return nil, nil
	}
	if err := q.count(ctx); err != nil {
		return nil, failed("passages", err)
	}
	for _, l := range q.plan() {
		if err := q.read(ctx, l); err != nil {
			return nil, failed("passages", err)
		}
	}
	candidates := make([]bm25.Candidate, 0, len(q.candidates))
	for _, id := range slices.Sorted(maps.Keys(q.candidates)) {
		candidates = append(candidates, *q.candidates[id])
	}
	best := bm25.Rank(q.words, candidates, q.stats, limit)
	return s.passagesByID(ctx, column(best, func(i *int) int64 { return candidates[*i].ID }))
}

// question is what is asked of a chatbot's documents.
type question struct {
	store      *Store
	chatbot    string
	words      []string
	documents  map[int64]bool // by number
	stats      bm25.Stats
	lists      map[string][]held // of each word, in the order of the documents
	candidates map[int64]*bm25.Candidate
}

// held is how many passages of a document hold a word.
type held struct{ Num, Holding int64 }

// count reads what there is altogether, and which documents have the words.
func (q *question) count(ctx context.Context) error {
	var documents []struct{ Num, Passages, Words int64 }
	err := q.store.read(ctx).Raw(`SELECT d.num, d.passages, d.words FROM documents d
		WHERE d.chatbot_id = ? AND d.state = 'ready'`, q.chatbot).Scan(&documents).Error
	if err != nil {
		return err
	}
	var length int64
	for _, d := range documents {
		q.documents[d.Num] = true
		q.stats.Passages += int(d.Passages)
		length += d.Words
	}
	q.stats.AverageLength = float64(length) / float64(max(1, q.stats.Passages))
	q.stats.Holding = map[string]int{}
	q.lists = map[string][]held{}
	var rows []struct {
		Word         string
		Num, Holding int64
	}
	err = q.store.read(ctx).Raw(`SELECT w.word, w.num, w.holding FROM passage_words w
		WHERE w.chatbot_id = ? AND w.word IN ? ORDER BY w.word, w.num`, q.chatbot, q.words).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, r := range rows {
		if q.documents[r.Num] {
			q.lists[r.Word] = append(q.lists[r.Word], held{r.Num, r.Holding})
			q.stats.Holding[r.Word] += int(r.Holding)
		}
	}
	return nil
}

// reading is what to read of one word: in these documents, where it makes
// candidates or only counts for those that there are.
type reading struct {
	word         string
	widens, adds []int64
}

// plan chooses what to read, the rarest words first.
func (q *question) plan() []reading {
	order := slices.SortedFunc(maps.Keys(q.lists), func(a, b string) int {
		return cmp.Or(cmp.Compare(q.stats.Holding[a], q.stats.Holding[b]), cmp.Compare(a, b))
	})
	var candidates, postings int64 // at most so many
	known := map[int64]bool{}      // documents with candidates
	var plan []reading
	for _, w := range order {
		r := reading{word: w}
		for _, h := range q.lists[w] {
			if postings+h.Holding > mostPostings {
				continue
			}
			switch {
			case candidates < enoughCandidates:
				r.widens = append(r.widens, h.Num)
				candidates += h.Holding
				known[h.Num] = true
			case known[h.Num]:
				r.adds = append(r.adds, h.Num)
			default:
				continue
			}
			postings += h.Holding
		}
		plan = append(plan, r)
	}
	return plan
}

// read takes in one word's lists.
func (q *question) read(ctx context.Context, r reading) error {
	if err := q.readLists(ctx, r.word, r.widens, true); err != nil {
		return err
	}
	return q.readLists(ctx, r.word, r.adds, false)
}

func (q *question) readLists(ctx context.Context, word string, nums []int64, widen bool) error {
	for part := range slices.Chunk(nums, listSize) {
		var rows []struct {
			Num      int64
			Passages []byte
		}
		err := q.store.read(ctx).Raw(`SELECT w.num, w.passages FROM passage_words w WHERE w.num IN ? AND w.word = ?`, part, word).
			Scan(&rows).Error
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := q.add(word, row.Num, row.Passages, widen); err != nil {
				return err
			}
		}
	}
	return nil
}

var errList = errors.New("list of passages is damaged")

// add counts a word in the passages of a document.
func (q *question) add(word string, num int64, list []byte, widen bool) error {
	id := num - 1
	for len(list) > 0 {
		step, n := binary.Uvarint(list)
		times, m := binary.Uvarint(list[max(n, 0):])
		length, l := binary.Uvarint(list[max(n, 0)+max(m, 0):])
		if n <= 0 || m <= 0 || l <= 0 || max(step, times, length) > 1<<31 {
			return fmt.Errorf("store: %q in document %d: %w", word, num, errList)
		}
		list = list[n+m+l:]
		id += int64(step) //nolint:gosec // as are the others: bounded above
		c := q.candidates[id]
		if c == nil {
			if !widen {
				continue
			}
			c = &bm25.Candidate{ID: id, Counts: map[string]int{}, Length: int(length)} //nolint:gosec // bounded above
			q.candidates[id] = c
		}
		c.Counts[word] = int(times) //nolint:gosec // bounded above
	}
	return nil
}

// passagesByID reads passages in the order of ids; those of documents that have
// gone meanwhile are left out.
func (s *Store) passagesByID(ctx context.Context, ids []int64) ([]chat.Passage, error) {
	known := make(map[int64]chat.Passage, len(ids))
	for part := range slices.Chunk(ids, listSize) {
		var rows []struct {
			ID                            int64
			DocumentID, Name, Place, Text string
		}
		err := s.read(ctx).Raw(`SELECT p.id, p.document_id, d.name, p.place, p.text FROM passages p
			JOIN documents d ON d.id = p.document_id AND d.state = 'ready' WHERE p.id IN ?`, part).Scan(&rows).Error
		if err != nil {
			return nil, failed("passages", err)
		}
		for _, r := range rows {
			known[r.ID] = chat.Passage{ID: r.ID, Document: r.DocumentID, DocumentName: r.Name, Place: r.Place, Text: r.Text}
		}
	}
	passages := make([]chat.Passage, 0, len(ids))
	for _, id := range ids {
		if p, there := known[id]; there {
			passages = append(passages, p)
		}
	}
	return passages, nil
}
