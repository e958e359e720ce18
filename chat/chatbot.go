package chat

import "time"

// Chatbot is an assistant: what it is told to be, and which upstream speaks for it.
type Chatbot struct {
	ID, Name string
	// Prompt is its standing instruction; with Model and URL it is for
	// administrators alone. What is empty is the server's.
	Prompt, Model, URL string
	// Key is the upstream's key, sealed by the Vault; it is never shown.
	Key                  []byte
	CreatedAt, UpdatedAt time.Time
	Deleted              bool
}

// The bounds of a chatbot, in bytes.
const (
	MaxPrompt = 64 << 10
	MaxURL    = 2048
	MaxKey    = 4096
)

// Vault encrypts secrets that are stored. About says what a secret belongs to;
// it opens for that alone.
type Vault interface {
	Seal(secret, about string) ([]byte, error)
	// Open fails where the key has changed or the sealed bytes have.
	Open(sealed []byte, about string) (string, error)
}
