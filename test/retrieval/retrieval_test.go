package retrieval_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/assistant"
	"parley/assistant/passages"
	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
	"parley/test/retrieval"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// TestRecall asks the questions of a server's own search, on both databases: at
// least nine in ten have the passage that answers them among the first five.
func TestRecall(t *testing.T) {
	found := map[string][]int{}
	for name, url := range map[string]func(testing.TB) string{"SQLite": testenv.SQLite, "PostgreSQL": testenv.Postgres} {
		t.Run(name, func(t *testing.T) { found[name] = recall(t, url(t)) })
	}
	if !slices.Equal(found["SQLite"], found["PostgreSQL"]) {
		t.Errorf("the databases differ: %v, %v", found["SQLite"], found["PostgreSQL"])
	}
}

// recall returns the rank of each question's answer, 0 where it is not found.
func recall(t *testing.T, url string) []int {
	documents, questions, err := retrieval.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := service(t, url)
	root := chat.Actor{ID: "root", Role: chat.RoleAdmin}
	for _, d := range documents {
		if _, err := s.AddDocument(t.Context(), root, chat.DefaultChatbot, d.Name, bytes.NewReader(d.Data)); err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
	}
	const depth = 20
	ranks := make([]int, len(questions))
	var first, five int
	var mrr float64
	for i, q := range questions {
		list, err := s.Passages(t.Context(), chat.DefaultChatbot, passages.Asked(q.Question), depth)
		if err != nil {
			t.Fatal(err)
		}
		ranks[i] = 1 + slices.IndexFunc(list, func(p chat.Passage) bool {
			return p.DocumentName == q.Document && strings.Contains(flat(p.Text), flat(q.Passage))
		})
		switch r := ranks[i]; {
		case r == 1:
			first++
			fallthrough
		case r > 1 && r <= 5:
			five++
		default:
			t.Logf("rank %d: %q", r, q.Question)
		}
		if ranks[i] > 0 {
			mrr += 1 / float64(ranks[i])
		}
	}
	n := float64(len(questions))
	t.Logf("%d documents, %d questions: recall@1 %.2f, recall@5 %.2f, MRR@%d %.3f",
		len(documents), len(questions), float64(first)/n, float64(five)/n, depth, mrr/n)
	if float64(five) < 0.9*n {
		t.Errorf("recall@5 is %.2f, want 0.9", float64(five)/n)
	}
	return ranks
}

func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// nowhere is a bus that nobody listens to.
type nowhere struct{}

func (nowhere) Publish(chat.Event) {}

func service(t *testing.T, url string) *chat.Service {
	t.Helper()
	if err := store.MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	s := chat.NewService(chat.Options{Store: db, Bus: nowhere{}, Now: time.Now, NewID: uuid.NewString, Split: assistant.Split})
	if err := s.EnsureDefault(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
