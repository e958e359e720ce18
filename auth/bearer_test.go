package auth

import (
	"errors"
	"strings"
	"testing"

	"parley/chat"
)

func TestBearer(t *testing.T) {
	for _, c := range []struct {
		in, want string
		bad      bool
	}{
		{in: ""},
		{in: "   "},
		{in: "Bearer"},
		{in: "Bearer "},
		{in: `Bearer ""`},
		{in: `""`},
		{in: "a.b.c", want: "a.b.c"},
		{in: "Bearer a.b.c", want: "a.b.c"},
		{in: "bEaReR   a.b.c  ", want: "a.b.c"},
		{in: "\tBEARER\ta.b.c\r\n", want: "a.b.c"},
		{in: `Bearer "a.b.c" `, want: "a.b.c"}, // seed 004's curl
		{in: `"a.b.c"`, want: "a.b.c"},
		{in: `Bearer " a.b.c "`, want: "a.b.c"},
		{in: `""a.b.c""`, want: `"a.b.c"`}, // one pair, not two
		{in: `"a.b.c`, want: `"a.b.c`},     // half a pair is part of it
		{in: `"`, want: `"`},
		{in: "bearertoken", want: "bearertoken"},
		{in: "Basic dXNlcjpwYXNz", bad: true},
		{in: "Bearer Bearer a.b.c", bad: true},
		{in: "Bearer a.b.c, Bearer d.e.f", bad: true},
		{in: "Digest username=x", bad: true},
	} {
		got, err := Bearer(c.in)
		if got != c.want || errors.Is(err, chat.ErrBadToken) != c.bad || (err != nil) != c.bad {
			t.Errorf("Bearer(%q) = %q, %v, want %q, bad %v", c.in, got, err, c.want, c.bad)
		}
	}
}

func TestFirst(t *testing.T) {
	if got := First("", " \t", "Bearer a", "b"); got != "Bearer a" {
		t.Errorf("First = %q", got)
	}
	if got := First("", " "); got != "" {
		t.Errorf("First of blanks = %q", got)
	}
}

func FuzzBearer(f *testing.F) {
	for _, s := range []string{"", "Bearer a.b.c", `Bearer "a" `, "Basic x", `"`, "bearer\u00a0x", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		token, err := Bearer(s)
		if err != nil && token != "" {
			t.Fatalf("a token beside an error: %q", token)
		}
		if strings.TrimSpace(token) != token || len(strings.Fields(token)) > 1 {
			t.Fatalf("white space in %q", token)
		}
		if !strings.Contains(s, token) {
			t.Fatalf("%q is not in %q", token, s)
		}
		if err != nil || token == "" || strings.EqualFold(token, "bearer") || strings.HasPrefix(token, `"`) {
			return
		}
		// However it is dressed, the token is the same.
		for _, dressed := range []string{"Bearer " + token, ` bearer "` + token + `" `, `"` + token + `"`} {
			if again, err := Bearer(dressed); again != token || err != nil {
				t.Fatalf("Bearer(%q) = %q, %v, want %q", dressed, again, err, token)
			}
		}
	})
}
