package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
)

const bad = chat.CodeUnauthenticated

func TestEveryAlgorithm(t *testing.T) {
	k := newSigners()
	methods := map[string]struct {
		method jwt.SigningMethod
		key    any
	}{
		"HS256": {jwt.SigningMethodHS256, []byte(secret)},
		"RS256": {jwt.SigningMethodRS256, k.rsa},
		"ES256": {jwt.SigningMethodES256, k.ec},
		"EdDSA": {jwt.SigningMethodEdDSA, k.ed25519},
		"HS512": {jwt.SigningMethodHS512, []byte(secret)},
		"RS512": {jwt.SigningMethodRS512, k.rsa},
		"PS256": {jwt.SigningMethodPS256, k.rsa},
	}
	families := map[string]func(*Config){
		"HS256": nil,
		"RS256": func(c *Config) { c.PublicKeys = publicPEM(t, k.rsa.Public()) },
		"ES256": func(c *Config) { c.PublicKeys = publicPEM(t, k.ec.Public()) },
		"EdDSA": func(c *Config) { c.PublicKeys = publicPEM(t, k.ed25519.Public()) },
	}
	for family, settings := range families {
		h := newHouse(t, settings)
		for alg, m := range methods {
			want := bad
			if alg == family {
				want = ""
			}
			t.Run(alg+" token, "+family+" family", func(t *testing.T) {
				id := h.want(t, sign(t, m.method, m.key, map[string]any{"kid": "any"}, nil), want)
				if want == "" && (id.ID != "ann" || id.Name != "Ann" || id.Role != chat.RoleUser || id.Own || !id.Expires.Equal(dawn.Add(time.Hour))) {
					t.Errorf("identity %+v", id)
				}
			})
		}
		t.Run("own token, "+family+" family", func(t *testing.T) {
			token, _, err := h.IssueFor(t.Context(), chat.User{ID: "op", Role: chat.RoleAdmin}, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if id := h.want(t, token, ""); !id.Own || id.Role != chat.RoleAdmin {
				t.Errorf("identity %+v", id)
			}
		})
	}
	t.Run("several keys of one setting", func(t *testing.T) {
		h := newHouse(t, func(c *Config) { c.PublicKeys = publicPEM(t, k.ec.Public(), k.rsa.Public(), k.ed25519.Public()) })
		for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
			h.want(t, sign(t, methods[alg].method, methods[alg].key, nil, nil), "")
		}
	})
}

