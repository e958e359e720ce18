package api

import (
	"context"
	"net/http"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// NodeStats are the figures that only this process knows.
type NodeStats struct {
	StartedAt time.Time
	// SocketIO, TokenStream and Sessions are the open connections of each live door.
	SocketIO, TokenStream, Sessions int
	// Online are the users with a connection, or who had one until a moment ago.
	Online int
}

type figures struct {
	Version       string              `json:"version"`
	StartedAt     string              `json:"startedAt" format:"date-time"`
	Connections   connectionFigures   `json:"connections" doc:"Open ones, to this node"`
	Users         userFigures         `json:"users"`
	Conversations conversationFigures `json:"conversations" doc:"By state, of all nodes"`
	Agents        []string            `json:"agents" nullable:"false" doc:"Ids of the agents and administrators who are connected to this node"`
	MemoryBytes   uint64              `json:"memoryBytes" doc:"What the process has taken from the system"`
	Goroutines    int                 `json:"goroutines"`
}

type connectionFigures struct {
	SocketIO    int `json:"socketio"`
	TokenStream int `json:"tokenStream"`
	Sessions    int `json:"sessions" doc:"Of chatbot sessions"`
}

type userFigures struct {
	Online int `json:"online" doc:"With a connection to this node, or with one until a moment ago"`
}

type conversationFigures struct {
	Bot      int64 `json:"bot"`
	Waiting  int64 `json:"waiting"`
	Assigned int64 `json:"assigned"`
	Resolved int64 `json:"resolved"`
}

func (s *server) statsRoute() {
	administered(s, huma.Operation{
		OperationID: "adminStats", Method: http.MethodGet, Path: "/admin/chat/stats",
		Summary: "Figures of the server", Description: "As they are now. Those to be kept over time are at /metrics, for operations.",
	}, s.stats)
}

func (s *server) stats(ctx context.Context, a chat.Actor, _ *none) (figures, error) {
	stats, err := s.Chat.Stats(ctx, a)
	if err != nil {
		return figures{}, err
	}
	var node NodeStats
	if s.Stats != nil {
		node = s.Stats()
	}
	count := stats.Conversations
	return figures{
		Version: s.Version, StartedAt: wire.Time(node.StartedAt),
		Connections: connectionFigures{SocketIO: node.SocketIO, TokenStream: node.TokenStream, Sessions: node.Sessions},
		Users:       userFigures{Online: node.Online},
		Conversations: conversationFigures{
			Bot: count[chat.WithBot], Waiting: count[chat.Waiting], Assigned: count[chat.Assigned], Resolved: count[chat.Resolved],
		},
		Agents:      append([]string{}, stats.Agents...),
		MemoryBytes: memoryTaken(), Goroutines: runtime.NumGoroutine(),
	}, nil
}

// memoryTaken is the memory that the runtime has taken and not given back. Unlike
// runtime.ReadMemStats it stops nothing.
func memoryTaken() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
