package auth

import (
	"strings"

	"parley/chat"
)

// Bearer takes the token out of the text that a client gave as one: `Bearer` in
// any case may stand before it, and outer spaces and one pair of double quotes
// around it are dropped. It returns "" if nothing is left, and chat.ErrBadToken
// for anything of more than one word, such as another scheme. It does not check
// the token.
func Bearer(s string) (token string, err error) {
	s = strings.TrimSpace(s)
	const scheme = "bearer"
	if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		rest := s[len(scheme):]
		if token := strings.TrimSpace(rest); token == "" || len(token) < len(rest) {
			s = token
		}
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	if len(strings.Fields(s)) > 1 {
		return "", chat.ErrBadToken
	}
	return s, nil
}

// First returns the first of the places where a token may be that is not blank,
// "" if all are. The choice is made before [Bearer] looks: a bad token in the
// first place is not made good by one in the second.
func First(values ...string) string {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}
