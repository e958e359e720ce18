package relay

import (
	"context"
	"net/http"
)

type relayedKey struct{}

// Relayed reports whether another node has passed the request on.
func Relayed(ctx context.Context) bool {
	return ctx.Value(relayedKey{}) != nil
}

// Receive is the endpoint's handler behind a check of stamps. A request without one is
// a client's; one whose stamp is not good is refused. The stamp goes no further.
func (r *Relay) Receive(endpoint http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		stamps := req.Header.Values(header)
		if len(stamps) == 0 {
			endpoint.ServeHTTP(w, req)
			return
		}
		node, ok := r.seal.check(stamps[0], req)
		if !ok || len(stamps) > 1 {
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		req.Header.Del(header)
		if req.Method == http.MethodDelete {
			if node == r.opts.Node {
				r.opts.Release(req.URL.Query().Get("sid"))
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		endpoint.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), relayedKey{}, true)))
	})
}
