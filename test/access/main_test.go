// Package access_test holds who may do what: one table of every route and every
// event, with a column for each kind of caller, run against the real binary.
// Whoever may not is told so alike for what there is and for what there is not,
// and has changed nothing.
package access_test

import (
	"testing"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, client.CloseIdleConnections)
}

// caller is somebody who comes to Parley: a column of the table.
type caller struct {
	name string
	role string // of the token; "" without one
}

// callers are the columns, in their order.
var callers = []caller{
	{"nobody", ""},       // sends no token
	{"guest", "guest"},   // became one by POST /auth/guest
	{"user", "user"},     // took part in the room, wrote there, and left it
	{"stranger", "user"}, // is known, and never took part in the room
	{"member", "user"},   // takes part in the room
	{"creator", "user"},  // made the room and takes part in it
	{"agent", "agent"},   // has the role, and no part in the room
	{"admin", "admin"},   // has the role, and no part in the room
	{"blocked", "user"},  // takes part in the room, and is blocked
}

// inside tells whether the caller may know of the room as one who takes part.
func (c caller) inside() bool { return c.name == "member" || c.name == "creator" }

// hasRoom tells whether the caller may have a room of their own.
func (c caller) hasRoom() bool { return c.role != "" && c.role != "guest" && c.name != "blocked" }
