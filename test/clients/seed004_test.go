// Package clients_test runs programs that were written from other servers'
// documents alone, as their readers would write them, against the real server.
package clients_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

// closed is the server whose users are its own accounts; the harness's is open to
// whoever has a token.
const closed = "PARLEY_OPEN_USERS=false"

// The commands of Conduit's chat tutorial, word for word.
const (
	createCommand = `curl --location --request POST 'http://localhost:3000/chat/rooms' \
--header 'Content-Type: application/json' \
--header 'Accept: application/json' \
--header 'Authorization: Bearer "userAccessToken" ' \
--data-raw '{
"roomName": "Conduit Users",
"users": ["participantUserId1","participantUserId2"]
}'`
	addCommand = `curl --location --request PUT 'http://localhost:3000/chat/rooms/{roomId}/addUsers' \
--header 'Content-Type: application/json' \
--header 'Accept: application/json' \
--header 'masterkey: M4ST3RK3Y' \
--header 'Authorization: Bearer "userAccessToken"' \
--data-raw '{
"users": ["someUserId1","someUserId2"]
}'`
	leaveCommand = `curl --location --request PUT 'http://localhost:3000/chat/leave/6390b1808c52d0b5a436a429' \
--header 'Content-Type: application/json' \
--header 'Accept: application/json' \
--header 'masterkey: M4ST3RK3Y' \
--header 'Authorization: Bearer "userAccessToken"' \
--data-raw ''`
)

type account struct {
	ID    string `json:"id"`
	Token string `json:"token"`
}

// outsiders are people of whom the server knows only what their tokens say.
func outsiders(tb testing.TB) []account {
	tb.Helper()
	var people []account
	for _, name := range []string{"ada", "ben", "cy", "dee", "eve", "fay", "gus"} {
		people = append(people, account{ID: name, Token: harness.Token(tb, name, "user")})
	}
	return people
}

func register(tb testing.TB, s *harness.Server, name string) account {
	tb.Helper()
	status, answer := s.Call(tb, http.MethodPost, "/auth/register", "", map[string]any{
		"username": name, "password": "a password of " + name,
	})
	token, _ := answer["token"].(string)
	user, _ := answer["user"].(map[string]any)
	id, _ := user["_id"].(string)
	if token == "" || id == "" {
		tb.Fatalf("%s has no account: %d %v", name, status, answer)
	}
	return account{ID: id, Token: token}
}

// localhost is the server's address as the tutorial writes it.
func localhost(s *harness.Server) string {
	return "http://localhost" + s.Addr[strings.LastIndex(s.Addr, ":"):]
}

// TestChatTutorial runs the program of a reader of Conduit's chat tutorial.
func TestChatTutorial(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		t.Run("accounts", func(t *testing.T) {
			s := harness.Start(t, env, closed)
			readDocument(t, "seed004.js", map[string]any{"http": localhost(s), "socket": localhost(s)})
		})
		t.Run("outside tokens", func(t *testing.T) {
			s := harness.Start(t, env)
			readDocument(t, "seed004.js", map[string]any{
				"http": localhost(s), "socket": localhost(s), "users": outsiders(t), "strangers": true,
			})
		})
	})
}

