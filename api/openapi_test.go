package api_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/api"
)

// routes are the documented ones; a new route belongs here.
var routes = []string{
	"DELETE /admin/chat/messages", "DELETE /admin/chat/rooms", "DELETE /admin/chat/webhooks/{id}", "DELETE /api/conversation/{uuid}",
	"DELETE /chat/history", "DELETE /chat/invitations/cancel/{id}", "DELETE /chat/messages/{id}", "DELETE /chat/rooms/{id}",
	"DELETE /chatbot/session/{id}", "DELETE /chatbot/{id}", "DELETE /chatbot/{id}/documents/{document_id}",
	"GET /admin/chat/audit", "GET /admin/chat/export", "GET /admin/chat/messages", "GET /admin/chat/rooms", "GET /admin/chat/rooms/{id}", "GET /admin/chat/stats",
	"GET /admin/chat/users", "GET /admin/chat/users/{id}", "GET /admin/chat/users/{id}/messages", "GET /admin/chat/webhooks",
	"GET /admin/chat/webhooks/dead", "GET /api/conversation", "GET /api/conversation/{uuid}", "GET /api/conversation/{uuid}/notes",
	"GET /api/conversation/{uuid}/transcript", "GET /api/messages/{uuid}", "GET /auth/me", "GET /chat/files/{id}", "GET /chat/history",
	"GET /chat/invitations/accept/{id}", "GET /chat/invitations/decline/{id}", "GET /chat/invitations/received", "GET /chat/invitations/sent",
	"GET /chat/messages", "GET /chat/messages/{id}", "GET /chat/rooms", "GET /chat/rooms/{id}", "GET /chatbot", "GET /chatbot/{id}/documents",
	"GET /chatbot/{id}/documents/{document_id}", "GET /healthz", "GET /readyz",
	"PATCH /admin/chat/users/{id}", "PATCH /api/conversation/{uuid}", "PATCH /chat/messages/{id}", "PATCH /chat/rooms/{id}",
	"PATCH /chatbot/{id}",
	"POST /admin/chat/rooms", "POST /admin/chat/rooms/{id}/messages", "POST /admin/chat/users", "POST /admin/chat/users/bulk",
	"POST /admin/chat/webhooks", "POST /admin/chat/webhooks/dead/{id}/retry", "POST /api/conversation", "POST /api/conversation/{uuid}/claim",
	"POST /api/conversation/{uuid}/handback", "POST /api/conversation/{uuid}/notes", "POST /api/conversation/{uuid}/release",
	"POST /api/conversation/{uuid}/resolve", "POST /api/messages", "POST /api/messages/{uuid}/escalate", "POST /auth/guest",
	"POST /auth/login", "POST /auth/logout", "POST /auth/register", "POST /chat/files", "POST /chat/invitations/accept/{id}",
	"POST /chat/invitations/decline/{id}", "POST /chat/messages", "POST /chat/rooms", "POST /chatbot", "POST /chatbot/{id}/documents",
	"POST /chatbot/{id}/session",
	"PUT /admin/chat/room/{id}/remove", "PUT /admin/chat/rooms/{id}/add", "PUT /admin/chat/rooms/{id}/remove", "PUT /admin/chat/users/{id}",
	"PUT /admin/chat/users/{id}/block", "PUT /admin/chat/users/{id}/unblock", "PUT /auth/password", "PUT /chat/leave/{id}",
	"PUT /chat/messages/{id}", "PUT /chat/room/{id}/remove", "PUT /chat/rooms/{id}/addUsers", "PUT /chat/rooms/{id}/join",
	"PUT /chat/rooms/{id}/removeUsers",
}

type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]any
		SecuritySchemes map[string]struct{ Type, Scheme, In, Name string }
	}
}

type operation struct {
	OperationID, Summary string
	Tags                 []string
	Security             []map[string][]string
	Parameters           []struct{ Name, In string }
	Responses            map[string]any
	RequestBody          any
}

// TestDocument holds that the OpenAPI document lists every route, whole.
func TestDocument(t *testing.T) {
	d := open(t)
	text := d.must(200, "", "GET", "/api/openapi.json", "").body
	golden(t, "openapi", text)
	var doc document
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Components.SecuritySchemes["bearer"].Scheme != "bearer" {
		t.Errorf("%s %v", doc.OpenAPI, doc.Components.SecuritySchemes)
	}
	if key := doc.Components.SecuritySchemes["masterkey"]; key.Type != "apiKey" || key.In != "header" || key.Name != "masterkey" {
		t.Errorf("%+v", key)
	}
	var found []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			found = append(found, strings.ToUpper(method)+" "+path)
			checkOperation(t, path, op)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, routes) {
		t.Errorf("documented:\n%s", strings.Join(found, "\n"))
	}
	pages := regexp.MustCompile(`^/(api/docs|api/openapi\.json|home|console|demo|$)`)
	for _, r := range api.Routes(d.Config.Handler) {
		route := r.Method + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}")
		if !pages.MatchString(r.Path) && !slices.Contains(found, route) {
			t.Errorf("not documented: %s", route)
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if doc.Components.Schemas[ref[1]] == nil {
			t.Errorf("no schema %s", ref[1])
		}
	}
	if strings.Contains(text, `"422"`) || strings.Contains(text, "$schema") || strings.Contains(text, "problem+json") {
		t.Error("a form of huma's own")
	}
}

func checkOperation(t *testing.T, path string, op operation) {
	t.Helper()
	if op.OperationID == "" || op.Summary == "" || len(op.Tags) != 1 || len(op.Responses) < 2 {
		t.Errorf("%s: %+v", path, op)
	}
	ways := 0 // of coming in
	switch {
	case strings.HasPrefix(path, "/api/messages"):
		ways = 2 // one is without a token
	case slices.ContainsFunc([]string{"/chat/", "/chatbot", "/admin/chat/", "/api/conversation"}, func(under string) bool { return strings.HasPrefix(path, under) }),
		slices.Contains([]string{"/auth/me", "/auth/password", "/auth/logout"}, path):
		ways = 1
	}
	if len(op.Security) != ways || ways == 2 && len(op.Security[0]) != 0 {
		t.Errorf("%s: security %v", path, op.Security)
	}
	for _, name := range []string{"id", "uuid"} {
		inPath := slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.In == "path" && p.Name == name })
		if strings.Contains(path, "{"+name+"}") != inPath {
			t.Errorf("%s: parameters %v", path, op.Parameters)
		}
	}
}

// TestNoAccounts holds that /auth is not there where accounts are off.
func TestNoAccounts(t *testing.T) {
	d := open(t, func(o *api.Options) { o.Accounts = nil })
	check(t, d.call("", "POST", "/auth/login", "{}"), 404, "~NOT_FOUND")
	if strings.Contains(d.must(200, "", "GET", "/api/openapi.json", "").body, "/auth/") {
		t.Error("documented")
	}
}
