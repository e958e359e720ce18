package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// engine is a database's full-text index. Its documents are messages: each has a
// number n, newest last, and words.
type engine interface {
	// matches returns the documents that the condition holds for, nearest to the
	// end that it asks for first.
	matches(read *gorm.DB, c condition) ([]doc, error)
	// probe is how many messages with the words are read to learn how many of them
	// are in the rooms that are searched.
	probe() int
	// places reads the messages at places, a JSON array of room and seq.
	places(read *gorm.DB, places string) *gorm.DB
	// snapshot is how to begin a transaction that sees one moment.
	snapshot() *sql.TxOptions
	// lock keeps all other indexers out until tx ends.
	lock(tx *gorm.DB) error
	// put stores documents, those that are there already anew.
	put(tx *gorm.DB, docs []wordedDoc) error
	// turn keeps out, until tx ends, all others that take the same turn. It is
	// wanted where no row is there yet to lock.
	turn(tx *gorm.DB, kind int32, key string) error
	// remove forgets documents.
	remove(tx *gorm.DB, ns []int64) error
}

// The kinds of turns. They are "sess" and "docs" in ASCII.
const (
	turnSession  = 0x73657373
	turnDocument = 0x646f6373
)

// doc is a place in the index: a message of a room, by the room's number.
type doc struct {
	N, Room, Seq int64
}

// wordedDoc is a document with its words; without any it is in no search.
type wordedDoc struct {
	doc
	fresh bool // N was not there before
	words []string
}

// condition selects documents.
type condition struct {
	all []string // every one of these words
	any []string // and one of these, if there are any
	// rooms, if there are any, are looked for among the matches, one by one.
	rooms []int64
	// after and before bound N, exclusively.
	after, before int64
	oldest        bool // ascending
	limit         int
	// most is how many documents there can be, 0 if that is not known.
	most int64
}

const (
	smallBlock = 14
	largeBlock = 17
)

// The words that are no text's begin with an underscore: _r and _s, and a digit for blocks.

func roomWord(num int64) string { return "_r" + strconv.FormatInt(num, 36) }

func senderWord(user string) string {
	sum := sha256.Sum256([]byte(user))
	return "_s" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// blockWord stands in all documents of one block of 1<<bits numbers.
func blockWord(bits int, n int64) string {
	return "_" + strconv.Itoa(bits) + "_" + strconv.FormatInt(n>>bits, 36)
}

// join puts words into an expression; left and right stand around each.
func join(words []string, operator, left, right string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(operator)
		}
		b.WriteString(left + w + right)
	}
	return b.String()
}
