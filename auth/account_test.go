package auth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/limit"
)

const password = "correct horse"

func register(t *testing.T, h *house, username string) Grant {
	t.Helper()
	g, err := h.Register(t.Context(), NewAccount{Username: username, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRegisterAndLogin(t *testing.T) {
	h := newHouse(t, nil)
	g, err := h.Register(t.Context(), NewAccount{Username: "  Ann ", Password: password, Name: " Ann Example", Email: "not checked"})
	if err != nil {
		t.Fatal(err)
	}
	u := h.users.stored(t, g.User.ID)
	if u != g.User || u.Username != "Ann" || u.Name != " Ann Example" || u.Email != "not checked" || u.Role != chat.RoleUser || !u.Account() {
		t.Fatalf("stored %+v", u)
	}
	if strings.Contains(u.PasswordHash, password) || !g.Expires.Equal(dawn.Add(DefaultTTL)) {
		t.Fatalf("%+v", g)
	}
	id := h.want(t, g.Token, "")
	if !id.Own || id.ID != u.ID || id.TokenVersion != u.TokenVersion {
		t.Fatalf("identity %+v", id)
	}
	if me, err := h.Me(t.Context(), id.Actor); err != nil || me != u {
		t.Fatalf("Me: %+v, %v", me, err)
	}
	again, err := h.Login(t.Context(), " aNN", password)
	if err != nil || again.User != u {
		t.Fatalf("Login: %+v, %v", again, err)
	}
	h.want(t, again.Token, "")
	if again.Token == g.Token {
		t.Error("two tokens are the same: jti is missing")
	}
	if _, err := h.Register(t.Context(), NewAccount{Username: "ANN", Password: password}); chat.CodeOf(err) != chat.CodeConflict {
		t.Errorf("a taken username: %v", err)
	}
	for _, name := range []string{"ann", u.ID} {
		if found, err := h.Find(t.Context(), name); err != nil || found.ID != u.ID {
			t.Errorf("Find(%q): %+v, %v", name, found, err)
		}
	}
}

func TestWrongCredentialsAreAlike(t *testing.T) {
	h := newHouse(t, nil)
	register(t, h, "ann")
	outside := hs256(t, map[string]any{"sub": "bob"})
	h.want(t, outside, "")
	var hashes int
	derive := h.hashes.derive
	h.hashes.derive = func(p string, salt []byte) []byte { hashes++; return derive(p, salt) }
	for _, c := range [][2]string{{"ann", "wrong password"}, {"nobody", password}, {"bob", password}, {"a\x00", password}, {"", ""}, {"ann", ""}, {"ann", strings.Repeat("x", 257)}} {
		if _, err := h.Login(t.Context(), c[0], c[1]); !errors.Is(err, errCredentials) {
			t.Errorf("Login(%q): %v", c, err)
		}
	}
	if hashes != 3 {
		t.Errorf("%d hashes, want one for each plausible pair, the unknown accounts included", hashes)
	}
}

func TestFieldBounds(t *testing.T) {
	h := newHouse(t, nil)
	long := strings.Repeat
	for name, a := range map[string]NewAccount{
		"no username":       {Username: " ", Password: password},
		"long username":     {Username: long("ü", 65), Password: password},
		"control username":  {Username: "a\tb", Password: password},
		"broken username":   {Username: "a\xff", Password: password},
		"short password":    {Username: "a", Password: "üüüüüüü"},
		"long password":     {Username: "a", Password: long("x", 257)},
		"long name":         {Username: "a", Password: password, Name: long("ü", 201)},
		"NUL in the name":   {Username: "a", Password: password, Name: "a\x00"},
		"broken name":       {Username: "a", Password: password, Name: "\xff"},
		"long email":        {Username: "a", Password: password, Email: long("x", 255)},
		"NUL in the e-mail": {Username: "a", Password: password, Email: "\x00"},
	} {
		if _, err := h.Register(t.Context(), a); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.CreateAccount(t.Context(), NewAccount{Username: "a", Password: password}, "root"); chat.CodeOf(err) != chat.CodeInvalid {
		t.Errorf("unknown role: %v", err)
	}
	if _, err := h.Register(t.Context(), NewAccount{
		Username: long("ü", 64), Password: long("ü", 256), Name: long("ü", 200), Email: long("x", 254),
	}); err != nil {
		t.Errorf("at the bounds: %v", err)
	}
	if _, err := h.Guest(t.Context(), long("x", 201), ""); chat.CodeOf(err) != chat.CodeInvalid {
		t.Errorf("guest with a long name: %v", err)
	}
}

func TestGuest(t *testing.T) {
	h := newHouse(t, nil)
	g, err := h.Guest(t.Context(), "", "g@example.org")
	if err != nil || g.User.Name != "Guest" || g.User.Role != chat.RoleGuest || g.User.Account() || !g.Expires.Equal(dawn.Add(DefaultGuestTTL)) {
		t.Fatalf("%+v, %v", g, err)
	}
	// What the store says of a guest holds against the guest's token.
	if _, err := h.users.UpdateUser(t.Context(), g.User.ID, func(u *chat.User) error { u.Name = "Gus"; return nil }); err != nil {
		t.Fatal(err)
	}
	if id := h.want(t, g.Token, ""); id.Role != chat.RoleGuest || id.Name != "Gus" {
		t.Fatalf("identity %+v", id)
	}
	if _, err := h.SetRole(t.Context(), g.User.ID, chat.RoleAdmin); chat.CodeOf(err) != chat.CodeConflict {
		t.Errorf("SetRole of a guest: %v", err)
	}
	if _, err := h.ChangePassword(t.Context(), g.User.ID, password, password); chat.CodeOf(err) != chat.CodeConflict {
		t.Errorf("ChangePassword of a guest: %v", err)
	}
	if _, err := h.SetPassword(t.Context(), g.User.ID, password); chat.CodeOf(err) != chat.CodeConflict {
		t.Errorf("SetPassword of a guest: %v", err)
	}
}

// Whatever ends tokens raises the version, says when, and tells the server.
func TestWhatEndsTokens(t *testing.T) {
	for name, c := range map[string]struct {
		end     func(h *house, id string) error
		revokes bool
	}{
		"logout": {func(h *house, id string) error { return h.Logout(t.Context(), id) }, true},
		"new password": {func(h *house, id string) error {
			_, err := h.ChangePassword(t.Context(), id, password, "another one")
			return err
		}, true},
		"set password":  {func(h *house, id string) error { _, err := h.SetPassword(t.Context(), id, "another one"); return err }, true},
		"set role":      {func(h *house, id string) error { _, err := h.SetRole(t.Context(), id, chat.RoleAgent); return err }, true},
		"the same role": {func(h *house, id string) error { _, err := h.SetRole(t.Context(), id, chat.RoleUser); return err }, false},
		"block":         {func(h *house, id string) error { _, err := h.Block(t.Context(), id); return err }, true},
		"unblock":       {func(h *house, id string) error { _, err := h.Unblock(t.Context(), id); return err }, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, nil)
			g := register(t, h, "ann")
			before := h.want(t, g.Token, "")
			h.clock.advance(time.Minute)
			if err := c.end(h, g.User.ID); err != nil {
				t.Fatal(err)
			}
			u := h.users.stored(t, g.User.ID)
			if len(h.revoked) != 1 || h.revoked[0] != u {
				t.Fatalf("Revoked was told %+v, stored is %+v", h.revoked, u)
			}
			if !c.revokes {
				if u != g.User || before.Revoked(u) {
					t.Fatalf("stored %+v", u)
				}
				h.want(t, g.Token, "")
				return
			}
			if u.TokenVersion != g.User.TokenVersion+1 || !u.ChangedAt.Equal(dawn.Add(time.Minute)) || !before.Revoked(u) {
				t.Fatalf("stored %+v", u)
			}
			if _, err := h.Authenticate(t.Context(), g.Token); err == nil {
				t.Fatal("the token is still good")
			}
		})
	}
}

func TestChangePassword(t *testing.T) {
	h := newHouse(t, nil)
	g := register(t, h, "ann")
	for _, c := range []struct {
		old, new string
		code     chat.Code
	}{
		{"wrong password", "another one", chat.CodeUnauthenticated},
		{"", "another one", chat.CodeUnauthenticated},
		{password, "short", chat.CodeInvalid},
	} {
		if _, err := h.ChangePassword(t.Context(), g.User.ID, c.old, c.new); chat.CodeOf(err) != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	h.want(t, g.Token, "")
	changed, err := h.ChangePassword(t.Context(), g.User.ID, password, "another one")
	if err != nil {
		t.Fatal(err)
	}
	h.want(t, g.Token, bad)
	h.want(t, changed.Token, "")
	if _, err := h.Login(t.Context(), "ann", password); !errors.Is(err, errCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := h.Login(t.Context(), "ann", "another one"); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestOldPasswordIsOldOnlyOnce(t *testing.T) {
	h := newHouse(t, nil)
	g := register(t, h, "ann")
	derive := h.hashes.derive
	h.hashes.derive = func(p string, salt []byte) []byte {
		h.hashes.derive = derive // an operator sets the password while the old one is checked
		if _, err := h.SetPassword(t.Context(), g.User.ID, "the operator's"); err != nil {
			t.Error(err)
		}
		return derive(p, salt)
	}
	if _, err := h.ChangePassword(t.Context(), g.User.ID, password, "another one"); !errors.Is(err, errCredentials) {
		t.Fatalf("ChangePassword: %v", err)
	}
	if _, err := h.Login(t.Context(), "ann", "the operator's"); err != nil {
		t.Fatalf("the operator's password: %v", err)
	}
}

func TestRolesAndBlocks(t *testing.T) {
	h := newHouse(t, nil)
	register(t, h, "ann")
	u, err := h.Find(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if u, err = h.SetRole(t.Context(), u.ID, chat.RoleAdmin); err != nil || u.Role != chat.RoleAdmin {
		t.Fatalf("%+v, %v", u, err)
	}
	g, err := h.Login(t.Context(), "ann", password)
	if err != nil {
		t.Fatal(err)
	}
	if id := h.want(t, g.Token, ""); id.Role != chat.RoleAdmin {
		t.Fatalf("identity %+v", id)
	}
	if _, err := h.SetRole(t.Context(), u.ID, "root"); chat.CodeOf(err) != chat.CodeInvalid {
		t.Errorf("unknown role: %v", err)
	}
	if _, err := h.Block(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	blocked, err := h.Block(t.Context(), u.ID)
	if err != nil || blocked.TokenVersion != u.TokenVersion+1 {
		t.Errorf("a second block: %+v, %v", blocked, err)
	}
	if _, err := h.Login(t.Context(), "ann", password); !errors.Is(err, chat.ErrBlocked) {
		t.Errorf("login while blocked: %v", err)
	}
	if _, err := h.Login(t.Context(), "ann", "wrong password"); !errors.Is(err, errCredentials) {
		t.Errorf("a wrong password learns of the block: %v", err)
	}
	for name, err := range map[string]error{
		"logout":  h.Logout(t.Context(), "nobody"),
		"block":   second(h.Block(t.Context(), "nobody")),
		"unblock": second(h.Unblock(t.Context(), "nobody")),
		"role":    second(h.SetRole(t.Context(), "nobody", chat.RoleUser)),
		"find":    second(h.Find(t.Context(), "nobody")),
	} {
		if chat.CodeOf(err) != chat.CodeNotFound {
			t.Errorf("%s of nobody: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestLoginRate(t *testing.T) {
	h := newHouse(t, nil)
	h.cfg.Logins = limit.New(limit.Rate{Events: 10, Per: time.Minute}, 100, h.clock.now)
	register(t, h, "ann")
	register(t, h, "bob")
	for range 10 {
		if _, err := h.Login(t.Context(), "ann", "wrong password"); !errors.Is(err, errCredentials) {
			t.Fatal(err)
		}
	}
	_, err := h.Login(t.Context(), " ANN ", password)
	if e := chat.ErrorOf(err); e == nil || e.Code != chat.CodeRateLimited || e.RetryAfter != 6*time.Second {
		t.Fatalf("the eleventh: %v", err)
	}
	if _, err := h.Login(t.Context(), "bob", password); err != nil {
		t.Fatalf("another account: %v", err)
	}
	h.clock.advance(6 * time.Second)
	if _, err := h.Login(t.Context(), "ann", password); err != nil {
		t.Fatalf("after retryAfter: %v", err)
	}
}
