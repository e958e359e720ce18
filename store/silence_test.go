package store

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"parley/chat"
	"parley/internal/testenv"
)

// ackTimeout is how long clients wait for an ack.
const ackTimeout = 10 * time.Second

func migrated(t *testing.T) string {
	t.Helper()
	database := testenv.Postgres(t)
	if err := MigrateUp(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	return database
}

// behindProxy opens a store on an empty PostgreSQL, behind a network that can be broken.
func behindProxy(t *testing.T) (*Store, *toxiproxy.Proxy) {
	t.Helper()
	database, err := url.Parse(migrated(t))
	if err != nil {
		t.Fatal(err)
	}
	tools := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(tools, t.Name(), "127.0.0.1:0", database.Host)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	database.Host = proxy.Listen
	return open(t, Options{URL: database.String()}), proxy
}

// swallow has the network pass nothing on, and tell nobody.
func swallow(t *testing.T, proxy *toxiproxy.Proxy) {
	t.Helper()
	for _, direction := range []string{"upstream", "downstream"} {
		toxic := `{"type": "timeout", "stream": "` + direction + `", "attributes": {"timeout": 0}}`
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
	}
}

// heal ends swallow, and the connections whose bytes were swallowed: first, for what
// still sends into a toxic that is gone does so for ever.
func heal(t *testing.T, proxy *toxiproxy.Proxy) {
	t.Helper()
	proxy.Stop()
	proxy.Toxics.ResetToxics(t.Context())
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
}

// TestSilentPostgres: a database that takes everything and answers nothing keeps
// nobody waiting for longer than clients wait, whatever was under way; and what was
// refused can be posted again.
func TestSilentPostgres(t *testing.T) {
	t.Parallel()
	s, proxy := behindProxy(t)
	if r := <-submit(s, post("r", "m0", "n0")); r.err != nil {
		t.Fatal(r.err)
	}
	release := hold(s) // in the middle of a transaction
	swallow(t, proxy)
	var waiting []<-chan result
	answered := func(i int, w <-chan result) {
		t.Helper()
		select {
		case r := <-w:
			wantCode(t, fmt.Sprint("command ", i), r.err, chat.CodeUnavailable)
		case <-time.After(ackTimeout):
			t.Fatalf("command %d is not answered", i)
		}
	}
	for i := range 20 {
		waiting = append(waiting, submit(s, post("r", fmt.Sprint("m", i+1), fmt.Sprint("n", i+1))))
	}
	release()
	for i, w := range waiting {
		answered(i, w)
	}
	began := time.Now()
	answered(20, submit(s, post("r", "m21", "n21")))
	if took := time.Since(began); took > silentAfter+answerTimeout {
		t.Errorf("a database that is known to be silent took %v to refuse", took)
	}
	heal(t, proxy)
	for i := range 21 {
		r := <-submit(s, post("r", fmt.Sprint("again", i+1), fmt.Sprint("n", i+1)))
		if r.err != nil || r.Message.Seq != int64(i+2) {
			t.Fatalf("command %d again: %+v", i, r)
		}
	}
}

// TestSilentWhileCommitting: a COMMIT that is never answered is answered as
// unavailable, and the message is there once when it is posted again.
func TestSilentWhileCommitting(t *testing.T) {
	t.Parallel()
	s, proxy := behindProxy(t)
	begun, stop := make(chan struct{}), make(chan struct{})
	command := post("r", "m1", "n1")
	decide := command.Decide
	command.Decide = func(st chat.State) (chat.Effects, error) {
		close(begun)
		<-stop
		return decide(st)
	}
	held := submit(s, command)
	<-begun
	swallow(t, proxy)
	close(stop)
	select {
	case r := <-held:
		wantCode(t, "the COMMIT", r.err, chat.CodeUnavailable)
	case <-time.After(ackTimeout):
		t.Fatal("the COMMIT is not answered")
	}
	heal(t, proxy)
	if r := <-submit(s, post("r", "m2", "n1")); r.err != nil || r.Message.Seq != 1 {
		t.Errorf("again: %+v", r)
	}
}

// TestSlowPostgres: one that is slow but answers is waited for.
func TestSlowPostgres(t *testing.T) {
	t.Parallel()
	s, proxy := behindProxy(t)
	toxic := `{"type": "latency", "stream": "downstream", "attributes": {"latency": 600}}`
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		t.Fatal(err)
	}
	var waiting []<-chan result
	for i := range 5 {
		waiting = append(waiting, submit(s, post("r", fmt.Sprint("m", i), "")))
	}
	for i, w := range waiting {
		if r := <-w; r.err != nil || r.Message.Seq != int64(i+1) {
			t.Errorf("command %d: %+v", i, r)
		}
	}
}

// TestLocksOfASilentNode: a node that falls silent in the middle of a transaction
// keeps others from its rooms for no longer than their clients wait.
func TestLocksOfASilentNode(t *testing.T) {
	t.Parallel()
	database := migrated(t)
	one, other := open(t, Options{URL: database}), open(t, Options{URL: database})
	if r := <-submit(one, post("r", "m1", "")); r.err != nil {
		t.Fatal(r.err)
	}
	begun, stop := make(chan struct{}), make(chan struct{})
	held := submit(one, chat.Command{Room: "r", User: "u", Decide: func(chat.State) (e chat.Effects, _ error) {
		select {
		case <-begun: // the second time, in a new transaction
		default:
			close(begun)
			<-stop
		}
		e.Insert = &chat.Message{ID: "held", Sender: "u", Text: "hi", Type: chat.ContentText}
		return e, nil
	}})
	<-begun
	select {
	case r := <-submit(other, post("r", "m2", "")):
		if r.err != nil || r.Message.Seq != 2 {
			t.Errorf("the other node: %+v", r)
		}
	case <-time.After(ackTimeout):
		t.Error("the other node is kept waiting")
	}
	close(stop)
	if r := <-held; r.err != nil || r.Message.Seq != 3 {
		t.Errorf("the node that was silent: %+v", r)
	}
}
