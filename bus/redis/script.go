package redis

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

// errReply is an answer that none of our scripts gives.
var errReply = errors.New("unexpected reply of a script")

// call is one run of a script: each touches one key, so that all work on a cluster.
type call struct {
	key  string
	args []any
}

// runAll runs a script for each of the calls, in one go, and returns what each gave: its
// reply or its error. Some may have been run and others not.
func runAll(ctx context.Context, c goredis.UniversalClient, s *goredis.Script, calls []call) []*goredis.Cmd {
	replies := make([]*goredis.Cmd, len(calls))
	_, _ = c.Pipelined(ctx, func(p goredis.Pipeliner) error { // each reply has its own error
		for i, one := range calls {
			replies[i] = s.EvalSha(ctx, p, []string{one.key}, one.args...)
		}
		return nil
	})
	var unknown []int // to the server, which gets the script's text then
	for i, r := range replies {
		if goredis.HasErrorPrefix(r.Err(), "NOSCRIPT") {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) == 0 {
		return replies
	}
	_, _ = c.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for _, i := range unknown {
			replies[i] = s.Eval(ctx, p, []string{calls[i].key}, calls[i].args...)
		}
		return nil
	})
	return replies
}
