package access_test

import (
	"regexp"
	"strings"
	"testing"
)

// row is a line of the table: how each caller fares with one thing to do.
type row struct {
	// who has a column for each of callers:
	//
	//	200 201  yes (of an event: ok), and the answer tells nothing of the room
	//	see      yes, and the answer tells something of the room
	//	gone     yes, and the answer says that there is no such room
	//	401      sent no token
	//	blk      is blocked
	//	403 404 400 409  forbidden, not found, invalid, conflict
	//	-        cannot come about
	who string
	// call is a method and a path, or the name of an event. What stands in braces
	// is one of the things of a house: "GET /chat/rooms/{room}", "join".
	call string
	// send is the body or the event's arguments, in JSON with braces likewise; a
	// text behind a @ is uploaded as a file.
	send string
}

// names finds the names of things.
var names = regexp.MustCompile(`\{([a-z][a-z' ]*)\}`)

// parameters finds those of a path in OpenAPI.
var parameters = regexp.MustCompile(`\{[^}]*\}`)

// event tells whether the row is an event.
func (r row) event() bool { return !strings.Contains(r.call, " ") }

// reads tells whether even a yes leaves a house as it is.
func (r row) reads() bool {
	switch r.call {
	case connect, "ping", "auth:refresh", "typing", "history", "sync", "connectToRoom", "disconnectFromRoom":
		return true
	}
	return strings.HasPrefix(r.call, "GET ") && !strings.HasPrefix(r.call, "GET /chat/invitations/accept/") &&
		!strings.HasPrefix(r.call, "GET /chat/invitations/decline/") || strings.HasPrefix(r.call, "POST /auth/")
}

// route is the call as OpenAPI would write it, without the parameters' names.
func (r row) route() string {
	call, _, _ := strings.Cut(r.call, "?")
	return names.ReplaceAllString(call, "{}")
}

// things are those that the row names, the answer's own among them.
func (r row) things() []string {
	var all []string
	for _, m := range names.FindAllStringSubmatch(r.call+r.send, -1) {
		all = append(all, m[1])
	}
	return all
}

// columns splits who.
func (r row) columns(t *testing.T) []string {
	t.Helper()
	wants := strings.Fields(r.who)
	if len(wants) != len(callers) {
		t.Fatalf("%s %s has %d columns, there are %d callers", r.call, r.send, len(wants), len(callers))
	}
	return wants
}

// refusals are the columns that say no, and how each looks over HTTP.
var refusals = map[string]struct {
	status int
	name   string
}{
	"400": {400, "INVALID_ARGUMENTS"},
	"401": {401, "UNAUTHORIZED"},
	"403": {403, "FORBIDDEN"},
	"blk": {403, "FORBIDDEN"},
	"404": {404, "NOT_FOUND"},
	"409": {409, "CONFLICT"},
}

// The texts that tell one 401 or 403 from another.
const (
	textNoToken = "No 'Authorization' header or 'accessToken' cookie present"
	textBlocked = "This user is blocked"
)

// refused tells whether a column says no, or yes to nothing.
func refused(want string) bool {
	_, no := refusals[want]
	return no || want == "gone"
}
