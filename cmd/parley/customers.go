package main

import (
	"context"
	"net/netip"
	"time"

	"parley/auth"
	"parley/chat"
)

// customers are the settings of conversations with customers, and of who is told
// of them.
type customers struct {
	CustomerBot     string `env:"PARLEY_CUSTOMER_BOT" help:"Id of the chatbot that customers' conversations start with. Without it they wait for an agent."`
	AgentGrace      string `env:"PARLEY_AGENT_GRACE" default:"60s" help:"How long a conversation stays with an agent whose last connection is gone."`
	WebhookNetworks string `env:"PARLEY_WEBHOOK_NETWORKS" help:"Private networks that webhooks may be sent to, separated by commas. Without it, public addresses alone."`
}

// networks are the private networks that webhooks may be sent to.
func (c customers) networks(m *mistakes) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range split(c.WebhookNetworks) {
		prefix, err := parsePrefix(p)
		m.add("PARLEY_WEBHOOK_NETWORKS", err)
		list = append(list, prefix)
	}
	return list
}

// guestToken is what lets a customer who polls in by the other doors.
func (s *server) guestToken(u chat.User) (string, error) {
	token, _, err := s.auth.Issue(u, auth.DefaultGuestTTL)
	return token, err
}

// hooksChanged has deliveries go to the webhooks that there are now.
func (s *server) hooksChanged() {
	ctx, cancel := context.WithTimeout(context.Background(), hooksTimeout)
	defer cancel()
	s.hooks.Changed(ctx)
}

const hooksTimeout = 5 * time.Second

// leaseEvery is how often it is looked for agents who are gone: well within the
// shortest grace that makes sense.
const leaseEvery = time.Second

// sweepAgents returns to the queue what agents who are gone have left.
func (s *server) sweepAgents(ctx context.Context) {
	ticker := time.NewTicker(min(leaseEvery, s.agentGrace/12))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if n, err := s.chat.SweepAgents(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("cannot look for agents who are gone", "error", err)
		} else if n > 0 {
			s.log.Info("conversations went back to the queue: their agents are gone", "conversations", n)
		}
	}
}
