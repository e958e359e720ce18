package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"parley/chat"
)

// adminPath is what every administrators' route begins with.
const adminPath = "/admin/"

// masterKey is the header that a server with a master key asks for, and the name
// of its security scheme.
const masterKey = "masterkey"

var errMasterKey = &chat.Error{Code: chat.CodeUnauthenticated, Message: "The 'masterkey' header is missing or wrong"}

// administer lets only administrators, with the master key where there is one,
// to whatever is registered below /admin: a route there needs to do nothing for
// it, and can do nothing against it. So it does with the routes elsewhere that were
// closed. Nothing of a body is read before.
func (s *server) administer(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !strings.HasPrefix(c.Path(), adminPath) && !s.closed[r.Method+" "+c.Path()] {
			return next(c)
		}
		a, err := s.administrator(r)
		if err != nil {
			return err
		}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), actorKey{}, a)))
		return next(c)
	}
}

// administrator is the caller, if they are one now and have the master key.
func (s *server) administrator(r *http.Request) (chat.Actor, error) {
	identity, err := s.Authenticate(r.Context(), r.Header.Get("Authorization"))
	if err != nil {
		return chat.Actor{}, err
	}
	if !identity.Admin() {
		return chat.Actor{}, chat.ErrNotAdmin
	}
	if !s.unlocks(r.Header.Get(masterKey)) {
		return chat.Actor{}, errMasterKey
	}
	return identity.Actor, nil
}

// unlocks reports whether the key is the master key, or none is asked for.
func (s *server) unlocks(key string) bool {
	// Hashes are of one length, so that the comparison takes the same time for all keys.
	want, got := sha256.Sum256([]byte(s.MasterKey)), sha256.Sum256([]byte(key))
	return s.MasterKey == "" || subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// close makes a route the administrators', wherever it is.
func (s *server) close(method, path string) {
	s.closed[method+" "+strings.NewReplacer("{", ":", "}", "").Replace(path)] = true
}

// administered registers an operation for administrators: administer has let the
// caller in.
func administered[I, O any](s *server, op huma.Operation, handle func(context.Context, chat.Actor, *I) (O, error)) {
	s.close(op.Method, op.Path)
	if op.Tags == nil {
		op.Tags = []string{tagAdmin}
	}
	op.Security = s.adminSecurity()
	open(s, op, func(ctx context.Context, in *I) (O, error) {
		return handle(ctx, actorOf(ctx), in)
	})
}

func (s *server) adminRoutes() {
	s.adminRoomRoutes()
	s.adminMessageRoutes()
	s.adminUserRoutes()
	s.webhookRoutes()
	s.auditRoutes()
	s.statsRoute()
	s.exportRoute()
}

// adminSecurity is what the document says of administrators' routes.
func (s *server) adminSecurity() []map[string][]string {
	needs := map[string][]string{bearer: {}}
	if s.MasterKey != "" {
		needs[masterKey] = []string{}
	}
	return []map[string][]string{needs}
}

// IDs are the ids in a query: ids=a,b or ids=a&ids=b or ids[]=a.
type IDs struct {
	IDs []string `query:"ids" nullable:"false" doc:"Ids, with commas between them, or one in each of several ids"`
}

// Resolve tells huma how the ids are read.
func (in *IDs) Resolve(ctx huma.Context) []error {
	in.IDs = nil
	address := ctx.URL()
	query := address.Query()
	for _, list := range [][]string{query["ids"], query["ids[]"]} {
		for _, value := range list {
			for id := range strings.SplitSeq(value, ",") {
				if id != "" {
					in.IDs = append(in.IDs, id)
				}
			}
		}
	}
	return nil
}