func TestAttacks(t *testing.T) {
	k := newSigners()
	public := publicPEM(t, k.rsa.Public())
	h := newHouse(t, func(c *Config) {
		c.PublicKeys, c.Issuer, c.Audience = public, "https://id.example.org", "parley-app"
	})
	rs := func(header, changes map[string]any) string {
		all := map[string]any{"iss": "https://id.example.org", "aud": []string{"other", "parley-app"}}
		for name, v := range changes {
			all[name] = v
		}
		return sign(t, jwt.SigningMethodRS256, k.rsa, header, all)
	}
	one := func(name string, v any) string { return rs(nil, map[string]any{name: v}) }
	good := rs(nil, nil)
	h.want(t, good, "")
	parts := strings.Split(good, ".")
	unsigned := sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, map[string]any{"iss": "https://id.example.org", "aud": "parley-app"})
	other := newHouse(t, func(c *Config) { c.Secret = []byte(strings.Repeat("x", 32)) })
	foreign, _, _ := other.Issue(chat.User{ID: "ann", Role: chat.RoleAdmin}, time.Hour)
	own := func(changes map[string]any) string {
		all := map[string]any{"iss": "parley", "tv": 0}
		for name, v := range changes {
			all[name] = v
		}
		return hs256(t, all)
	}

	cases := map[string]string{
		"alg none":                         unsigned,
		"alg none, capital":                base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"None"}`)) + "." + parts[1] + ".",
		"no alg":                           base64.RawURLEncoding.EncodeToString([]byte(`{}`)) + "." + parts[1] + "." + parts[2],
		"HS256 with the public key's PEM":  sign(t, jwt.SigningMethodHS256, public, nil, map[string]any{"iss": "parley", "tv": 0}),
		"HS256 with the secret, outside":   hs256(t, map[string]any{"iss": "https://id.example.org", "aud": "parley-app"}),
		"HS256 with the secret, no issuer": hs256(t, nil),
		"own, of another server's secret":  foreign,
		"own without exp":                  own(map[string]any{"exp": nil}),
		"own without tv":                   own(map[string]any{"tv": nil}),
		"own with a tv of text":            own(map[string]any{"tv": "0"}),
		"own with a tv of half":            own(map[string]any{"tv": 0.5}),
		"own of a user who is gone":        own(map[string]any{"sub": "gone", "tv": 3}),
		"outside, says iss parley":         one("iss", "parley"),
		"wrong issuer":                     one("iss", "https://evil.example.org"),
		"issuer in another case":           one("iss", "https://ID.example.org"),
		"no issuer":                        one("iss", nil),
		"issuer of the wrong type":         one("iss", []string{"https://id.example.org"}),
		"wrong audience":                   one("aud", "another-app"),
		"no audience":                      one("aud", nil),
		"audience of the wrong type":       one("aud", []any{"parley-app", 1}),
		"not yet valid":                    one("nbf", dawn.Add(time.Minute).Unix()),
		"issued in the future":             one("iat", dawn.Add(time.Minute).Unix()),
		"nbf of the wrong type":            one("nbf", "2020-01-01"),
		"exp of the wrong type":            one("exp", "never"),
		"no sub":                           one("sub", nil),
		"null sub":                         one("sub", json.RawMessage("null")),
		"empty sub":                        one("sub", ""),
		"sub is a number":                  one("sub", 17),
		"sub too long":                     one("sub", strings.Repeat("x", 256)),
		"sub with NUL":                     one("sub", "ann\x00"),
		"sub with a line end":              one("sub", "ann\n"),
		"sub with DEL":                     one("sub", "ann\x7f"),
		"sub turning text around":          one("sub", "ann\u202ebob"),
		"sub with a zero-width space":      one("sub", "ann\u200b"),
		"sub with half a surrogate":        one("sub", json.RawMessage(`"ann\ud800"`)),
		"unknown role":                     one("role", "root"),
		"role in another case":             one("role", "Admin"),
		"roles as a list":                  one("role", []string{"admin"}),
		"name of the wrong type":           one("name", map[string]any{}),
		"email of the wrong type":          one("email", true),
		"critical header":                  rs(map[string]any{"crit": []string{"exp"}}, nil),
		"kid of the wrong type":            rs(map[string]any{"kid": 1}, nil),
		"two parts":                        parts[0] + "." + parts[1],
		"no signature":                     parts[0] + "." + parts[1] + ".",
		"half a signature":                 good[:len(good)-100],
		"signature with a line end":        good[:len(good)-4] + "\n" + good[len(good)-4:],
		"four parts":                       good + ".x",
		"changed claims":                   parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"bob"}`)) + "." + parts[2],
		"garbage":                          "garbage",
		"dots":                             "..",
		"bytes":                            "\xff\xfe.\x00.\x01",
		"huge":                             one("pad", strings.Repeat("x", MaxToken)),
		"only dots, many":                  strings.Repeat(".", MaxToken),
	}
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := h.Authenticate(t.Context(), token)
			if !errors.Is(err, chat.ErrBadToken) || chat.ErrorOf(err).Message != chat.ErrBadToken.Message {
				t.Fatalf("%v, want chat.ErrBadToken", err)
			}
			if len(token) > 20 && strings.Contains(err.Error(), token) {
				t.Fatal("the token is in the error")
			}
		})
	}
	if len(h.users.byID) != 1 {
		t.Errorf("refused tokens made users: %v", h.users.byID)
	}
}

