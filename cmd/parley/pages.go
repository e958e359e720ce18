package main

import (
	"parley/api"
)

// pages are the settings of the web pages.
type pages struct {
	BasePath string `env:"PARLEY_BASE_PATH" help:"Path below which clients find the server, behind a proxy that leaves it on or takes it off: /support. A trusted proxy may name another one in X-Forwarded-Prefix."`
}

func (p pages) base(m *mistakes) string {
	base, err := api.ParseBasePath(p.BasePath)
	m.add("PARLEY_BASE_PATH", err)
	return base
}

// stats are what this process alone can tell of itself.
func (s *server) stats() api.NodeStats {
	tokens, sessions := s.raw.Connections()
	return api.NodeStats{
		StartedAt: s.started, SocketIO: s.sockets.Connections(), TokenStream: tokens, Sessions: sessions,
		Online: s.hub.OnlineUsers(),
	}
}
