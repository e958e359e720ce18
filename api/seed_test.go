package api_test

import (
	"os/exec"
	"strings"
	"testing"
)

// seed004 is the commands of seeds/004, word for word but for the names that they
// ask to be replaced: the server's address, the token, the room and the users.
var seed004 = []struct{ command, want string }{
	{`curl --location --request POST 'http://localhost:3000/chat/rooms' \
--header 'Content-Type: application/json' \
--header 'Accept: application/json' \
--header 'Authorization: Bearer "userAccessToken" ' \
--data-raw '{
"roomName": "Conduit Users",
"users": ["participantUserId1","participantUserId2"]
}'`, `{"roomId":"id1"}`},
	{`curl --location --request PUT 'http://localhost:3000/chat/rooms/{roomId}/addUsers' \
--header 'Content-Type: application/json' \
--header 'Accept: application/json' \
--header 'masterkey: M4ST3RK3Y' \
--header 'Authorization: Bearer "userAccessToken"' \
--data-raw '{
"users": ["someUserId1","someUserId2"]
}'`, `{"result":"Users added"}`},
	{`curl --location --request PUT 'http://localhost:3000/chat/leave/6390b1808c52d0b5a436a429' \
--header 'Content-Type: application/json' \
--header 'Accept: application/json' \
--header 'masterkey: M4ST3RK3Y' \
--header 'Authorization: Bearer "userAccessToken"' \
--data-raw ''`, `{"result":"Ok"}`},
}

func TestSeed004(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("curl is not installed: run `make deps`")
	}
	d := open(t)
	fill := strings.NewReplacer(
		"http://localhost:3000", d.URL, "userAccessToken", "ann", "{roomId}", "id1", "6390b1808c52d0b5a436a429", "id1",
		"participantUserId1", "bob", "participantUserId2", "cid", "someUserId1", "extra1", "someUserId2", "extra2",
	)
	for _, step := range seed004 {
		command := strings.Replace(fill.Replace(step.command), "curl", "curl --silent --noproxy '*'", 1)
		out, err := exec.Command("sh", "-c", command).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != step.want {
			t.Errorf("%s\n%s (%v), want %s", step.command, out, err, step.want)
		}
	}
}
