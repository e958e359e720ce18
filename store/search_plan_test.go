package store

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// TestSearchPlanSQLite: the index gives its matches in order and stops; each is
// then looked up by its number.
func TestSearchPlanSQLite(t *testing.T) {
	url := databases[0].url(t)
	if err := MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{URL: url})
	for _, statement := range []string{
		fmt.Sprintf(sqliteMatches, "ASC"), fmt.Sprintf(sqliteMatches, "DESC"), fmt.Sprintf(sqlitePicks, "ASC"), fmt.Sprintf(sqlitePicks, "DESC"),
	} {
		args := []any{`"a" AND "b"`, 0, math.MaxInt64, "[1,2]", 50}
		if strings.Count(statement, "?") < len(args) {
			args = append(args[:3], 50)
		}
		var rows []struct{ Detail string }
		if err := s.db.search.Raw("EXPLAIN QUERY PLAN "+statement, args...).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		plan := strings.Join(column(rows, func(r *struct{ Detail string }) string { return r.Detail }), "\n")
		if !strings.Contains(plan, "VIRTUAL TABLE INDEX") || !strings.Contains(plan, "SEARCH d USING INTEGER PRIMARY KEY") ||
			strings.Contains(plan, "B-TREE FOR ORDER") {
			t.Errorf("%s:\n%s", statement, plan)
		}
	}
}

// TestSearchPlanPostgres: whatever the planner believes, before and after it has
// seen the table, every statement goes by the GIN index, and a page reads a
// bounded number of documents, however many have the word.
func TestSearchPlanPostgres(t *testing.T) {
	url := databases[1].url(t)
	if err := MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{URL: url})
	const docs = 300_000
	fill := func(from, to int) {
		t.Helper()
		err := s.db.write.Exec(`INSERT INTO search_docs SELECT n, 1, n, array_to_tsvector(array_remove(ARRAY['_r1', 'half' || n % 2,
			CASE WHEN n % 100 = 0 THEN 'hundredth' END, CASE WHEN n % 10000 = 0 THEN 'rare' END, CASE WHEN n < ? THEN 'old' END,
			'_14_'||CASE n >> 14 WHEN 10 THEN 'a' WHEN 11 THEN 'b' WHEN 12 THEN 'c' WHEN 13 THEN 'd' WHEN 14 THEN 'e'
				WHEN 15 THEN 'f' WHEN 16 THEN 'g' WHEN 17 THEN 'h' WHEN 18 THEN 'i' ELSE (n >> 14)::text END,
			'_17_'||(n >> 17)::text], NULL)) FROM generate_series(?::bigint, ?::bigint) n`, docs/2, from, to).Error
		if err != nil {
			t.Fatal(err)
		}
	}
	var statements []string
	quiet := s.db.search
	s.db.search = quiet.Session(&gorm.Session{Logger: tapLogger{logger.Discard, func(sql string) { statements = append(statements, sql) }}})
	check := func(when string) {
		t.Helper()
		for _, c := range []struct {
			all  []string
			want int
		}{
			{[]string{"half0"}, 10_000},
			{[]string{"hundredth"}, 3000},
			{[]string{"rare"}, 30},
			{[]string{"old"}, 10_000},
			{[]string{"half0", "half1"}, 0},
			{[]string{"half1", "_r1"}, 10_000},
			{[]string{"none"}, 0},
		} {
			for _, oldest := range []bool{false, true} {
				statements = nil
				found, err := s.matches(t.Context(), condition{all: c.all, before: math.MaxInt64, oldest: oldest, limit: 10_000})
				if err != nil || len(found) != c.want && when != "unknown" {
					t.Errorf("%s, %v: %d found, want %d: %v", when, c.all, len(found), c.want, err)
				}
				read := 0
				for _, sql := range statements {
					if !strings.Contains(sql, "tsquery") {
						continue
					}
					read += checkPlan(t, quiet, sql)
				}
				if limit := 1<<largeBlock + 2<<smallBlock; read > limit || len(statements) == 0 {
					t.Errorf("%s, %v: %d documents read by %d statements", when, c.all, read, len(statements))
				}
			}
		}
	}
	fill(1, 10)
	if err := s.db.write.Exec("ANALYZE search_docs").Error; err != nil {
		t.Fatal(err)
	}
	check("unknown")
	fill(11, docs)
	check("believed to be small")
	if err := s.db.write.Exec("VACUUM ANALYZE search_docs").Error; err != nil {
		t.Fatal(err)
	}
	check("known")
	for _, c := range []condition{{before: 10}, {after: docs - 10, before: math.MaxInt64}, {after: docs - 10, before: math.MaxInt64, oldest: true}} {
		c.all, c.limit = []string{"half0"}, 50
		statements = nil
		found, err := s.matches(t.Context(), c)
		read := 0
		for _, sql := range statements {
			if strings.Contains(sql, "tsquery") {
				read += checkPlan(t, quiet, sql)
			}
		}
		if err != nil || len(found) < 4 || len(found) > 5 || read > 1<<smallBlock {
			t.Errorf("from %d to %d: %d found, %d documents read: %v", c.after, c.before, len(found), read, err)
		}
	}
}

var bitmapRows = regexp.MustCompile(`Bitmap Heap Scan on search_docs .*actual time=\S+ rows=(\d+)`)

var removedRows = regexp.MustCompile(`Rows Removed by Filter: (\d+)`)

// checkPlan explains a statement and returns how many documents it has read.
func checkPlan(t *testing.T, db *gorm.DB, sql string) int {
	t.Helper()
	var lines []string
	if err := db.Raw("EXPLAIN (ANALYZE, COSTS off) " + sql).Scan(&lines).Error; err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	rows := bitmapRows.FindStringSubmatch(plan)
	if !strings.Contains(plan, "Bitmap Index Scan on search_docs_words") || rows == nil {
		t.Fatalf("%s\n%s", sql, plan)
	}
	n, _ := strconv.Atoi(rows[1])
	if removed := removedRows.FindStringSubmatch(plan); removed != nil {
		more, _ := strconv.Atoi(removed[1])
		n += more
	}
	return n
}

// TestIndexWords: no two of the words that are no text's are the same.
func TestIndexWords(t *testing.T) {
	seen := map[string]bool{}
	for n := range int64(3000) {
		for _, w := range []string{
			roomWord(n), senderWord(strconv.Itoa(int(n))), blockWord(smallBlock, n<<smallBlock), blockWord(largeBlock, n<<largeBlock),
		} {
			if seen[w] || w[0] != '_' {
				t.Fatalf("%s is there twice", w)
			}
			seen[w] = true
		}
	}
}
