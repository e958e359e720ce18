package relay

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// header carries the stamp: the node that the request is for, the time in
// milliseconds, and their MAC with the request, with dots between.
const header = "X-Parley-Node"

// lifetime is how far the nodes' clocks may be apart, and how long a stamp can be
// used again by who has seen it.
const lifetime = 30 * time.Second

// maxName bounds a node's name in bytes.
const maxName = 64

// plain reports whether a text can be a node's name.
func plain(node string) bool {
	for i := range len(node) {
		c := node[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return node != "" && len(node) <= maxName
}

// seal makes and checks stamps. Its methods may be called at once.
type seal struct {
	key []byte
	now func() time.Time
}

func newSeal(secret []byte, now func() time.Time) (seal, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "parley relay", sha256.Size)
	if err != nil {
		return seal{}, fmt.Errorf("relay: %w", err)
	}
	return seal{key, now}, nil
}

// stamp returns what a request for a node carries.
func (s seal) stamp(node, method, path, query string) string {
	at := strconv.FormatInt(s.now().UnixMilli(), 10)
	return node + "." + at + "." + base64.RawURLEncoding.EncodeToString(s.mac(method, path, query, node, at))
}

// check returns the node that a stamped request is for, and whether the stamp is a
// node's, for this request, and fresh.
func (s seal) check(stamp string, r *http.Request) (node string, ok bool) {
	parts := strings.Split(stamp, ".")
	if len(parts) != 3 || !plain(parts[0]) {
		return "", false
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !hmac.Equal(got, s.mac(r.Method, r.URL.Path, r.URL.RawQuery, parts[0], parts[1])) {
		return "", false
	}
	at, err := strconv.ParseInt(parts[1], 10, 64)
	return parts[0], err == nil && s.now().Sub(time.UnixMilli(at)).Abs() <= lifetime
}

// mac keeps the parts apart by line ends, which none of them can have: all have been
// in the head of a request.
func (s seal) mac(parts ...string) []byte {
	m := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		_, _ = m.Write([]byte(p))
		_, _ = m.Write([]byte{'\n'})
	}
	return m.Sum(nil)
}
