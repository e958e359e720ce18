// Package store keeps users, rooms, messages, chatbots and what these answer from
// in SQLite or PostgreSQL. It implements [chat.Store] and holds no policy: what may
// be written is decided by the commands that package chat submits.
//
// Reads go through GORM. Every change of a room goes through one appender
// (appender.go, batch.go), which commits the commands of all rooms in groups: a
// group is decided in memory (overlay.go) over rows that a journal has locked
// and loaded (journal_sqlite.go, journal_postgres.go), and written by it in one
// transaction. Two goroutines work behind the writes: the index of messages
// (search_index.go), and what takes away the rest of documents (library.go).
// Nothing outside this package and migrations knows SQL or GORM.
package store
