package chat

import "time"

// File is what is known of uploaded bytes.
type File struct {
	ID    string
	Owner string
	// Name is the uploader's, without directories. Type is the media type that
	// the bytes were found to be, never what was claimed.
	Name, Type string
	Size       int64 // bytes
	CreatedAt  time.Time
}
