package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"parley/chat"
)

// The bounds of a password, in characters.
const (
	MinPassword = 8
	MaxPassword = 256
)

// hashQueue is how many hashes wait for a core before callers are turned away.
const hashQueue = 32

// argon2id as OWASP advises for small memory: 19 MiB, twice, one lane.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	saltBytes    = 16
	sumBytes     = 32
)

// phcPrefix is the PHC string's part before salt and sum. Hashes of other
// parameters match nothing: there have never been any.
var phcPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonThreads)

var phcEncoding = base64.RawStdEncoding.Strict()

// hasher hashes passwords, one per slot at a time, each of which takes 19 MiB
// and a core for as long as it lasts. hashQueue more wait; past that callers get
// chat.ErrBusy.
type hasher struct {
	queue  chan struct{} // who hashes or waits
	slots  chan struct{} // who hashes
	derive func(password string, salt []byte) []byte
}

func newHasher(slots int) *hasher {
	return &hasher{
		queue: make(chan struct{}, slots+hashQueue),
		slots: make(chan struct{}, slots),
		derive: func(password string, salt []byte) []byte {
			return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, sumBytes)
		},
	}
}

// hash returns the PHC string of the password with a fresh salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	sum, err := h.run(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return phcPrefix + phcEncoding.EncodeToString(salt) + "$" + phcEncoding.EncodeToString(sum), nil
}

// verify reports whether the PHC string is the password's. A string that is
// none, "" above all, costs the same and is no one's.
func (h *hasher) verify(ctx context.Context, password, phc string) (bool, error) {
	salt, want, known := parsePHC(phc)
	sum, err := h.run(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1 && known, nil
}

func (h *hasher) run(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, chat.ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return h.derive(password, salt), nil
}

func parsePHC(phc string) (salt, sum []byte, ok bool) {
	salt, sum = make([]byte, saltBytes), make([]byte, sumBytes)
	const saltText, sumText = 22, 43 // the sizes in base64
	if len(phc) != len(phcPrefix)+saltText+1+sumText || phc[:len(phcPrefix)] != phcPrefix || phc[len(phcPrefix)+saltText] != '$' {
		return salt, sum, false
	}
	rest := phc[len(phcPrefix):]
	_, saltErr := phcEncoding.Decode(salt, []byte(rest[:saltText]))
	_, sumErr := phcEncoding.Decode(sum, []byte(rest[saltText+1:]))
	return salt, sum, saltErr == nil && sumErr == nil
}

func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword {
		return chat.Errorf(chat.CodeInvalid, "password must have %d to %d characters", MinPassword, MaxPassword)
	}
	return nil
}
