package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
)

// readyTimeout bounds the question whether the node is ready.
const readyTimeout = 2 * time.Second

type health struct {
	Status string `json:"status" enum:"ok"`
}

func (s *server) healthRoutes() {
	open(s, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: []string{tagHealth},
		Summary: "The process answers",
	}, func(context.Context, *none) (health, error) { return health{"ok"}, nil })
	open(s, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{tagHealth},
		Summary: "The node may get traffic", Description: "503 while it drains or its database does not answer.",
	}, s.ready)
}

func (s *server) ready(ctx context.Context, _ *none) (health, error) {
	if s.Ready == nil {
		return health{"ok"}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("error", err.Error()))
		return health{}, chat.Errorf(chat.CodeUnavailable, "This node is not ready")
	}
	return health{"ok"}, nil
}