func TestTimes(t *testing.T) {
	h := newHouse(t, nil)
	at := func(name string, seconds any) string { return hs256(t, map[string]any{name: seconds}) }
	for name, c := range map[string]struct {
		token string
		code  chat.Code
	}{
		"one second left":         {at("exp", dawn.Unix()+1), ""},
		"this very second":        {at("exp", dawn.Unix()), chat.CodeTokenExpired},
		"long ago":                {at("exp", 0), chat.CodeTokenExpired},
		"before time began":       {at("exp", -62135596800), chat.CodeTokenExpired},
		"fraction":                {at("exp", float64(dawn.Unix())+1.5), ""},
		"milliseconds by mistake": {at("exp", dawn.UnixMilli()), ""},
		"nbf within the leeway":   {at("nbf", dawn.Add(Leeway).Unix()), ""},
		"iat within the leeway":   {at("iat", dawn.Add(Leeway).Unix()), ""},
		"a number past all":       {at("exp", json.RawMessage("1e400")), bad},
		"expired and wrong sub":   {hs256(t, map[string]any{"exp": 1, "sub": ""}), bad},
		"expired and not yet":     {hs256(t, map[string]any{"exp": 1, "nbf": dawn.Add(time.Hour).Unix()}), bad},
		"expired, bad signature":  {at("exp", 1) + "A", bad},
		"expired, wrong secret":   {sign(t, jwt.SigningMethodHS256, []byte("x"), nil, map[string]any{"exp": 1}), bad},
	} {
		t.Run(name, func(t *testing.T) { h.want(t, c.token, c.code) })
	}
	if id := h.want(t, hs256(t, map[string]any{"exp": nil}), ""); !id.Expires.IsZero() {
		t.Errorf("a token without exp expires at %v", id.Expires)
	}
	if id := h.want(t, at("exp", 99999999999999), ""); id.Expires.Year() != 9999 {
		t.Errorf("clamped to %v", id.Expires)
	}
	if _, err := h.Authenticate(t.Context(), ""); !errors.Is(err, chat.ErrNoToken) {
		t.Errorf("no token: %v", err)
	}
}

func TestNewRefusesWrongSettings(t *testing.T) {
	k := newSigners()
	private := []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
	for name, c := range map[string]struct {
		settings func(*Config)
		says     string
	}{
		"short secret":   {func(c *Config) { c.Secret = []byte("short") }, "at least 32"},
		"both families":  {func(c *Config) { c.PublicKeys, c.JWKSURL = publicPEM(t, k.ec.Public()), "https://x/" }, "not both"},
		"no PEM":         {func(c *Config) { c.PublicKeys = []byte("ssh-rsa AAAA") }, "no PEM"},
		"PEM, then junk": {func(c *Config) { c.PublicKeys = append(publicPEM(t, k.ec.Public()), "junk"...) }, "no PEM"},
		"private key":    {func(c *Config) { c.PublicKeys = private }, "PRIVATE KEY"},
		"JWKS file":      {func(c *Config) { c.JWKSURL = "file:///etc/passwd" }, "http"},
		"own issuer":     {func(c *Config) { c.Issuer = "parley" }, "Parley's own"},
		"no users":       {func(c *Config) { c.Users = nil }, "Users"},
	} {
		cfg := Config{Secret: []byte(secret), Users: &memory{}, NewID: func() string { return "" }}
		c.settings(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q", name, err, c.says)
		}
	}
	_, err := New(Config{})
	if err == nil || strings.Count(fmt.Sprint(err), "\n") != 1 {
		t.Errorf("not all mistakes at once: %v", err)
	}
}

func TestPEMOnOneLine(t *testing.T) {
	k := newSigners()
	line := strings.ReplaceAll(string(publicPEM(t, k.ec.Public())), "\n", `\n`)
	h := newHouse(t, func(c *Config) { c.PublicKeys = []byte(line) })
	h.want(t, sign(t, jwt.SigningMethodES256, k.ec, nil, nil), "")
}
