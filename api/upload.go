package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"parley/chat"
)

// formRoom is how much of an upload may come before the file: other fields, and
// headers. As much again may come after it.
const formRoom = 64 << 10

// Uploads that run at once: each keeps a connection, a file and up to 5 MiB for as
// long as its client takes.
const (
	maxUploads     = 128
	maxUserUploads = 8
)

var (
	errForm = &Error{Name: "UNSUPPORTED_MEDIA_TYPE", Status: http.StatusUnsupportedMediaType, Message: "The body must be multipart/form-data"}
	errCut  = &chat.Error{Code: chat.CodeInvalid, Message: "body could not be read"}
	errSlow = &chat.Error{Code: chat.CodeInvalid, Message: "body came too slowly"}
)

// upload stores a file.
func (s *server) upload(c echo.Context, up *uploads) error {
	a, err := s.caller(c)
	if err != nil {
		return err
	}
	if err := s.Chat.MayUpload(a); err != nil {
		return err // before they take a place that others need
	}
	return s.receive(c, a, up, func(name string, file io.Reader) (any, error) {
		f, err := s.Chat.Upload(c.Request().Context(), a, name, file)
		return uploadedFile{FileID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size}, err
	})
}

// receive hands the file of a form to keep as it comes in, and answers 201 with
// what that returns.
func (s *server) receive(c echo.Context, a chat.Actor, up *uploads, keep func(name string, file io.Reader) (any, error)) error {
	if err := up.begin(a.ID); err != nil {
		return err
	}
	defer up.end(a.ID)
	// The server's own deadline is for requests that do not take as long as they like.
	deadlines := http.NewResponseController(c.Response().Writer)
	defer func() { _ = deadlines.SetWriteDeadline(time.Now().Add(s.Patience)) }()
	file, name, err := up.fileOf(c.Request(), deadlines)
	if err != nil {
		return err
	}
	kept, err := keep(fileName(name), file)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Type", "application/json")
	c.Response().WriteHeader(http.StatusCreated)
	return encode(c.Response(), kept)
}

// fileOf returns the file of a form and its name, as they were sent. What stands
// before it is read.
func (u *uploads) fileOf(r *http.Request, deadlines *http.ResponseController) (io.Reader, string, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return nil, "", errForm
	}
	if params["boundary"] == "" {
		return nil, "", chat.Errorf(chat.CodeInvalid, "the form has no boundary")
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, "", errEncoding
	}
	if r.ContentLength > u.max+2*formRoom {
		return nil, "", chat.Errorf(chat.CodeTooLarge, u.tooLarge, u.max)
	}
	body := newFormBody(r.Body, deadlines, uploadPace)
	form := multipart.NewReader(body, params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, "", chat.Errorf(chat.CodeInvalid, "file is required")
		}
		if err != nil {
			return nil, "", body.fault(err)
		}
		if part.FormName() == "file" {
			body.left += u.max + formRoom
			return formFile{part, body}, part.FileName(), nil
		}
	}
}

// formFile is a part whose errors are for the client.
type formFile struct {
	part *multipart.Part
	body *formBody
}

func (f formFile) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = f.body.fault(err)
	}
	return n, err
}

// pace is how slow a client may be: it may stall for a while, and must otherwise
// send so many bytes a second on the whole.
type pace struct {
	stall time.Duration
	rate  int64
}

// uploadPace lets 64 kbit/s through, at half its speed, and nobody hold a place by
// sending a byte now and then.
var uploadPace = pace{stall: bodyTimeout, rate: 4 << 10}

// formBody is a body that takes as long as it moves. Time that passes between
// reads is ours, not the client's.
type formBody struct {
	body      io.Reader
	deadlines *http.ResponseController
	pace      pace
	left      int64         // bytes that may come until the limit is raised
	credit    time.Duration // how long the client may still keep us waiting
	failed    error         // why the body ended, for the client
}

func newFormBody(body io.Reader, deadlines *http.ResponseController, p pace) *formBody {
	return &formBody{body: body, deadlines: deadlines, pace: p, left: formRoom, credit: p.stall}
}

func (b *formBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	begin := time.Now()
	// Not every ResponseWriter has deadlines; those of net/http do.
	_ = b.deadlines.SetReadDeadline(begin.Add(min(b.pace.stall, b.credit)))
	n, err := b.body.Read(p)
	b.left -= int64(n)
	b.credit += time.Duration(n)*time.Second/time.Duration(b.pace.rate) - time.Since(begin)
	switch {
	case b.left < 0:
		n, err, b.failed = 0, errForm, chat.Errorf(chat.CodeTooLarge, "the form has too much beside its file")
	case errors.Is(err, io.EOF):
		// From here on net/http watches the connection, and a passed deadline would
		// cancel the use case.
		_ = b.deadlines.SetReadDeadline(time.Time{})
	case isTimeout(err):
		b.failed = errSlow
	}
	return n, err
}

// fault is why the form could not be read further.
func (b *formBody) fault(err error) error {
	if b.failed != nil {
		return b.failed
	}
	return &chat.Error{Code: errCut.Code, Message: errCut.Message, Err: err}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// uploads is one kind of them: it bounds their size and counts what is coming in.
type uploads struct {
	max      int64   // bytes of a file
	tooLarge string  // is formatted with max
	places   *places // by user
}

func newUploads(maxBytes int64, tooLarge string, most, mostEach int) *uploads {
	return &uploads{max: maxBytes, tooLarge: tooLarge, places: newPlaces(most, mostEach)}
}

func (u *uploads) begin(user string) error {
	switch taken, own := u.places.take(user); {
	case taken:
		return nil
	case own:
		return &chat.Error{Code: chat.CodeRateLimited, Message: "Too many uploads at once", RetryAfter: time.Second}
	}
	return chat.ErrBusy
}

func (u *uploads) end(user string) { u.places.leave(user) }
