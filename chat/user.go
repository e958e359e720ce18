package chat

import "time"

// Role is what a caller may do beyond their own rooms.
type Role string

// The roles, from least to most.
const (
	RoleGuest Role = "guest"
	RoleUser  Role = "user"
	RoleAgent Role = "agent"
	RoleAdmin Role = "admin"
)

// Valid reports whether r is one of the four roles.
func (r Role) Valid() bool {
	switch r {
	case RoleGuest, RoleUser, RoleAgent, RoleAdmin:
		return true
	}
	return false
}

// User is a person or program that may call. ID is the `sub` of their tokens.
type User struct {
	ID       string
	Username string // accounts only; unique without regard to case
	Name     string
	Email    string
	Role     Role
	// PasswordHash is an argon2id string, accounts only. It never leaves the process.
	PasswordHash string
	// TokenVersion is carried by Parley's own tokens; raising it ends them all.
	TokenVersion int64
	Blocked      bool
	CreatedAt    time.Time
	// ChangedAt is when TokenVersion or Blocked last changed.
	ChangedAt time.Time
}

// Account reports whether the user signs in with a password kept here.
func (u User) Account() bool { return u.PasswordHash != "" }

// Actor is who calls a use case: a user whose token was checked.
type Actor struct {
	ID   string
	Name string
	Role Role
}

// Admin reports whether the actor administers the server.
func (a Actor) Admin() bool { return a.Role == RoleAdmin }

// Identity is what a checked token says: who calls, and until when.
type Identity struct {
	Actor
	// Expires is when the token ends, zero if it does not.
	Expires time.Time
	// Own is set for tokens that Parley issued; TokenVersion is theirs.
	Own          bool
	TokenVersion int64
}

// Revoked reports whether a change of the user has ended the identity's token.
func (i Identity) Revoked(u User) bool {
	return u.Blocked || (i.Own && i.TokenVersion < u.TokenVersion)
}

// NewAccount describes an account to be made. Username is trimmed; Name and
// Email may be empty and are kept as given, the name being the username then.
type NewAccount struct {
	Username, Password, Name, Email string
}
