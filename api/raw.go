package api

import (
	"net/http"
	"strings"
)

// isRaw reports whether a request is for a raw WebSocket door. At / only the
// upgrade is: the rest are pages.
func isRaw(r *http.Request) bool {
	if r.URL.Path == "/" {
		return upgrades(r)
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	if path == "/ws" {
		return true
	}
	session, ok := strings.CutPrefix(path, "/ws/chat/")
	return ok && session != "" && !strings.Contains(session, "/")
}

// upgrades reports whether the client asks for a WebSocket.
func upgrades(r *http.Request) bool {
	for _, value := range r.Header.Values("Upgrade") {
		for protocol := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(protocol), "websocket") {
				return true
			}
		}
	}
	return false
}
