package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// answer is what came back to one HTTP request.
type answer struct {
	status int
	header http.Header
	body   string
}

// json is the body as an object.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	m := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%d and no JSON object: %.200s", a.status, a.body)
	}
	return m
}

// ask makes one request; header has names and values in turn. Without Authorization
// in it there is none.
func (h *house) ask(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, h.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Errorf("%s %.80s: %v", method, path, err)
		return answer{}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s %.80s: %v", method, path, err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

// as is ask with a user's token.
func (h *house) as(t *testing.T, user, role, method, path, body string, header ...string) answer {
	t.Helper()
	header = append(header, "Authorization", "Bearer "+harness.Token(t, user, role))
	if body != "" && !slices.Contains(header, "Content-Type") {
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	return h.ask(t, method, path, body, header...)
}

// jsonText is v as JSON.
func jsonText(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
