package auth

import (
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

func TestOutsideUserIsMadeAndFollowed(t *testing.T) {
	h := newHouse(t, nil)
	id := h.want(t, hs256(t, map[string]any{"role": "agent"}), "")
	want := chat.User{ID: "ann", Name: "Ann", Email: "ann@example.org", Role: chat.RoleAgent, CreatedAt: dawn}
	if got := h.users.stored(t, "ann"); got != want || id.Role != chat.RoleAgent || id.Own {
		t.Fatalf("stored %+v, identity %+v", got, id)
	}

	h.users.reads = 0
	h.want(t, hs256(t, map[string]any{"role": "agent"}), "")
	if h.users.reads != 1 || h.users.writes != 0 {
		t.Fatalf("a known user costs %d reads and %d writes, want 1 and 0", h.users.reads, h.users.writes)
	}

	// The claims are the truth, now for rules that look at the stored user too.
	id = h.want(t, hs256(t, map[string]any{"name": "Anna", "email": nil}), "")
	got := h.users.stored(t, "ann")
	if id.Role != chat.RoleUser || id.Name != "Anna" || got.Role != chat.RoleUser || got.Name != "Anna" || got.Email != "ann@example.org" {
		t.Fatalf("stored %+v, identity %+v", got, id)
	}
}

func TestTokensThatDisagreeDoNotWriteEachTime(t *testing.T) {
	h := newHouse(t, nil)
	h.want(t, hs256(t, nil), "")
	for range 50 {
		for _, name := range []string{"A", "B"} {
			if id := h.want(t, hs256(t, map[string]any{"name": name}), ""); id.Name != name {
				t.Fatalf("name %q, want the token's, %q", id.Name, name)
			}
		}
	}
	if h.users.writes > profileRate.Burst {
		t.Fatalf("%d writes", h.users.writes)
	}
}

func TestUserAddedBeforeTheyCame(t *testing.T) {
	h := newHouse(t, nil)
	h.users.byID["ann"] = chat.User{ID: "ann", Name: "ann", Role: chat.RoleUser}
	h.want(t, hs256(t, map[string]any{"role": "guest"}), "")
	if got := h.users.stored(t, "ann"); got.Role != chat.RoleGuest || got.Name != "Ann" {
		t.Fatalf("stored %+v", got)
	}
}

func TestClaimsAreMadeToFit(t *testing.T) {
	h := newHouse(t, nil)
	h.want(t, hs256(t, map[string]any{"name": strings.Repeat("ä", 500) + "\x00", "email": strings.Repeat("e", 300)}), "")
	if got := h.users.stored(t, "ann"); got.Name != strings.Repeat("ä", MaxName) || got.Email != "" {
		t.Errorf("stored %+v", got)
	}
	h.want(t, hs256(t, map[string]any{"sub": "auth0|böb", "name": "a\x00b"}), "")
	if got := h.users.stored(t, "auth0|böb"); got.Name != "ab" {
		t.Errorf("stored %+v", got)
	}
	h.want(t, hs256(t, map[string]any{"sub": "bare", "name": nil}), "")
	if got := h.users.stored(t, "bare"); got.Name != "bare" {
		t.Errorf("stored %+v", got)
	}
	if id := h.want(t, hs256(t, map[string]any{"sub": "case", "Role": "admin", "ROLE": "admin"}), ""); id.Role != chat.RoleUser {
		t.Errorf("a claim in another case gave the role %q", id.Role)
	}
}

func TestManyFirstTokensAtOnce(t *testing.T) {
	h := newHouse(t, nil)
	token := hs256(t, nil)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := h.Authenticate(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(h.users.byID) != 1 {
		t.Errorf("%d users", len(h.users.byID))
	}
}

func TestAccountsTakeNameAndRoleFromTheStore(t *testing.T) {
	h := newHouse(t, nil)
	g := register(t, h, "ann")
	for name, token := range map[string]string{
		"own":     g.Token,
		"outside": hs256(t, map[string]any{"sub": g.User.ID, "role": "admin", "name": "Root"}),
		"minted": hs256(t, map[string]any{
			"sub": g.User.ID, "role": "admin", "name": "Root", "iss": "parley", "tv": g.User.TokenVersion,
		}),
	} {
		if id := h.want(t, token, ""); id.Role != chat.RoleUser || id.Name != "ann" || id.ID != g.User.ID {
			t.Errorf("%s: %+v", name, id)
		}
	}
	if h.users.writes != 0 {
		t.Errorf("tokens changed the stored account")
	}
}

func TestTokenForAUserWhoIsNotThereYet(t *testing.T) {
	h := newHouse(t, nil)
	token, expires, err := h.IssueFor(t.Context(), chat.User{ID: "op", Name: "Op", Role: chat.RoleAdmin}, 90*time.Minute)
	if err != nil || !expires.Equal(dawn.Add(90*time.Minute)) {
		t.Fatal(expires, err)
	}
	id := h.want(t, token, "")
	if id.Role != chat.RoleAdmin || id.Name != "Op" || !id.Own || id.TokenVersion != 0 || !id.Expires.Equal(expires) {
		t.Fatalf("identity %+v", id)
	}
	if err := h.Logout(t.Context(), "op"); err != nil {
		t.Fatal(err)
	}
	h.want(t, token, bad)
	token, _, err = h.IssueFor(t.Context(), chat.User{ID: "op"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if id := h.want(t, token, ""); id.TokenVersion != 1 || id.Name != "Op" || id.Role != chat.RoleAdmin {
		t.Fatalf("identity %+v", id)
	}
	h.clock.advance(time.Hour)
	h.want(t, token, chat.CodeTokenExpired)
}

func TestIssueRefusesWhatCannotBe(t *testing.T) {
	h := newHouse(t, nil)
	for name, u := range map[string]chat.User{
		"no id":   {Role: chat.RoleUser},
		"bad id":  {ID: "a\nb", Role: chat.RoleUser},
		"no role": {ID: "a"},
		"huge":    {ID: "a", Role: chat.RoleUser, Name: strings.Repeat("x", MaxToken)},
	} {
		if _, _, err := h.Issue(u, time.Hour); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := h.Issue(chat.User{ID: "a", Role: chat.RoleUser}, 0); chat.CodeOf(err) != chat.CodeInvalid {
		t.Errorf("no lifetime: %v", err)
	}
}

func TestBlockedUsersAreRefused(t *testing.T) {
	h := newHouse(t, nil)
	g := register(t, h, "ann")
	outside := hs256(t, map[string]any{"sub": "bob"})
	h.want(t, outside, "")
	for _, id := range []string{g.User.ID, "bob"} {
		if _, err := h.Block(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	h.want(t, outside, chat.CodeBlocked)
	h.want(t, g.Token, chat.CodeBlocked)
	for _, id := range []string{g.User.ID, "bob"} {
		if _, err := h.Unblock(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	h.want(t, outside, "")
	h.want(t, g.Token, bad) // the block ended it
}

// A restored backup may have forgotten users whose tokens live on.
func TestTokensOfForgottenUsers(t *testing.T) {
	h := newHouse(t, nil)
	account := register(t, h, "ann")
	guest, err := h.Guest(t.Context(), "Gus", "")
	if err != nil {
		t.Fatal(err)
	}
	clear(h.users.byID)
	h.want(t, account.Token, bad)
	if id := h.want(t, guest.Token, ""); id.Role != chat.RoleGuest || id.Name != "Gus" {
		t.Errorf("identity %+v", id)
	}
}
