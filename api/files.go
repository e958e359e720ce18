package api

import (
	"net/http"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"parley/chat"
)

// uploadedFile is the answer to an upload.
type uploadedFile struct {
	FileID string `json:"fileId" doc:"What a message names in files"`
	Name   string `json:"name" doc:"As it was sent, without directories and what cannot be shown"`
	Type   string `json:"type" doc:"The media type that the bytes were found to be"`
	Size   int64  `json:"size" doc:"Bytes"`
}

// fileRoutes are plain routes of the router: huma would read a whole upload into
// memory before it calls anybody. They are described by hand.
func (s *server) fileRoutes() {
	up := newUploads(s.Chat.MaxFile, "A file must be at most %d bytes", maxUploads, maxUserUploads)
	s.echo.POST("/chat/files", func(c echo.Context) error { return s.upload(c, up) })
	s.echo.GET("/chat/files/:id", s.download)
	document := s.huma.OpenAPI()
	document.AddOperation(s.describeUpload())
	document.AddOperation(s.describeDownload())
}

// caller is the guard of plain routes.
func (s *server) caller(c echo.Context) (chat.Actor, error) {
	r := c.Request()
	identity, err := s.Authenticate(r.Context(), r.Header.Get("Authorization"))
	return identity.Actor, err
}

func (s *server) describeUpload() *huma.Operation {
	return &huma.Operation{
		OperationID: "uploadFile", Method: http.MethodPost, Path: "/chat/files", Tags: []string{tagFiles},
		Summary: "Upload a file",
		Description: "The first field `file` is taken, whatever follows it is ignored. What the file is, is found from its bytes. " +
			"Others may read it once its uploader has posted its id in a room of theirs. Not for guests.",
		Security:    []map[string][]string{{bearer: {}}},
		RequestBody: formOfFile(),
		Responses:   s.responses("201", &huma.Response{Description: "Created", Content: s.inJSON(reflect.TypeFor[uploadedFile]())}),
	}
}

// formOfFile describes a form with the field file.
func formOfFile() *huma.RequestBody {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "With its filename"}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{
			Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": binary}, Required: []string{"file"},
		}},
	}}
}

func (s *server) describeDownload() *huma.Operation {
	content := func(text string) *huma.Response {
		return &huma.Response{Description: text, Content: map[string]*huma.MediaType{
			"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}
	}
	responses := s.responses("200", content("The bytes"))
	responses["206"] = content("The part that `Range` asks for")
	responses["304"] = &huma.Response{Description: "What the caller has is still theirs to read"}
	id := &huma.Schema{Type: huma.TypeString, Description: "The file's id"}
	return &huma.Operation{
		OperationID: "getFile", Method: http.MethodGet, Path: "/chat/files/{id}", Tags: []string{tagFiles},
		Summary: "Get a file",
		Description: "For its uploader and for members of rooms it is posted in. Images, sound and film of common kinds come as what they are; " +
			"whatever a browser might run comes as `application/octet-stream`, to be saved.",
		Security:   []map[string][]string{{bearer: {}}},
		Parameters: []*huma.Param{{Name: "id", In: "path", Description: "The file's id", Required: true, Schema: id}},
		Responses:  responses,
	}
}

// responses are the named one and the form of all failures.
func (s *server) responses(status string, success *huma.Response) map[string]*huma.Response {
	failure := &huma.Response{Description: "Error", Content: s.inJSON(reflect.TypeFor[Error]())}
	return map[string]*huma.Response{status: success, "default": failure}
}

func (s *server) inJSON(t reflect.Type) map[string]*huma.MediaType {
	hint := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	return map[string]*huma.MediaType{"application/json": {Schema: s.huma.OpenAPI().Components.Schemas.Schema(t, true, hint)}}
}

// maxFileName is how many characters of a name are kept, fileEnding how many of
// them may be its ending.
const (
	maxFileName = 255
	fileEnding  = 20
)

// fileName is what a client may be shown of a name that another chose: no
// directories, nothing that is not shown itself or changes how the rest is, and
// no more than fits. A name of nothing else is "file".
func fileName(name string) string {
	name = strings.ToValidUTF8(name, string(utf8.RuneError))
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return -1
		}
		return r
	}, name))
	if strings.Trim(name, ". ") == "" {
		return "file"
	}
	runes := []rune(name)
	if over := len(runes) - maxFileName; over > 0 {
		ending := []rune(name[max(0, strings.LastIndexByte(name, '.')):])
		if len(ending) > fileEnding {
			ending = nil
		}
		runes = append(runes[:maxFileName-len(ending)], ending...)
	}
	return string(runes)
}
