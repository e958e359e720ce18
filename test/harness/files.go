package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"testing"
	"time"
)

// Upload uploads a file as a user, and returns the status and the file's id.
func (s *Server) Upload(tb testing.TB, user, name string, content []byte) (status int, id string) {
	tb.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		tb.Fatal(err)
	}
	status, got := s.exchange(tb, http.MethodPost, "/chat/files", user, form.FormDataContentType(), &body)
	var answer struct {
		FileID string `json:"fileId"`
	}
	if err := json.Unmarshal(got, &answer); err != nil {
		tb.Fatalf("the answer is no JSON object: %v\n%s", err, got)
	}
	return status, answer.FileID
}

// Download asks for a file as a user, and returns the status and the body.
func (s *Server) Download(tb testing.TB, user, id string) (status int, content []byte) {
	tb.Helper()
	return s.exchange(tb, http.MethodGet, "/chat/files/"+id, user, "", nil)
}

// exchange makes one request as a user.
func (s *Server) exchange(tb testing.TB, method, path, user, contentType string, body io.Reader) (status int, answer []byte) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+Token(tb, user, "user"))
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if answer, err = io.ReadAll(res.Body); err != nil {
		tb.Fatal(err)
	}
	return res.StatusCode, answer
}
