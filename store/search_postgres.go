package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// searchLock is the advisory lock that indexing nodes take in turn. It is
// "search" in ASCII.
const searchLock = 0x736561726368

// pgEngine searches a GIN index, which gives all its matches at once and in no
// order. So that a frequent word does not fetch every message that has it,
// documents are also found by the block of numbers that they are in, and blocks
// are asked for one after another: small ones while they are full of matches,
// large ones once they are not. Where a sample says that there are few matches
// altogether, they are fetched at once, for a block costs as much as a word.
type pgEngine struct{}

// pgMatches leaves the planner no choice but the GIN index: the connections have
// sequential scans turned off (see searchPool), the matches are gathered before
// they are ordered, and "n + 0" is no key of an index.
const pgMatches = `WITH found AS MATERIALIZED (SELECT n, room, seq FROM search_docs
	WHERE words @@ CAST(? AS tsquery) AND n + 0 > ? AND n + 0 < ? %s) SELECT n, room, seq FROM found ORDER BY n %s LIMIT ?`

// fewMatches are fetched at once, whatever the blocks.
const fewMatches = 1 << smallBlock

func (e *pgEngine) matches(read *gorm.DB, c condition) ([]doc, error) {
	query := tsquery(c)
	if c.most > 0 && c.most <= fewMatches {
		return e.some(read, query, c)
	}
	var newest int64
	if err := read.Raw("SELECT coalesce(max(n), 0) FROM search_docs").Row().Scan(&newest); err != nil {
		return nil, failed("search", err)
	}
	c.before = min(c.before, newest+1)
	var docs []doc
	bits := smallBlock
	for c.after+1 < c.before && len(docs) < c.limit {
		at := c.before - 1
		if c.oldest {
			at = c.after + 1
		}
		block := c
		block.after = max(c.after, at>>bits<<bits-1)
		block.before = min(c.before, (at>>bits+1)<<bits)
		block.limit = c.limit - len(docs)
		found, err := e.some(read, query+" & '"+blockWord(bits, at)+"'", block)
		if err != nil {
			return nil, err
		}
		docs = append(docs, found...)
		if c.oldest {
			c.after = block.before - 1
		} else {
			c.before = block.after + 1
		}
		if left := block.limit - len(found); bits == largeBlock || left <= 4*len(found) || c.after+1 >= c.before {
			continue
		}
		bits = largeBlock
		if few, err := e.few(read, query, c); err != nil {
			return nil, err
		} else if few {
			c.limit -= len(docs)
			rest, err := e.some(read, query, c)
			return append(docs, rest...), err
		}
	}
	return docs, nil
}

// samples is how many small blocks, evenly spread, tell how frequent matches are.
const samples = 4

// few estimates whether there are but few matches within c's bounds.
func (e *pgEngine) few(read *gorm.DB, query string, c condition) (bool, error) {
	blocks := (c.before - c.after - 2) >> smallBlock
	if blocks <= samples {
		return false, nil // so few that each may be asked for
	}
	var sample []string
	for i := range int64(samples) {
		sample = append(sample, blockWord(smallBlock, c.after+1+blocks*(2*i+1)/(2*samples)<<smallBlock))
	}
	var n int64
	err := read.Raw(`SELECT count(*) FROM search_docs WHERE words @@ CAST(? AS tsquery)`,
		query+" & ("+join(sample, " | ", "'", "'")+")").Row().Scan(&n)
	if err != nil {
		return false, failed("search", err)
	}
	return n*blocks/samples <= fewMatches*2, nil
}

// some runs one statement.
func (e *pgEngine) some(read *gorm.DB, query string, c condition) ([]doc, error) {
	direction := "DESC"
	if c.oldest {
		direction = "ASC"
	}
	rooms, args := "", []any{query, c.after, c.before}
	if len(c.rooms) > 0 {
		rooms = "AND room = ANY (CAST(? AS bigint[]))"
		list, err := json.Marshal(c.rooms)
		if err != nil {
			return nil, err
		}
		args = append(args, "{"+strings.Trim(string(list), "[]")+"}")
	}
	return scanDocs(read.Raw(fmt.Sprintf(pgMatches, rooms, direction), append(args, c.limit)...))
}

func tsquery(c condition) string {
	query := join(c.all, " & ", "'", "'")
	if len(c.any) > 0 {
		if query != "" {
			query += " & "
		}
		query += "(" + join(c.any, " | ", "'", "'") + ")"
	}
	return query
}

// probe is more than a list holds: what ends before it is complete, and blocks that
// were read once are not read again.
func (e *pgEngine) probe() int { return 1 << 14 }

func (e *pgEngine) places(read *gorm.DB, places string) *gorm.DB {
	return read.Raw(`SELECT `+messageColumns+` FROM json_to_recordset(CAST(? AS json)) p (room text, seq bigint)
		JOIN messages m ON m.room_id = p.room AND m.seq = p.seq AND m.seq > 0`, places)
}

func (e *pgEngine) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// lock also lets the index's commits return before they are on disk: what a crash
// undoes, its place in search_rooms included, is indexed again.
func (e *pgEngine) lock(tx *gorm.DB) error {
	if err := tx.Exec("SET LOCAL synchronous_commit = off").Error; err != nil {
		return err
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(?)", searchLock).Error
}

// turn takes PostgreSQL's advisory lock of two numbers; the locks of one number
// are others. Two keys with one hash wait for each other in vain, no more.
func (e *pgEngine) turn(tx *gorm.DB, kind int32, key string) error {
	return tx.Exec("SELECT pg_advisory_xact_lock(?, hashtext(?))", kind, key).Error
}

func (e *pgEngine) put(tx *gorm.DB, docs []wordedDoc) error {
	type row struct {
		N, Room, Seq int64
		Words        string
	}
	rows := make([]row, len(docs))
	for i, d := range docs {
		rows[i] = row{N: d.N, Room: d.Room, Seq: d.Seq}
		if len(d.words) > 0 {
			rows[i].Words = strings.Join(d.words, " ") + " " + blockWord(smallBlock, d.N) + " " + blockWord(largeBlock, d.N)
		}
	}
	return execRows(tx, `INSERT INTO search_docs (n, room, seq, words)
		SELECT "N", "Room", "Seq", array_to_tsvector(string_to_array("Words", ' '))
		FROM json_to_recordset(CAST(? AS json)) d ("N" bigint, "Room" bigint, "Seq" bigint, "Words" text)
		ON CONFLICT (n) DO UPDATE SET words = excluded.words`, rows)
}

func (e *pgEngine) remove(tx *gorm.DB, ns []int64) error {
	return tx.Exec(`DELETE FROM search_docs WHERE n IN ?`, ns).Error
}
