package examples_test

import (
	"strings"
	"testing"

	"parley/test/harness"
)

// TestHello makes a room in one terminal and comes into it from another.
func TestHello(t *testing.T) {
	s := harness.Start(t)
	hello := func(user string, args ...string) *terminal {
		env := []string{"PARLEY_URL=" + s.URL, "PARLEY_TOKEN=" + token(t, s, user)}
		return run(t, installed(t, "examples", "hello"), env, "node", append([]string{"hello.js"}, args...)...)
	}
	alice := hello("alice")
	_, room, _ := strings.Cut(alice.wants("in room "), "in room ")
	alice.wants("alice: Hello from alice")
	bob := hello("bob", room)
	bob.wants("in room " + room)
	bob.wants("bob: Hello from bob")
	alice.wants("bob: Hello from bob")
	hello("carol", "no-such-room").wants("Room does not exist or you don't have access")
}
