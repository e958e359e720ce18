package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// sqliteEngine searches FTS5, which walks the lists of words lazily, newest or
// oldest first, however long they are.
type sqliteEngine struct{}

// sqliteMatches walks the index and stops at the limit, then looks up what it found.
const sqliteMatches = `SELECT d.n, d.room, d.seq FROM (SELECT rowid AS n FROM search_words
	WHERE search_words MATCH ? AND rowid > ? AND rowid < ? ORDER BY rowid %s LIMIT ?) w CROSS JOIN search_docs d ON d.n = w.n`

// sqlitePicks looks up each match on the way, until enough are in the rooms.
const sqlitePicks = `SELECT d.n, d.room, d.seq FROM search_words w CROSS JOIN search_docs d ON d.n = w.rowid
	WHERE w.search_words MATCH ? AND w.rowid > ? AND w.rowid < ? AND d.room IN (SELECT value FROM json_each(?))
	ORDER BY w.rowid %s LIMIT ?`

func (e *sqliteEngine) matches(read *gorm.DB, c condition) ([]doc, error) {
	match := join(c.all, " AND ", `"`, `"`)
	if len(c.any) > 0 {
		if match != "" {
			match += " AND "
		}
		match += "(" + join(c.any, " OR ", `"`, `"`) + ")"
	}
	direction := "DESC"
	if c.oldest {
		direction = "ASC"
	}
	query := read.Raw(fmt.Sprintf(sqliteMatches, direction), match, c.after, c.before, c.limit)
	if len(c.rooms) > 0 {
		rooms, err := json.Marshal(c.rooms)
		if err != nil {
			return nil, err
		}
		query = read.Raw(fmt.Sprintf(sqlitePicks, direction), match, c.after, c.before, string(rooms), c.limit)
	}
	docs, err := scanDocs(query)
	if err != nil {
		return nil, err
	}
	sortDocs(docs, c.oldest)
	return docs, nil
}

// probe is small: to go on behind it costs nothing that is not needed anyway.
func (e *sqliteEngine) probe() int { return 1 << 12 }

func (e *sqliteEngine) places(read *gorm.DB, places string) *gorm.DB {
	return read.Raw(`SELECT `+messageColumns+` FROM json_each(?) p CROSS JOIN messages m
		ON m.room_id = p.value->>'room' AND m.seq = p.value->>'seq' AND m.seq > 0`, places)
}

func (e *sqliteEngine) snapshot() *sql.TxOptions { return nil }

// lock has nothing to do: every transaction of the writer is alone.
func (e *sqliteEngine) lock(*gorm.DB) error { return nil }

// turn likewise.
func (e *sqliteEngine) turn(*gorm.DB, int32, string) error { return nil }

func (e *sqliteEngine) put(tx *gorm.DB, docs []wordedDoc) error {
	var places, fresh, again [][]any
	var gone []int64
	for _, d := range docs {
		row := []any{d.N, strings.Join(d.words, " ")}
		if d.fresh {
			places = append(places, []any{d.N, d.Room, d.Seq})
		}
		switch {
		case d.fresh && len(d.words) > 0:
			fresh = append(fresh, row)
		case len(d.words) > 0:
			again = append(again, row)
		case !d.fresh:
			gone = append(gone, d.N)
		}
	}
	if err := execRows(tx, `INSERT INTO search_docs (n, room, seq) SELECT value->>0, value->>1, value->>2 FROM json_each(?)`, places); err != nil {
		return err
	}
	if err := execRows(tx, `INSERT INTO search_words (rowid, words) SELECT value->>0, value->>1 FROM json_each(?)`, fresh); err != nil {
		return err
	}
	if err := execRows(tx, `INSERT OR REPLACE INTO search_words (rowid, words) SELECT value->>0, value->>1 FROM json_each(?)`, again); err != nil {
		return err
	}
	if len(gone) == 0 {
		return nil
	}
	return tx.Exec(`DELETE FROM search_words WHERE rowid IN ?`, gone).Error
}

func (e *sqliteEngine) remove(tx *gorm.DB, ns []int64) error {
	if err := tx.Exec(`DELETE FROM search_words WHERE rowid IN ?`, ns).Error; err != nil {
		return err
	}
	return tx.Exec(`DELETE FROM search_docs WHERE n IN ?`, ns).Error
}

// execRows runs a statement whose one argument is all rows.
func execRows[R any](tx *gorm.DB, statement string, rows []R) error {
	if len(rows) == 0 {
		return nil
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return tx.Exec(statement, string(text)).Error
}

func scanDocs(query *gorm.DB) ([]doc, error) {
	rows, err := query.Rows()
	if err != nil {
		return nil, failed("search", err)
	}
	defer rows.Close()
	var docs []doc
	for rows.Next() {
		var d doc
		if err := rows.Scan(&d.N, &d.Room, &d.Seq); err != nil {
			return nil, failed("search", err)
		}
		docs = append(docs, d)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("search", err)
	}
	return docs, nil
}

func sortDocs(docs []doc, oldest bool) {
	slices.SortFunc(docs, func(a, b doc) int {
		if oldest {
			return cmp.Compare(a.N, b.N)
		}
		return cmp.Compare(b.N, a.N)
	})
}
