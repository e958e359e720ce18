package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// filePolicy takes every power from a file that a browser shows after all.
const filePolicy = "default-src 'none'; sandbox"

// download sends a file to who may read it. What is asked again is checked again:
// it may be kept by its reader alone, and used once we say that it still may be.
func (s *server) download(c echo.Context) error {
	a, err := s.caller(c)
	if err != nil {
		return err
	}
	r := c.Request()
	f, content, err := s.Chat.OpenFile(r.Context(), a, c.Param("id"))
	if err != nil {
		return err
	}
	defer content.Close()
	kind, shown := servedAs(f.Type)
	h := c.Response().Header()
	for name, value := range map[string]string{
		"Content-Type":                  kind,
		"Content-Disposition":           disposition(shown, f.Name),
		"Content-Security-Policy":       filePolicy,
		"Cross-Origin-Resource-Policy":  "same-origin", // a page that has the token asks with CORS, to which this does not apply
		"Cache-Control":                 "private, no-cache",
		"ETag":                          strconv.Quote(f.ID),
		"Access-Control-Expose-Headers": "X-Parley-Token, Retry-After, Content-Disposition, Content-Range, Accept-Ranges, ETag",
	} {
		h.Set(name, value)
	}
	out := &fileWriter{ResponseWriter: c.Response(), deadlines: http.NewResponseController(c.Response().Writer), patience: s.Patience}
	in := &watched{ReadSeeker: content}
	http.ServeContent(out, withoutManyRanges(asSent(r)), "", f.CreatedAt, in)
	return s.sent(r.Context(), h, out.refused, in.failed)
}

// sent is what became of a file: the answer where http.ServeContent refused, and
// nothing more than a line in the log where the bytes came to an end on the way.
func (s *server) sent(ctx context.Context, h http.Header, refused int, failed error) error {
	if refused != 0 {
		h.Del("Content-Disposition")
		if failed != nil {
			return fmt.Errorf("send a file: %w", failed)
		}
		name := strings.ToUpper(strings.ReplaceAll(http.StatusText(refused), " ", "_"))
		return &Error{Name: name, Status: refused, Message: http.StatusText(refused)}
	}
	if failed != nil && ctx.Err() == nil {
		s.Log.LogAttrs(ctx, slog.LevelError, "a file was cut off",
			slog.String("request", requestOf(ctx).id), slog.String("error", failed.Error()))
	}
	return nil
}

// servedAs is the Content-Type that a file of this kind is sent with, and whether
// browsers may show it in their windows. What they might run is neither.
func servedAs(kind string) (contentType string, shown bool) {
	switch kind {
	case "image/png", "image/apng", "image/jpeg", "image/gif", "image/webp", "image/avif",
		"video/mp4", "video/webm", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav":
		return kind, true
	case "audio/x-m4a":
		return "audio/mp4", true
	case "application/pdf":
		return kind, false
	case "text/plain":
		return "text/plain; charset=utf-8", false
	}
	return "application/octet-stream", false
}

// disposition is a Content-Disposition of RFC 6266, whatever the name is.
func disposition(shown bool, name string) string {
	kind := "attachment"
	if shown {
		kind = "inline"
	}
	return mime.FormatMediaType(kind, map[string]string{"filename": fileName(name)})
}

// fileWriter keeps the connection as long as the client takes each piece, of 32
// KiB, within its patience, and lets nothing but successes through.
type fileWriter struct {
	http.ResponseWriter
	deadlines *http.ResponseController
	patience  time.Duration
	refused   int // the status of an answer that was held back
}

func (w *fileWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		w.refused = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *fileWriter) Write(p []byte) (int, error) {
	if w.refused != 0 {
		return len(p), nil
	}
	_ = w.deadlines.SetWriteDeadline(time.Now().Add(w.patience))
	return w.ResponseWriter.Write(p)
}

// watched remembers why it could not be read.
type watched struct {
	io.ReadSeeker
	failed error
}

func (f *watched) Read(p []byte) (int, error) {
	n, err := f.ReadSeeker.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.failed = err
	}
	return n, err
}

type headKey struct{}

// asHead is a request that is routed as GET and was HEAD.
func asHead(ctx context.Context) context.Context { return context.WithValue(ctx, headKey{}, true) }

func wasHead(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

// asSent is the request with the method that it came with: of a file nothing is
// read for HEAD.
func asSent(r *http.Request) *http.Request {
	if !wasHead(r.Context()) {
		return r
	}
	sent := *r
	sent.Method = http.MethodHead
	return &sent
}

// maxRanges is how many parts of a file one answer holds. Each costs a look at
// the store of files, and there may be thousands of a byte.
const maxRanges = 16

// withoutManyRanges asks for the whole file where the request asks for too many
// parts of it, as RFC 9110 lets a server do.
func withoutManyRanges(r *http.Request) *http.Request {
	if strings.Count(r.Header.Get("Range"), ",") < maxRanges {
		return r
	}
	whole := *r
	whole.Header = r.Header.Clone()
	whole.Header.Del("Range")
	return &whole
}
