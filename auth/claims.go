package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
)

// The bounds of what a user is called, in characters.
const (
	MaxName  = chat.MaxName
	MaxEmail = chat.MaxEmail
)

// claims are what a token says, once its signature is checked. Absent times are
// zero.
type claims struct {
	sub, iss, name, email string
	role                  chat.Role
	audience              []string
	exp, nbf, iat         time.Time
	version               int64
	hasVersion            bool
	own                   bool // issued by Parley
}

// readClaims refuses a missing sub, an unknown role and every claim of the wrong
// type. Names of claims are compared letter for letter, unlike encoding/json
// does it for structs: an issuer's `Role` is not our `role`. A null is absent.
func readClaims(m jwt.MapClaims) (claims, error) {
	r := reader{m: m}
	c := claims{
		sub: r.text("sub"), iss: r.text("iss"), name: r.text("name"), email: r.text("email"),
		role: chat.Role(r.text("role")), audience: r.texts("aud"),
		exp: r.time("exp"), nbf: r.time("nbf"), iat: r.time("iat"),
	}
	c.version, c.hasVersion = r.integer("tv")
	if r.err != nil {
		return claims{}, r.err
	}
	if c.role == "" {
		c.role = chat.RoleUser
	}
	if !c.role.Valid() {
		return claims{}, fmt.Errorf("unknown role %q", c.role)
	}
	if err := checkSubject(c.sub); err != nil {
		return claims{}, err
	}
	// Another issuer's names are made to fit, not a reason to keep a user out.
	c.name = clip(c.name, MaxName)
	if c.email = clip(c.email, MaxEmail+1); utf8.RuneCountInString(c.email) > MaxEmail {
		c.email = "" // part of an address is another address
	}
	return c, nil
}

// checkSubject refuses ids that are empty or too long, and those that look like
// another: control and format characters are invisible, and U+FFFD is what the
// JSON decoder makes of every broken one.
func checkSubject(sub string) error {
	switch {
	case sub == "":
		return errors.New("no sub")
	case chat.Reserved(sub):
		return errors.New("a sub that is a chatbot's")
	case len(sub) > chat.MaxID:
		return fmt.Errorf("a sub of %d bytes", len(sub))
	case strings.ContainsFunc(sub, func(r rune) bool {
		return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}):
		return errors.New("a sub with control characters or broken UTF-8")
	}
	return nil
}

// clip drops NUL, which PostgreSQL cannot store, and what is past n characters.
func clip(s string, n int) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

// reader takes typed claims out of a map; the first that is of another type
// becomes err.
type reader struct {
	m   jwt.MapClaims
	err error
}

func (r *reader) wrong(name string) {
	if r.err == nil {
		r.err = fmt.Errorf("claim %s is of the wrong type", name)
	}
}

func (r *reader) text(name string) string {
	switch v := r.m[name].(type) {
	case nil:
	case string:
		return v
	default:
		r.wrong(name)
	}
	return ""
}

func (r *reader) texts(name string) (all []string) {
	switch v := r.m[name].(type) {
	case nil:
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				r.wrong(name)
			}
			all = append(all, s)
		}
	default:
		r.wrong(name)
	}
	return all
}

func (r *reader) integer(name string) (n int64, present bool) {
	switch v := r.m[name].(type) {
	case nil:
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			r.wrong(name)
		}
		return n, true
	default:
		r.wrong(name)
	}
	return 0, false
}

// time reads seconds since 1970, of which fractions are dropped. Times outside
// of 1970 to 9999 become the nearest one in it.
func (r *reader) time(name string) time.Time {
	switch v := r.m[name].(type) {
	case nil:
	case json.Number:
		seconds, err := v.Float64()
		if err != nil || math.IsNaN(seconds) {
			r.wrong(name)
			break
		}
		const year9999 = 253402300799
		return time.Unix(int64(min(max(seconds, 0), year9999)), 0).UTC()
	default:
		r.wrong(name)
	}
	return time.Time{}
}
