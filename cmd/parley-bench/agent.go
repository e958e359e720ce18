package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// agentWriters is how many posts of the agent may be under way at once.
const agentWriters = 8

// agent writes to customers over HTTP.
type agent struct {
	run           *run
	token         string
	client        *http.Client
	sent, refused atomic.Uint64
}

func newAgent(r *run) (*agent, error) {
	token, err := r.target.tokenOf("bench-agent", "agent")
	if err != nil {
		return nil, err
	}
	return &agent{run: r, token: token, client: newClient(agentWriters)}, nil
}

// write posts to customers at random on a timetable, until ctx has ended. What is
// late counts from the time it was due.
func (a *agent) write(ctx context.Context, to []*customer, rate float64, text func(due time.Duration) string, wg *sync.WaitGroup) {
	for k := range agentWriters {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(len(to)), uint64(k)))
			every := time.Duration(float64(time.Second) * agentWriters / rate)
			for due := a.run.clock() + every*time.Duration(k)/agentWriters; ; due += every {
				sleep(ctx, due-a.run.clock())
				if ctx.Err() != nil {
					return
				}
				if err := a.post(context.WithoutCancel(ctx), to[random.IntN(len(to))], text(due)); err != nil {
					a.run.faults.note("an agent's post: " + err.Error())
				}
			}
		})
	}
}

// post writes to a customer. Its answer tells how far the conversation has come.
func (a *agent) post(ctx context.Context, c *customer, text string) error {
	a.sent.Add(1)
	p, err := ask(ctx, a.client, http.MethodPost, fmt.Sprintf("%s/api/messages/?since=%d", a.run.target.base(), c.said.Load()),
		a.token, map[string]string{"conversation": c.key, "content": text})
	if err == nil && len(p.Items) == 0 {
		err = errors.New("the answer is empty")
	}
	if err != nil {
		a.refused.Add(1)
		return err
	}
	raise(&c.said, p.Items[len(p.Items)-1].ID)
	return nil
}

// textSize is the bytes of what is written to customers.
const textSize = 64

// plainText carries no time.
func plainText(time.Duration) string { return strings.Repeat("x", textSize) }

// markedText carries the time at which it was due.
func markedText(due time.Duration) string { return string(appendText(nil, due, textSize)) }
