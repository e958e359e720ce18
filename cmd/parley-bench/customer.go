package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// early is how much before its time a wait may end without news.
	early = time.Second
	// answerLimit is for one request, a wait included.
	answerLimit = time.Minute
)

// customer polls one conversation, over a connection of its own. One goroutine at
// a time polls; said and seen are for all.
type customer struct {
	crowd  *crowd
	index  int
	key    string
	client *http.Client

	heard sequence
	seen  atomic.Uint64 // the newest message that has come
	said  atomic.Uint64 // the newest message of which the server has told its writer
}

// polledAnswer is what the bench reads of an answer about a conversation.
type polledAnswer struct {
	Items []struct {
		Conversation string
		ID           uint64
		Content      string
	}
	Count int
	State string
}

// begin posts the first message, without a token.
func (c *customer) begin(ctx context.Context) error {
	name := fmt.Sprintf("Customer %d", c.index)
	p, err := ask(ctx, c.client, http.MethodPost, c.crowd.run.target.base()+"/api/messages/", "", map[string]string{"name": name, "content": "Hello"})
	if err != nil {
		return err
	}
	if len(p.Items) != 1 || p.Items[0].ID != 1 {
		return fmt.Errorf("a new conversation has %d messages", len(p.Items))
	}
	c.key = p.Items[0].Conversation
	c.heard = sequence{last: 1}
	c.seen.Store(1)
	c.said.Store(1)
	return nil
}

// pollEvery polls on a timetable, until ctx has ended; the customers' polls are
// spread over the time.
func (c *customer) pollEvery(ctx context.Context, every time.Duration) {
	run := c.crowd.run
	due := run.clock() + every*time.Duration(c.index)/time.Duration(len(c.crowd.customers))
	for ; ; due += every {
		sleep(ctx, due-run.clock())
		if ctx.Err() != nil {
			return
		}
		sent := run.clock()
		if _, err := c.poll(context.WithoutCancel(ctx), 0); err != nil {
			run.faults.note("a poll: " + err.Error())
			return
		}
		if c.crowd.recording.Load() {
			c.crowd.polls.record(c.index, run.clock()-sent)
		}
	}
}

// waitAgain polls with a wait, again as soon as it was answered, until ctx has ended.
// Nothing but messages comes meanwhile, so that no wait may end without.
func (c *customer) waitAgain(ctx context.Context, wait time.Duration) {
	run := c.crowd.run
	for {
		begun := run.clock()
		n, err := c.poll(ctx, wait)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			run.faults.note("a poll that waits: " + err.Error())
			return
		case n == 0 && run.clock()-begun < wait-early:
			run.faults.note("a wait has ended without news")
			sleep(ctx, early)
		}
	}
}

// poll asks once and checks what comes; it returns how many messages did.
func (c *customer) poll(ctx context.Context, wait time.Duration) (int, error) {
	url := fmt.Sprintf("%s/api/messages/%s/?since=%d", c.crowd.run.target.base(), c.key, c.seen.Load())
	if wait > 0 {
		url += fmt.Sprintf("&wait=%.0f", wait.Seconds())
	}
	p, err := ask(ctx, c.client, http.MethodGet, url, "", nil)
	if err != nil {
		return 0, err
	}
	now := c.crowd.run.clock()
	for _, item := range p.Items {
		if item.Conversation != c.key {
			c.crowd.run.faults.note("a message of another conversation")
			continue
		}
		c.heard.observe(item.ID)
		raise(&c.seen, item.ID)
		if due, ok := parseMarker(item.Content); ok {
			c.crowd.answers.record(c.index, now-due)
		}
	}
	return len(p.Items), nil
}

// ask makes one request of the polling door, with a token if there is one.
func ask(ctx context.Context, client *http.Client, method, url, token string, in any) (polledAnswer, error) {
	var p polledAnswer
	body, err := json.Marshal(in)
	if err != nil {
		return p, err
	}
	if in == nil {
		body = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return p, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(r)
	if err != nil {
		return p, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return p, err
	}
	if response.StatusCode != http.StatusOK {
		return p, fmt.Errorf("%s: %d %.300s", method, response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, &p); err != nil {
		return p, err
	}
	if p.Count != len(p.Items) || p.State == "" {
		return p, fmt.Errorf("count is %d of %d items, state is %q", p.Count, len(p.Items), p.State)
	}
	return p, nil
}

// newClient is a client with so many connections, which stay open.
func newClient(connections int) *http.Client {
	return &http.Client{Timeout: answerLimit, Transport: &http.Transport{
		MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, DisableCompression: true,
	}}
}
