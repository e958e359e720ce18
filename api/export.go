package api

import (
	"log/slog"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"parley/chat"
	"parley/wire"
)

// exportLine is one line of an export: a room, a message, or the end.
type exportLine struct {
	Type     string        `json:"type" enum:"room,message,end"`
	Cursor   string        `json:"cursor,omitempty" doc:"Goes on behind this line; opaque"`
	Room     *room         `json:"room,omitempty"`
	Message  *wire.Message `json:"message,omitempty"`
	Rooms    *int64        `json:"rooms,omitempty" doc:"In the last line: how many rooms this answer holds"`
	Messages *int64        `json:"messages,omitempty" doc:"In the last line: how many messages this answer holds"`
}

func newExportLine(l chat.ExportLine) exportLine {
	if l.Room != nil {
		r := newRoom(*l.Room)
		return exportLine{Type: "room", Cursor: l.Cursor, Room: &r}
	}
	m := wire.NewMessage(*l.Message)
	return exportLine{Type: "message", Cursor: l.Cursor, Message: &m}
}

// exportRoute is a plain route, since huma answers with one value at once.
func (s *server) exportRoute() {
	const path = adminPath + "chat/export"
	s.echo.GET(path, s.export)
	schema := func(t reflect.Type) *huma.Schema { return s.huma.OpenAPI().Components.Schemas.Schema(t, true, "") }
	text := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	s.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "adminExport", Method: http.MethodGet, Path: path, Tags: []string{tagAdmin}, Security: s.adminSecurity(),
		Summary: "Export every room, each followed by its messages, oldest first",
		Description: "One JSON object a line; the last one is of type end. Whoever has not got it goes on from the cursor of " +
			"the last whole line. Deleted rooms and messages are left out.",
		Parameters: []*huma.Param{text("roomId", "One room"), text("cursor", "That of an earlier line: goes on behind it")},
		Responses: map[string]*huma.Response{
			"200":     {Description: "OK", Content: map[string]*huma.MediaType{ndjson: {Schema: schema(reflect.TypeFor[exportLine]())}}},
			"default": {Description: "Error", Content: map[string]*huma.MediaType{"application/json": {Schema: schema(reflect.TypeFor[Error]())}}},
		},
	})
}

// export streams. What fails before the first line is answered as ever; after it
// the answer ends without its last line, and the log says why: also where the
// caller has stopped to be an administrator. HEAD exports nothing.
func (s *server) export(c echo.Context) error {
	if asSent(c.Request()).Method == http.MethodHead {
		c.Response().Header().Set(echo.HeaderContentType, ndjson)
		return c.NoContent(http.StatusOK)
	}
	ctx := c.Request().Context()
	out := newStream(c, s.Patience)
	out.header.Set(echo.HeaderContentType, ndjson)
	out.may = func() error {
		_, err := s.administrator(c.Request())
		return err
	}
	var rooms, messages int64
	err := s.Chat.Export(ctx, actorOf(ctx), c.QueryParam("roomId"), c.QueryParam("cursor"), func(l chat.ExportLine) error {
		if l.Room != nil {
			rooms++
		} else {
			messages++
		}
		return out.line(newExportLine(l))
	})
	if err != nil && !out.begun {
		return err
	}
	if err == nil {
		err = out.line(exportLine{Type: "end", Rooms: &rooms, Messages: &messages})
	}
	// The lines before a failure are whole, and worth having.
	if flushed := out.flush(); err == nil {
		err = flushed
	}
	if err != nil {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "export ended early", slog.String("request", requestOf(ctx).id), slog.String("error", err.Error()))
	}
	return nil
}

const ndjson = "application/x-ndjson"
