package api

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// bearer names the security scheme of users' routes.
const bearer = "bearer"

// The sections of the document.
const (
	tagRooms       = "Rooms"
	tagMessages    = "Messages"
	tagChatbots    = "Chatbots"
	tagFiles       = "Files"
	tagCustomers   = "Customers"
	tagInbox       = "Inbox"
	tagInvitations = "Invitations"
	tagAdmin       = "Administration"
	tagWebhooks    = "Webhooks"
	tagAccounts    = "Accounts"
	tagHealth      = "Health"
)

const description = `Rooms, messages and administration of the Parley chat gateway. What is posted here reaches live connections, and the other way round.

- Send the token as ` + "`Authorization: Bearer <token>`" + `.
- ` + "`/api/messages`" + ` needs no token; an invalid one is refused there too. ` + "`/api/conversation`" + ` is for tokens of the roles agent and admin.
- Every path answers with and without its last slash. Unknown fields and query parameters are ignored. A header ` + "`masterkey`" + ` is accepted and ignored, but on administrators' routes.
- ` + "`/admin`" + ` is for tokens of the role admin, and so is what changes chatbots and their documents. Where the server has a master key, the header ` + "`masterkey`" + ` must be it besides; else the answer is 401.
- ` + "`populate`" + ` is accepted on lists and ignored: relations are always ids, and a room always carries its last message.
- Times are RFC 3339 in UTC with milliseconds. A cursor is opaque.
- ` + "`me`" + ` as a room's id is the caller's own conversation with the assistant; answers name the real room.
- What is not the caller's is answered as if it did not exist.
- Failures have one form, ` + "`{name, status, message}`" + `: INVALID_ARGUMENTS 400, UNAUTHORIZED 401, FORBIDDEN 403, NOT_FOUND 404, METHOD_NOT_ALLOWED 405, CONFLICT 409, TOO_LARGE 413, UNSUPPORTED_MEDIA_TYPE 415, TOO_MANY_REQUESTS 429 (with ` + "`Retry-After`" + ` in seconds), INTERNAL_SERVER_ERROR 500, UNAVAILABLE 503.`

// newHuma makes the operations' registry on the router. Its own pages and its
// `$schema` links are off.
func newHuma(e *echo.Echo, version string) huma.API {
	humaErrors()
	config := huma.DefaultConfig("Parley", version)
	config.Info.Description = description
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.AllowAdditionalPropertiesByDefault = true
	config.Formats = map[string]huma.Format{"application/json": jsonFormat}
	config.Tags = []*huma.Tag{
		{Name: tagRooms, Description: "Groups and who takes part in them"},
		{Name: tagMessages, Description: "What is said in rooms"},
		{Name: tagChatbots, Description: "Assistants, sessions with them, and the documents that their answers are grounded in"},
		{Name: tagFiles, Description: "What messages carry"},
		{Name: tagInvitations, Description: "To rooms, on servers where users are asked before they take part"},
		{Name: tagCustomers, Description: "Chat by polling, for customers who need no token: whoever has a conversation's key may read and write there"},
		{Name: tagInbox, Description: "Conversations with customers, and those in which a person was asked for; for agents and administrators"},
		{Name: tagAdmin, Description: "For administrators; what they change, and when they read what others wrote, is recorded"},
		{Name: tagWebhooks, Description: "Addresses that are told of conversations; for administrators"},
		{Name: tagAccounts, Description: "Accounts and guests of this server"},
		{Name: tagHealth, Description: "For load balancers"},
	}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearer:    {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
		masterKey: {Type: "apiKey", In: "header", Name: masterKey, Description: "On administrators' routes, where the server has a master key"},
	}
	return humaecho.New(e, config)
}

// docsRoutes serves the document of all operations registered before, and its
// page.
func (s *server) docsRoutes() {
	for _, schema := range s.huma.OpenAPI().Components.Schemas.Map() {
		schema.AdditionalProperties = nil // allowed, as where nothing is said
	}
	if s.BasePath != "" {
		s.huma.OpenAPI().Servers = []*huma.Server{{URL: s.BasePath}}
	}
	document, err := json.Marshal(s.huma.OpenAPI())
	if err != nil {
		panic(err) // made of constants and types alone
	}
	s.echo.GET("/api/openapi.json", func(c echo.Context) error {
		return c.JSONBlob(http.StatusOK, document)
	})
	s.echo.GET("/api/docs", s.docsPage)
	s.echo.GET("/api/docs/:file", s.docsFile)
}
