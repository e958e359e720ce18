package api

import (
	"context"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"parley/chat"
)

// answer is a success; its body is all there is to it.
type answer[T any] struct{ Body T }

// result is the answer of a use case that has nothing to show.
type result struct {
	Result string `json:"result"`
}

// shown is a list as it is written: never null.
func shown[T, W any](list []T, form func(T) W) []W {
	all := make([]W, len(list))
	for i, one := range list {
		all[i] = form(one)
	}
	return all
}

// none is the input of an operation that reads nothing.
type none struct{}

// open registers an operation that anybody may call.
func open[I, O any](s *server, op huma.Operation, handle func(context.Context, *I) (O, error)) {
	register(s, op, func(ctx context.Context, in *I) (*answer[O], error) {
		out, err := handle(ctx, in)
		return &answer[O]{out}, err
	})
}

// register registers an operation whose answer may have headers of its own.
func register[I, A any](s *server, op huma.Operation, handle func(context.Context, *I) (*A, error)) {
	// The schemas only describe: what is allowed is decided by the use cases, in
	// their words.
	op.SkipValidateParams, op.SkipValidateBody = true, true
	if _, ok := reflect.TypeFor[I]().FieldByName("Body"); ok {
		op.Middlewares = append(op.Middlewares, s.readBody)
		op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // readBody has bounded both
	}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*A, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.fail(ctx, err)
		}
		return out, nil
	})
}

// guarded registers an operation for callers with a valid token, which is
// checked before the body is read.
func guarded[I, O any](s *server, op huma.Operation, handle func(context.Context, chat.Actor, *I) (O, error)) {
	op.Security = []map[string][]string{{bearer: {}}}
	op.Middlewares = append(op.Middlewares, s.authenticate)
	open(s, op, func(ctx context.Context, in *I) (O, error) {
		return handle(ctx, actorOf(ctx), in)
	})
}

// optional registers an operation for callers with a valid token and for those who
// send none, which is nil.
func optional[I, A any](s *server, op huma.Operation, handle func(context.Context, *chat.Actor, *I) (*A, error)) {
	op.Security = []map[string][]string{{}, {bearer: {}}}
	op.Middlewares = append(huma.Middlewares{s.identify}, op.Middlewares...)
	register(s, op, func(ctx context.Context, in *I) (*A, error) {
		return handle(ctx, callerOf(ctx), in)
	})
}

type actorKey struct{}

// actorOf is the caller of a request that was authenticated.
func actorOf(ctx context.Context) chat.Actor { return ctx.Value(actorKey{}).(chat.Actor) }

// callerOf is the caller of a request that was identified, nil for one without a token.
func callerOf(ctx context.Context) *chat.Actor {
	if a, ok := ctx.Value(actorKey{}).(chat.Actor); ok {
		return &a
	}
	return nil
}

// authenticate is a middleware that hands the caller to guarded.
func (s *server) authenticate(ctx huma.Context, next func(huma.Context)) {
	identity, err := s.Authenticate(ctx.Context(), ctx.Header("Authorization"))
	if err != nil {
		s.refuse(humaecho.Unwrap(ctx), err)
		return
	}
	next(huma.WithValue(ctx, actorKey{}, identity.Actor))
}

// identify is a middleware that hands the caller to optional.
func (s *server) identify(ctx huma.Context, next func(huma.Context)) {
	if ctx.Header("Authorization") == "" {
		next(ctx)
		return
	}
	s.authenticate(ctx, next)
}
