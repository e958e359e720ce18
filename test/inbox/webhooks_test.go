package inbox

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/ncruces/go-sqlite3/driver" // the driver sqlite3

	"parley/test/harness"
)

const webhooksPath = "/admin/chat/webhooks"

func adminToken(t *testing.T) string {
	t.Helper()
	return harness.Token(t, "admin", "admin")
}

// groupSecret is said in a group while webhooks are told of conversations.
const groupSecret = "what friends say among themselves"

// Every event of conversations arrives, those of each in their order and signed,
// though the receiver fails and the server is killed in the middle; nothing of
// groups does.
func TestWebhooksArrive(t *testing.T) {
	t.Parallel()
	houses := onBoth(t, "PARLEY_WEBHOOK_NETWORKS=127.0.0.0/8")
	r := chance(t)
	seeds := []uint64{r.Uint64(), r.Uint64()}
	atOnce(t, len(houses), func(t *testing.T, i int) {
		h := houses[i]
		v := newReceiver(t, rand.New(rand.NewPCG(seeds[i], 0)))
		v.hook(t, h, "/all")
		v.hook(t, h, "/resolved", "conversation.resolved")
		v.fails(0.2, false)
		keys := h.driven(t, v, harness.Sized(16, 200))
		for _, key := range keys {
			harness.Eventually(t, 3*harness.Patience, func() (bool, string) {
				n, ends := len(v.taken("/all", key)), len(v.taken("/resolved", key))
				return n >= len(story) && ends >= 1, fmt.Sprintf("%d events of %s have arrived, %d of %d", ends, key, n, len(story))
			})
			inOrder(t, v, key)
		}
		attempts, all := v.at("/all", ""), v.taken("/all", "")
		t.Logf("%d events in %d attempts", len(all), len(attempts))
		if len(all) != len(keys)*len(story) || len(attempts) == len(all) {
			t.Errorf("%d events in %d attempts of %d conversations", len(all), len(attempts), len(keys))
		}
		for _, x := range append(attempts, v.at("/resolved", "")...) {
			if strings.Contains(x.Raw, groupSecret) || x.Path == "/resolved" && x.Type != "conversation.resolved" {
				t.Errorf("%s was told %s", x.Path, x.Raw)
			}
		}
	})
}

// story is what comes of each conversation, in this order.
var story = []string{
	"conversation.created", "message.created", "conversation.assigned", "message.created", "conversation.resolved",
	"conversation.escalated", "conversation.assigned", "message.created", "conversation.resolved",
}

// driven has n conversations go through their stories, several at a time, and kills
// the server when a third has arrived. It returns their keys.
func (h *house) driven(t *testing.T, v *receiver, n int) []string {
	t.Helper()
	keys := make([]string, n)
	places := make(chan struct{}, 8)
	var all sync.WaitGroup
	all.Go(func() { h.killedAt(t, v, n*len(story)/3) })
	all.Go(func() { h.group(t) })
	for i := range keys {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			keys[i] = h.goThrough(t, i)
		})
	}
	all.Wait()
	return keys
}

// killedAt kills the server once so many events have arrived, and starts it again.
// From then on the receiver accepts what comes.
func (h *house) killedAt(t *testing.T, v *receiver, events int) {
	t.Helper()
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		n, attempts := len(v.taken("/all", "")), len(v.at("/all", ""))
		return n >= events && attempts > n, fmt.Sprintf("%d events have arrived, in %d attempts", n, attempts)
	})
	h.Kill()
	v.fails(0, false)
	h.Run()
}

// group talks in a group, meanwhile.
func (h *house) group(t *testing.T) {
	t.Helper()
	var room string
	ann := harness.Token(t, "ann", "user")
	for room == "" {
		room = h.insist(t, http.MethodPost, "/chat/rooms", ann, map[string]any{"roomName": "friends", "users": []string{"bea"}}).RoomID
	}
	for i := range 20 {
		h.insist(t, http.MethodPost, "/chat/messages", ann, map[string]any{
			"roomId": room, "message": groupSecret, "nonce": fmt.Sprintf("group %d", i),
		})
	}
}

