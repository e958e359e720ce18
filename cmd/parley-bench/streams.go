package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/internal/llm"
	"parley/internal/sioclient"
)

// The streams line: so many replies at once, each at so many tokens a second for
// a while, every token carrying the time at which the upstream sent it.
const (
	streamReplies = 200
	streamEvery   = 20 * time.Millisecond
	streamTokens  = 400
)

// streamFigures are what one round of the streams line saw.
type streamFigures struct {
	percentiles
	cpu time.Duration // of the server, a token
}

func (f streamFigures) String() string {
	return fmt.Sprintf("%d tokens, p50 %.1f ms, p99 %.1f ms, max %.1f ms, server CPU %.0f µs a token",
		f.Count, micros(f.P50)/1000, micros(f.P99)/1000, micros(f.Max)/1000, micros(f.cpu))
}

// streams: how long a token takes from the upstream through the server to a
// client, with many replies at once. Upstream and clients are this process.
func (s *smoke) streams(ctx context.Context) ([]line, error) {
	upstream, err := llm.Listen("127.0.0.1:0", func(llm.Request) llm.Script { return llm.Timed(streamTokens, streamEvery) })
	if err != nil {
		return nil, err
	}
	defer upstream.Close()
	answering := s.parley
	answering.command = func(addr, dir string) *exec.Cmd {
		cmd := s.parley.command(addr, dir)
		cmd.Env = append(cmd.Env, "PARLEY_ASSISTANT_URL="+upstream.URL())
		return cmd
	}
	direct := contender{name: "direct"}
	var bare []streamFigures
	r, err := inTurns(ctx, s, s.Rounds, []contender{answering}, func(ctx context.Context, server *server) (streamFigures, check, error) {
		alone, err := readDirectly(ctx, upstream.URL())
		if err != nil {
			return streamFigures{}, check{}, err
		}
		bare = append(bare, alone)
		return measureStreams(ctx, server)
	})
	if r == nil {
		return nil, err
	}
	name := fmt.Sprintf("%d replies at %.0f tokens/s: token latency, p99, ms", streamReplies, 1/streamEvery.Seconds())
	return []line{
		compare(name, direct, r[0], bare, func(f streamFigures) float64 { return micros(f.P99) / 1000 }).figureAtMost(50),
		compare("  p50, ms", direct, r[0], bare, func(f streamFigures) float64 { return micros(f.P50) / 1000 }),
	}, err
}

// readDirectly reads as many replies straight from the upstream: what the machine,
// the upstream and this process take of the latency.
func readDirectly(ctx context.Context, url string) (streamFigures, error) {
	latencies := newLatency()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: streamReplies, MaxIdleConnsPerHost: streamReplies}}
	defer client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(ctx)
	for i := range streamReplies {
		group.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/chat/completions", strings.NewReader(`{"stream":true}`))
			if err != nil {
				return err
			}
			res, err := client.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			for lines := bufio.NewScanner(res.Body); lines.Scan(); {
				recordTokens(latencies, i, contentOf(lines.Text()), time.Now())
			}
			return nil
		})
	}
	err := group.Wait()
	return streamFigures{percentiles: latencies.percentiles()}, err
}

// contentOf is the text of one line of an event stream, "" without one.
func contentOf(line string) string {
	_, rest, _ := strings.Cut(line, `"content":"`)
	content, _, _ := strings.Cut(rest, `"`)
	return content
}

// recordTokens notes how long ago each token was sent.
func recordTokens(l *latency, shard int, text string, now time.Time) {
	for sent := range strings.FieldsSeq(text) {
		if ns, err := strconv.ParseInt(sent, 10, 64); err == nil {
			l.record(shard, now.Sub(time.Unix(0, ns)))
		}
	}
}

// measureStreams has every client ask one question and read its reply.
func measureStreams(ctx context.Context, server *server) (streamFigures, check, error) {
	latencies := newLatency()
	readers := make([]*streamReader, streamReplies)
	group, dialled := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range readers {
		readers[i] = &streamReader{shard: i, latencies: latencies, ended: make(chan error, 1)}
		group.Go(func() (err error) {
			readers[i].conn, err = server.target.dial(dialled, server.target.URL, "asker-"+strconv.Itoa(i), nil, readers[i], 4<<10)
			return err
		})
	}
	defer func() {
		for _, r := range readers {
			if r.conn != nil {
				r.conn.Close()
			}
		}
	}()
	if err := group.Wait(); err != nil {
		return streamFigures{}, check{}, err
	}
	before, err := processUsage(server.target.PID)
	if err != nil {
		return streamFigures{}, check{}, err
	}
	for _, r := range readers {
		if err := r.conn.Emit(1, []byte(`["message","tell me"]`)); err != nil {
			return streamFigures{}, check{}, err
		}
	}
	for _, r := range readers {
		select {
		case err := <-r.ended:
			if err != nil {
				return streamFigures{}, check{}, err
			}
		case <-ctx.Done():
			return streamFigures{}, check{}, ctx.Err()
		}
	}
	after, err := processUsage(server.target.PID)
	p := latencies.percentiles()
	return streamFigures{p, (after.CPU - before.CPU) / time.Duration(max(p.Count, 1))}, check{}, err
}

// streamReader is a client that reads one streamed reply and holds the server to
// it: the tokens, in order and without a gap, are the message.
type streamReader struct {
	conn      *sioclient.Conn
	shard     int
	latencies *latency
	ended     chan error

	once sync.Once
	text strings.Builder
}

// Event implements sioclient.Handler.
func (r *streamReader) Event(args []byte) {
	var parts []json.RawMessage
	var name string
	var body struct {
		Token, Message, Status string
		Offset                 int
	}
	now := time.Now()
	if json.Unmarshal(args, &parts) != nil || len(parts) < 2 || json.Unmarshal(parts[0], &name) != nil {
		return
	}
	switch name {
	case "stream-token":
		_ = json.Unmarshal(parts[1], &body)
		if body.Offset != r.text.Len() {
			r.end(fmt.Errorf("a token at %d stands at %d", body.Offset, r.text.Len()))
		}
		r.text.WriteString(body.Token)
		recordTokens(r.latencies, r.shard, body.Token, now)
	case "stream-end":
		_ = json.Unmarshal(parts[1], &body)
		switch got := r.text.String(); {
		case body.Status != "complete":
			r.end(fmt.Errorf("the reply ended as %q", body.Status))
		case got != body.Message || strings.Count(got, " ") != streamTokens:
			r.end(fmt.Errorf("%d tokens came, the message has %d", strings.Count(got, " "), strings.Count(body.Message, " ")))
		default:
			r.end(nil)
		}
	}
}

// Ack implements sioclient.Handler.
func (r *streamReader) Ack(_ uint64, args []byte) {
	if !strings.Contains(string(args), `"ok":true`) {
		r.end(fmt.Errorf("the question was refused: %.200s", args))
	}
}

func (r *streamReader) end(err error) { r.once.Do(func() { r.ended <- err }) }