// TestTutorialCommands pastes the tutorial's commands into a shell.
func TestTutorialCommands(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		s := harness.Start(t, env, closed)
		people := map[string]account{}
		for _, name := range []string{"ada", "ben", "cy", "dee", "eve"} {
			people[name] = register(t, s, name)
		}
		ada, dee := people["ada"], people["dee"]
		paste := func(command string, replace ...string) (int, map[string]any) {
			t.Helper()
			return shell(t, strings.NewReplacer(append(replace, "http://localhost:3000", localhost(s))...).Replace(command))
		}
		expect := func(what string, status int, answer map[string]any, want int, result string) {
			t.Helper()
			if got, _ := answer["result"].(string); status != want || got != result {
				t.Errorf("%s: %d %v, not %d %q", what, status, answer, want, result)
			}
		}

		// As pasted, with nothing filled in.
		for _, command := range []string{createCommand, addCommand, leaveCommand} {
			if status, answer := paste(command); status != http.StatusUnauthorized {
				t.Errorf("a command with its placeholders: %d %v", status, answer)
			}
			if status, answer := paste(command, `--header 'Authorization: Bearer "userAccessToken"' `, "",
				`--header 'Authorization: Bearer "userAccessToken" ' `, ""); status != http.StatusUnauthorized {
				t.Errorf("a command without a token: %d %v", status, answer)
			}
		}
		// With the token filled in between its quotes, and the ids not.
		token := []string{"userAccessToken", ada.Token}
		status, answer := paste(createCommand, token...)
		expect("a room with the placeholders for users", status, answer, http.StatusBadRequest, "")
		if says, _ := answer["message"].(string); !strings.Contains(says, "participantUserId1") {
			t.Errorf("the unknown users are not named: %v", answer)
		}
		status, answer = paste(addCommand, token...)
		expect("adding to {roomId}", status, answer, http.StatusNotFound, "")
		status, answer = paste(leaveCommand, token...)
		expect("leaving a room of another server", status, answer, http.StatusNotFound, "")

		// All filled in.
		create := append(token, "participantUserId1", people["ben"].ID, "participantUserId2", people["cy"].ID)
		status, answer = paste(createCommand, create...)
		room, _ := answer["roomId"].(string)
		if status != http.StatusOK || room == "" || len(answer) != 1 {
			t.Fatalf("a room: %d %v", status, answer)
		}
		unknown := append(slices.Clone(token), "{roomId}", room)
		status, answer = paste(addCommand, unknown...)
		expect("adding the placeholders for users", status, answer, http.StatusBadRequest, "")
		if says, _ := answer["message"].(string); !strings.Contains(says, "someUserId1") {
			t.Errorf("the unknown users are not named: %v", answer)
		}
		add := append(unknown, "someUserId1", dee.ID, "someUserId2", people["eve"].ID)
		status, answer = paste(addCommand, add...)
		expect("adding", status, answer, http.StatusOK, "Users added")
		status, answer = paste(addCommand, add...)
		expect("adding twice", status, answer, http.StatusBadRequest, "")
		leave := []string{"6390b1808c52d0b5a436a429", room, "userAccessToken", dee.Token}
		status, answer = paste(leaveCommand, leave...)
		expect("leaving", status, answer, http.StatusOK, "Ok")
		status, answer = paste(leaveCommand, leave...)
		expect("leaving twice", status, answer, http.StatusNotFound, "")

		// The braces left around the id: curl takes them for a list of one.
		braces := append(token, "roomId}", room+"}", `"someUserId1","someUserId2"`, `"`+dee.ID+`"`)
		status, answer = paste(addCommand, braces...)
		expect("adding again, with the braces", status, answer, http.StatusOK, "Users added")
		// The quotes taken off the token.
		bare := append(leave, `"userAccessToken"`, dee.Token)
		status, answer = paste(leaveCommand, bare...)
		expect("leaving with a plain token", status, answer, http.StatusOK, "Ok")
	})
}

// shell runs a curl command and returns the answer's status and JSON object.
func shell(tb testing.TB, command string) (int, map[string]any) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	command += " --silent --show-error --write-out '\n{\"status\": %{http_code}}'"
	out, err := exec.CommandContext(ctx, "sh", "-c", command).Output() //nolint:gosec // our own commands
	if err != nil {
		tb.Fatalf("%s: %v\n%s", command, err, out)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	answer := map[string]any{}
	var last struct {
		Status int `json:"status"`
	}
	if err := decoder.Decode(&answer); err != nil {
		tb.Fatalf("%s: the answer is no JSON object: %v\n%s", command, err, out)
	}
	if err := decoder.Decode(&last); err != nil {
		tb.Fatalf("%s: %v\n%s", command, err, out)
	}
	return last.Status, answer
}