// goThrough takes one conversation through its story, whatever becomes of the server.
func (h *house) goThrough(t *testing.T, i int) (key string) {
	t.Helper()
	agent := agentsToken(t, fmt.Sprintf("agent-%d", i))
	says := func(token, content string) answer {
		return h.insist(t, http.MethodPost, messagesPath, token, map[string]any{
			"conversation": key, "content": content, "nonce": fmt.Sprintf("%s of the conversation %d", content, i),
		})
	}
	turns := func(what string) { h.insist(t, http.MethodPost, inboxPath+key+"/"+what, agent, nil) }
	if a := says("", "first"); len(a.Items) > 0 {
		key = a.Items[0].Conversation
	}
	turns("claim")
	says(agent, "second")
	turns("resolve")
	h.insist(t, http.MethodPost, messagesPath+key+"/escalate", "", map[string]any{"reason": "again"})
	turns("claim")
	says(agent, "third")
	turns("resolve")
	return key
}

// insist repeats a request until it is answered with 200 or 201.
func (h *house) insist(t *testing.T, method, path, token string, body any) answer {
	t.Helper()
	var a answer
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		var err error
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		a, err = h.try(ctx, method, path, token, body)
		return err == nil && (a.Code == http.StatusOK || a.Code == http.StatusCreated), fmt.Sprintf("%s: %d %s %v", path, a.Code, a.Raw, err)
	})
	return a
}

// inOrder holds that the events of a conversation are its story: each accepted one
// in its place, and none tried before the one in front of it was accepted.
func inOrder(t *testing.T, v *receiver, key string) {
	t.Helper()
	var types []string
	place := map[string]int{}
	last := int64(0)
	for i, x := range v.taken("/all", key) {
		place[x.ID] = i
		if types = append(types, x.Type); x.Type == "message.created" {
			if last++; x.Seq != last || x.Content != []string{"first", "second", "third"}[last-1] {
				t.Errorf("%s: message %d came as %d, %q", key, last, x.Seq, x.Content)
			}
		}
	}
	if !slices.Equal(types, story) {
		t.Errorf("%s: %v came", key, types)
	}
	accepted := map[string]bool{}
	for _, x := range v.at("/all", key) {
		if len(accepted) < place[x.ID] {
			t.Errorf("%s: event %d came when %d were accepted", key, place[x.ID], len(accepted))
		}
		if x.OK {
			accepted[x.ID] = true
		}
	}
}

// What has failed too often is listed, holds up nothing, and can be tried again.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	houses := onBoth(t, "PARLEY_WEBHOOK_NETWORKS=127.0.0.0/8")
	atOnce(t, len(houses), func(t *testing.T, i int) {
		h := houses[i]
		v := newReceiver(t, chance(t))
		hook := v.hook(t, h, "/broken")
		v.fails(1, true)
		key, _ := h.begin(t, "Cy", "first")
		agent := agentsToken(t, "eve")
		h.turn(t, agent, key, "claim")
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			return len(v.at("/broken", key)) > 0, "nothing has arrived"
		})
		h.Kill()
		h.nearlyDead(t)
		h.Run()
		dead := func() []delivery {
			return h.call(t, http.MethodGet, webhooksPath+"/dead", adminToken(t), nil).Deliveries
		}
		var list []delivery
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			list = dead()
			return len(list) == 3, fmt.Sprintf("dead are %v", list)
		})
		for i, want := range []string{"conversation.assigned", "message.created", "conversation.created"} {
			if d := list[i]; d.Event != want || d.Webhook != hook || d.Attempts != 12 || d.Problem == "" {
				t.Errorf("%+v is listed for %s", d, want)
			}
		}
		v.fails(0, false)
		h.call(t, http.MethodPost, webhooksPath+"/dead/"+list[1].ID+"/retry", adminToken(t), nil)
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			came := v.taken("/broken", key)
			return len(came) == 1 && came[0].ID == list[1].ID && came[0].Content == "first" && len(dead()) == 2, fmt.Sprintf("%v came", came)
		})
		h.post(t, agent, key, "second") // the dead are in nobody's way
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			came := v.taken("/broken", key)
			return len(came) == 2 && came[1].Content == "second", fmt.Sprintf("%v came", came)
		})
		if a, err := h.try(t.Context(), http.MethodPost, webhooksPath+"/dead/"+list[1].ID+"/retry", adminToken(t), nil); err != nil || a.Code != http.StatusNotFound {
			t.Errorf("what is not dead is tried again: %d %v", a.Code, err)
		}
	})
}

// nearlyDead lets what is on its way have failed eleven times, which takes hours.
func (h *house) nearlyDead(t *testing.T) {
	t.Helper()
	const change = "UPDATE webhook_deliveries SET attempts = 11, due_at = 0, leased_until = 0"
	if path, sqlite := strings.CutPrefix(h.DB, "sqlite://"); sqlite {
		db, err := sql.Open("sqlite3", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		return
	}
	conn, err := pgx.Connect(t.Context(), h.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}
