package rawws

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"parley/chat"
	"parley/gateway"
)

// TestAnswersKeepTheOrder pipelines 300 messages, with others between them.
func TestAnswersKeepTheOrder(t *testing.T) {
	const n = 300
	w := openWorld(t)
	c, _ := w.connect("ann")
	for i := range n {
		c.send(fmt.Sprintf(`{"type":"chat","content":"%d","nonce":"n%d"}`, i, i))
		if i%50 == 0 {
			c.send(`{"type":"sync","cursor":"e1:0"}`)
			c.send(`{"type":"chat"}`)
			c.send(`{"type":"ping"}`)
		}
	}
	for i := range n {
		var got receivedWire
		m := c.await("chat-received")
		if err := json.Unmarshal(m, &got); err != nil || got.Nonce != fmt.Sprintf("n%d", i) || got.Seq != int64(i+1) {
			t.Fatalf("the %dth answer is %s", i, m)
		}
		if i%50 == 0 {
			var s struct{ Messages []changedWire }
			if err := json.Unmarshal(c.await("synced"), &s); err != nil || len(s.Messages) < min(i+1, 200) {
				t.Fatalf("sync behind %d messages tells of %d", i+1, len(s.Messages))
			}
			c.await("error")
			c.await("pong")
		}
	}
}

// TestComingBack has a client that was away: sync and the events hold everything.
func TestComingBack(t *testing.T) {
	w := openWorld(t)
	c, first := w.connect("ann")
	room, cursor := field(first, "conversation"), field(first, "cursor")
	c.lose()
	const n = 20
	for i := range n {
		w.post("ann", room, fmt.Sprint(i))
	}
	c, _ = w.connect("ann")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range n {
			_, _ = w.chat.Post(context.Background(), actor("ann"), chat.Draft{Room: room, Text: fmt.Sprint(n + i), Type: chat.ContentText})
		}
	}()
	c.send(`{"type":"sync","cursor":"` + cursor + `"}`)
	seen := map[string]bool{}
	for len(seen) < 2*n {
		m := c.next()
		var s struct{ Messages []changedWire }
		_ = json.Unmarshal(m, &s)
		for _, one := range s.Messages {
			seen[one.Content] = true
		}
		if field(m, "type") == "message" {
			seen[field(m, "content")] = true
		}
	}
	<-done
}

// TestStop ends replies at both doors.
func TestStop(t *testing.T) {
	w := openWorld(t)
	c, _ := w.connect("ann")
	c.call(`{"type":"chat","content":"go on"}`)
	r := w.reply().say("word")
	id := field(c.await("stream-start"), "messageId")
	c.await("stream-token")
	c.send(`{"type":"stop","messageId":"` + id + `"}`)
	<-r.stopped
	r.end(chat.StatusCancelled)
	if end := c.await("stream-end"); field(end, "status") != "cancelled" {
		t.Error(string(end))
	}
	if all := c.settle(); len(all) != 0 {
		t.Errorf("stop was answered: %s", all)
	}
	s := w.visit("bob", w.session("bob"))
	s.call(`{"message":"go on"}`)
	r = w.reply().say("word")
	s.await("response_start")
	s.await("response_chunk")
	s.send(`{"type":"stop"}`)
	<-r.stopped
	r.end(chat.StatusCancelled)
	if end := s.await("response_complete"); field(end, "status") != "cancelled" {
		t.Error(string(end))
	}
}

// TestTokensEnd has tokens that run out, one that is renewed, and a blocked user.
func TestTokensEnd(t *testing.T) {
	w := openWorld(t)
	c, _ := w.connect("ann:1s")
	renewed, _ := w.connect("ann:1s")
	session := w.dial("/ws/chat/" + w.session("ann") + "?token=ann:1s")
	session.await("session_info")
	renewed.send(`{"type":"auth","token":"ann"}`)
	c.ends("token_expired", 4401)
	session.ends("token_expired", 4401)
	renewed.settle()
	bob, _ := w.connect("bob")
	w.hub.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", Blocked: true})
	renewed.ends("blocked", 4403)
	bob.settle()
}

// TestDrain answers what has come in, says goodbye, and lets nobody in.
func TestDrain(t *testing.T) {
	w := openWorld(t)
	c, _ := w.connect("ann")
	s := w.visit("bob", w.session("bob"))
	mute, _ := w.mute("/ws?token=cid")
	defer mute.Close()
	const n = 50
	for i := range n {
		c.send(fmt.Sprintf(`{"type":"chat","content":"%d"}`, i))
	}
	c.await("chat-received")
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.doors.Drain(context.Background(), gateway.Drain{Spread: time.Second})
	}()
	code, all := c.closed()
	last := all[len(all)-1]
	if code != 1012 || field(last, "code") != "unavailable" {
		t.Errorf("drained with %d after %s", code, last)
	}
	for _, m := range all[:len(all)-1] {
		if field(m, "type") != "chat-received" {
			t.Errorf("got %s", m)
		}
	}
	page, _, _, err := w.chat.ConversationHistory(t.Context(), actor("ann"), 0, 200)
	if err != nil || len(page) != len(all) { // one was answered before, one is the goodbye
		t.Errorf("%d are stored, %d were answered: %v", len(page), len(all), err)
	}
	s.ends("unavailable", 1012)
	w.dial("/ws?token=ann").ends("unavailable", 1012)
	<-done
	if !w.doors.Draining() {
		t.Error("not draining")
	}
}
