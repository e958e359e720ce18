package api

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"parley/chat"
	"parley/wire"
)

// transcriptLine is a message as a transcript in JSON has it.
type transcriptLine struct {
	Said
	Sender string `json:"sender" doc:"The user's id"`
	Status string `json:"status" enum:"complete,interrupted,cancelled,failed"`
}

// transcript is a whole conversation.
type transcript struct {
	Conversation Conversation     `json:"conversation"`
	Messages     []transcriptLine `json:"messages" nullable:"false" doc:"Oldest first"`
}

const (
	plainText      = "text/plain"
	transcriptPath = inboxPath + "/{uuid}/transcript"
)

// transcriptRoute is a plain route, since huma answers with one value at once.
func (s *server) transcriptRoute() {
	s.echo.GET(strings.Replace(transcriptPath, "{uuid}", ":uuid", 1), s.transcript)
	text := &huma.Schema{Type: huma.TypeString}
	whole := s.inJSON(reflect.TypeFor[transcript]())
	whole[plainText] = &huma.MediaType{Schema: text}
	s.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "getTranscript", Method: http.MethodGet, Path: transcriptPath, Tags: []string{tagInbox},
		Security: []map[string][]string{{bearer: {}}},
		Summary:  "Get all of a conversation, as a download",
		Description: "In JSON or, with `format=text` or `Accept: text/plain` (whichever of the two stands first there), to be read by people. " +
			"An answer that fails on the way is cut off.",
		Parameters: []*huma.Param{
			{Name: "uuid", In: "path", Description: "The conversation's key", Required: true, Schema: text},
			{Name: "format", In: "query", Description: "json or text", Schema: text},
		},
		Responses: s.responses("200", &huma.Response{Description: "OK", Content: whole}),
	})
}

// transcript streams. What fails before something is sent is answered as ever; after
// it the connection ends, and the log says why: also where the caller has stopped to
// be an agent. HEAD reads no messages.
func (s *server) transcript(c echo.Context) error {
	a, err := s.caller(c)
	if err != nil {
		return err
	}
	r := c.Request()
	text, err := inPlainText(r)
	if err != nil {
		return err
	}
	v, messages, err := s.Chat.Transcript(r.Context(), a, keyOf(c.Param("uuid")))
	if err != nil {
		return err
	}
	out := newStream(c, s.Patience)
	out.may = func() error { return s.stillAgent(r) }
	write, ending := writeTranscript, ".json"
	out.header.Set(echo.HeaderContentType, "application/json")
	if text {
		write, ending = writePlainTranscript, ".txt"
		out.header.Set(echo.HeaderContentType, plainText+"; charset=utf-8")
	}
	out.header.Set(echo.HeaderContentDisposition, disposition(false, "transcript-"+v.CreatedAt.UTC().Format("2006-01-02")+ending))
	out.header.Set(echo.HeaderAccessControlExposeHeaders, "X-Parley-Token, Retry-After, Content-Disposition")
	if asSent(r).Method == http.MethodHead {
		messages = func(func(chat.Message, error) bool) {}
	}
	if err = write(out, v, messages); err == nil {
		err = out.flush()
	}
	if err == nil || !out.sent {
		return err
	}
	s.cutOff(r.Context(), err)
	return nil
}

// cutOff ends the connection in the middle of an answer, so that nobody takes it
// for a whole one.
func (s *server) cutOff(ctx context.Context, err error) {
	s.Log.LogAttrs(ctx, slog.LevelWarn, "transcript ended early", slog.String("request", requestOf(ctx).id), slog.String("error", err.Error()))
	panic(http.ErrAbortHandler)
}

// stillAgent says why the caller may read no further.
func (s *server) stillAgent(r *http.Request) error {
	identity, err := s.Authenticate(r.Context(), r.Header.Get("Authorization"))
	if err == nil && !agent(&identity.Actor) {
		err = chat.Errorf(chat.CodeForbidden, "Only agents and administrators may do this")
	}
	return err
}

// inPlainText reports which of its two forms a transcript is asked for in.
func inPlainText(r *http.Request) (bool, error) {
	switch r.URL.Query().Get("format") {
	case "":
	case "text":
		return true, nil
	case "json":
		return false, nil
	default:
		return false, chat.Errorf(chat.CodeInvalid, "format must be json or text")
	}
	for kind := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, _, _ = strings.Cut(kind, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case plainText:
			return true, nil
		case "application/json", "application/*", "*/*":
			return false, nil
		}
	}
	return false, nil
}

// writeTranscript writes it as JSON: a transcript with one message after the other.
func writeTranscript(out *stream, v chat.ConversationView, messages iter.Seq2[chat.Message, error]) error {
	head, err := marshal(newConversation(v))
	if err != nil {
		return err
	}
	if err := out.text(`{"conversation":` + strings.TrimSuffix(string(head), "\n") + `,"messages":[`); err != nil {
		return err
	}
	between := ""
	for m, err := range messages {
		if err != nil {
			return err
		}
		if err := out.text(between); err != nil {
			return err
		}
		if err := out.line(transcriptLine{newSaid(v, m), m.Sender, string(m.Status)}); err != nil {
			return err
		}
		between = ","
	}
	return out.text("]}\n")
}

// writePlainTranscript writes it for people: who it is with, then a line for each
// message. What somebody wrote looks like no other line: its further lines are
// indented.
func writePlainTranscript(out *stream, v chat.ConversationView, messages iter.Seq2[chat.Message, error]) error {
	head := fmt.Sprintf("Name: %s\nEmail: %s\nBegun: %s\n\n", plain(v.Name, " "), plain(v.Email, " "), wire.Time(v.CreatedAt))
	if err := out.text(head); err != nil {
		return err
	}
	for m, err := range messages {
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %s: %s\n", wire.Time(m.CreatedAt), speaker(v, m), plain(cmp.Or(m.Text, files(m)), "\n    "))
		if err := out.text(line); err != nil {
			return err
		}
	}
	return nil
}

// speaker is who said a message, and how it ended if it was cut off.
func speaker(v chat.ConversationView, m chat.Message) string {
	who := "Agent"
	switch {
	case m.Type == chat.ContentSystem:
		who = "System"
	case v.RoleOf(m) == chat.FromUser:
		who = "Customer"
	case m.Bot():
		who = "Bot"
	}
	if m.Status != chat.StatusComplete {
		who += " (" + string(m.Status) + ")"
	}
	return who
}

// files stands for a message without a text.
func files(m chat.Message) string {
	if len(m.Files) == 0 {
		return ""
	}
	return fmt.Sprintf("[files: %d]", len(m.Files))
}

// breaks are all ways to end a line.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// plain is a text with the given break in the place of its own, and nothing else
// that is not shown itself but tabs.
func plain(text, lineBreak string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, breaks.Replace(text))
	return strings.ReplaceAll(text, "\n", lineBreak)
}
