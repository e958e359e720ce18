package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
)

// newSid returns an unguessable session id: who knows it can read the connection.
// Among several nodes it begins with the name of the one that has the connection.
func newSid(node string) string {
	var b [15]byte
	_, _ = rand.Read(b[:])
	secret := base64.RawURLEncoding.EncodeToString(b[:])
	if node == "" {
		return secret
	}
	return node + "." + secret
}

// elsewhere returns the node that a session id names, if that is another one. What
// it names is the client's to choose: it need not exist.
func (s *Server) elsewhere(sid string) (node string, ok bool) {
	node, _, named := strings.Cut(sid, ".")
	return node, named && s.opts.Forward != nil && node != s.opts.Node
}

// forward has another node answer. A session whose node cannot be asked is lost, and
// its client begins anew.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, node string) {
	h := w.Header()
	own := h.Clone()
	clear(h) // the other node's answer has its own
	if s.opts.Forward(node, w, r) {
		return
	}
	clear(h)
	maps.Copy(h, own)
	refuse(w, http.StatusBadRequest, errSession)
}
