package chat

import "time"

// MaxNote bounds a note's text in bytes.
const MaxNote = 16 << 10

// Note is what an agent writes down about a conversation for the other agents. It
// is no message: it takes no number, and no customer ever sees it.
type Note struct {
	ID, Room  string
	Author    string
	Text      string
	CreatedAt time.Time
}
