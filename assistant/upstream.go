package assistant

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// UpstreamOptions say where replies come from. Zero values are the defaults.
type UpstreamOptions struct {
	// URL is the base of an OpenAI-compatible API, http or https, such as
	// http://127.0.0.1:8080/v1; Key and Model go with it. All may be empty: then a
	// request has to name its own.
	URL, Key, Model string

	Connect    time.Duration // bounds dialling and the TLS handshake; 10 s
	FirstToken time.Duration // bounds everything up to the first token, retries included; 60 s
	Idle       time.Duration // bounds the time from one token to the next; 60 s
	Whole      time.Duration // bounds a reply; 10 min
	Tail       time.Duration // what may follow finish_reason (usage, [DONE]) is waited for this long; 2 s

	RetryWait  time.Duration // before the first retry, give or take half, then longer; 300 ms
	RetryAfter time.Duration // a longer Retry-After ends the tries; 10 s

	// MaxText bounds a reply in bytes of UTF-8; 64 KiB, which is what a message takes.
	MaxText int
	// HTTP replaces the client, Connect and the environment's proxies with it; its
	// own timeout and its way with redirects are not used.
	HTTP *http.Client
	// Log is told of retries; nothing is logged if nil. No key and no text goes there.
	Log *slog.Logger
}

// Upstream is a Backend on an OpenAI-compatible server: POST {url}/chat/completions
// with stream:true.
type Upstream struct {
	o       UpstreamOptions
	http    *http.Client
	refused refusals
}

// tries is how often a request is made that fails before its first token.
const tries = 3

// NewUpstream returns an error if the options' URL or key is unusable. It makes
// no connection.
func NewUpstream(o UpstreamOptions) (*Upstream, error) {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&o.Connect, 10 * time.Second},
		{&o.FirstToken, time.Minute},
		{&o.Idle, time.Minute},
		{&o.Whole, 10 * time.Minute},
		{&o.Tail, 2 * time.Second},
		{&o.RetryWait, 300 * time.Millisecond},
		{&o.RetryAfter, 10 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.usual
		}
	}
	if o.MaxText <= 0 {
		o.MaxText = 64 << 10
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	u := &Upstream{o: o, http: client(o)}
	if o.URL != "" {
		if _, err := u.target(Request{}); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// Close closes idle connections. Streams that run are not touched.
func (u *Upstream) Close() { u.http.CloseIdleConnections() }

// client never follows a redirect: it would take the key and the conversation
// to a place that nobody has set.
func client(o UpstreamOptions) *http.Client {
	c := &http.Client{}
	if o.HTTP != nil {
		*c = *o.HTTP
		c.Timeout = 0
	} else {
		dialer := &net.Dialer{Timeout: o.Connect, KeepAlive: 30 * time.Second}
		c.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    o.Connect,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // it only holds tokens back
			MaxIdleConnsPerHost:    256,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		}
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// target is where one request goes.
type target struct{ url, key, model string }

// target picks the request's own upstream over the server's. The server's key
// goes to the server's URL alone.
func (u *Upstream) target(r Request) (target, error) {
	base := strings.TrimSpace(u.o.URL)
	own := strings.TrimSpace(r.URL)
	t := target{key: strings.TrimSpace(r.Key), model: r.Model}
	if t.key == "" && (own == "" || own == base) {
		t.key = strings.TrimSpace(u.o.Key)
	}
	if t.model == "" {
		t.model = u.o.Model
	}
	if own == "" {
		own = base
	}
	parsed, err := url.Parse(own)
	switch {
	case own == "":
		return t, errors.New("assistant: no upstream is set")
	case err != nil: // its text repeats the URL, which may hold a secret
		return t, errors.New("assistant: the upstream's URL is malformed")
	case parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Host == "":
		return t, errors.New("assistant: the upstream's URL must be http:// or https:// and a host")
	case parsed.User != nil:
		return t, errors.New("assistant: the upstream's URL must not contain a name or password: set its key")
	case strings.ContainsFunc(t.key, func(c rune) bool { return c <= ' ' || c > '~' }):
		return t, errors.New("assistant: the upstream's key contains spaces or characters that no header takes")
	}
	parsed.Fragment = ""
	t.url = parsed.JoinPath("chat/completions").String()
	return t, nil
}
