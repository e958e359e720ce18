package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"parley/chat"
)

// bodyTimeout is how long a client may take to send a body.
const bodyTimeout = 30 * time.Second

// jsonFormat is how huma reads and writes bodies.
var jsonFormat = huma.Format{Marshal: encode, Unmarshal: decode}

// encode writes v at once, unless it comes in pieces. A client that is gone is no error.
func encode(w io.Writer, v any) error {
	if large, ok := v.(inPieces); ok {
		return large.encode(w)
	}
	text, err := marshal(v)
	if err != nil {
		return err
	}
	_, _ = w.Write(text)
	return nil
}

// marshal is v as a line of JSON.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return buf.Bytes(), err
}

// decode reads one JSON object; its errors are texts for the client.
func decode(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind) && kind.Field == "":
		return errors.New("body must be a JSON object")
	case errors.As(err, &kind):
		return fmt.Errorf("%s: expected %s, got %s", fieldPath(kind.Field), kindName(kind.Type), kind.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("body is not valid JSON: %w", syntax)
	}
	return err
}

// fieldPath is a field as the client names it. The path that it is given has the
// names of embedded structs too, which alone begin with a capital.
func fieldPath(path string) string {
	parts := slices.DeleteFunc(strings.Split(path, "."), func(part string) bool { return part[0] >= 'A' && part[0] <= 'Z' })
	return strings.Join(parts, ".")
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "another kind"
}

// jsonBody is a request whose body has been read and is a JSON object, empty
// where nothing was sent.
type jsonBody struct {
	humaContext
	body []byte
}

// humaContext is huma.Context by a name that is not one of its methods.
type humaContext = interface{ huma.Context }

func (b jsonBody) Unwrap() huma.Context  { return b.humaContext }
func (b jsonBody) BodyReader() io.Reader { return bytes.NewReader(b.body) }

func (b jsonBody) Header(name string) string {
	if strings.EqualFold(name, "Content-Type") {
		return "application/json"
	}
	return b.humaContext.Header(name)
}

// readBody is a middleware of the operations that take a body.
func (s *server) readBody(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	body, err := readJSON(c.Response().Writer, c.Request(), s.BodyLimit)
	if err != nil {
		s.refuse(c, err)
		return
	}
	next(jsonBody{ctx, body})
}

// readJSON returns the body if it may be a JSON object in UTF-8 of at most limit
// bytes. Without a Content-Type it is taken for JSON.
func readJSON(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	// Bounded while it is read, and not after: a passed deadline would cancel the
	// use case. It stays where the body did not come whole: net/http still reads
	// its rest then. Not every ResponseWriter has deadlines; those of net/http do.
	deadlines := http.NewResponseController(w)
	_ = deadlines.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		_ = deadlines.SetReadDeadline(time.Time{})
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, chat.Errorf(chat.CodeTooLarge, "body must be at most %d bytes", limit)
	} else if err != nil {
		return nil, chat.Errorf(chat.CodeInvalid, "body could not be read")
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return []byte("{}"), nil
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, errMediaType
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, errEncoding
	}
	if body[0] != '{' {
		return nil, chat.Errorf(chat.CodeInvalid, "body must be a JSON object")
	}
	if !utf8.Valid(body) {
		return nil, chat.Errorf(chat.CodeInvalid, "body must be UTF-8")
	}
	return body, nil
}

func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"))
}
