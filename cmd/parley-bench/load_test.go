package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	smallShape   = shape{Connections: 12, Rooms: 3, RoomsPerClient: 2, ConnectTimeout: 20 * time.Second}
	smallTraffic = traffic{Senders: 5, Size: 64, Window: 4, Messages: 300}
)

func mustLoad(t *testing.T, target *target, s shape, tr traffic) result {
	t.Helper()
	res, err := load(t.Context(), target, s, tr)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestLoadCountsEveryDelivery(t *testing.T) {
	f := &fakeParley{t: t}
	target := f.serve()
	target.PID = os.Getpid()
	for name, tr := range map[string]traffic{
		"closed loop": smallTraffic,
		"open loop":   {Senders: 5, Size: 17, Window: 1, Rate: 3000, Messages: 300, Nonce: true},
	} {
		t.Run(name, func(t *testing.T) {
			res := mustLoad(t, target, smallShape, tr)
			if err := res.Check.err(); err != nil {
				t.Error(err)
			}
			// 12 clients in 2 of 3 rooms each: 8 receivers of each message.
			if res.Messages != 300 || res.Deliveries != 2400 || res.Check.Received != 2400 || res.Delivery.Count != 2400 || res.Ack.Count != 300 {
				t.Errorf("%+v", res)
			}
			if res.Delivery.P50 <= 0 || res.Delivery.Max < res.Delivery.P50 || res.ServerRSS == 0 {
				t.Errorf("%+v", res)
			}
		})
	}
}

func TestLoadMeasuresForADuration(t *testing.T) {
	f := &fakeParley{t: t}
	tr := traffic{Senders: 3, Size: 64, Window: 2, Warmup: 50 * time.Millisecond, Duration: 300 * time.Millisecond}
	res := mustLoad(t, f.serve(), smallShape, tr)
	if err := res.Check.err(); err != nil {
		t.Error(err)
	}
	if res.Elapsed < tr.Duration || res.Deliveries == 0 || res.Deliveries >= res.Check.Received {
		t.Errorf("measured %d of %d deliveries in %v", res.Deliveries, res.Check.Received, res.Elapsed)
	}
}

func TestLoadIntroducesItsUsers(t *testing.T) {
	f := &fakeParley{t: t, knownUsers: true}
	res := mustLoad(t, f.serve(), smallShape, smallTraffic)
	if err := res.Check.err(); err != nil {
		t.Error(err)
	}
	if len(f.users) != smallShape.Connections {
		t.Errorf("%d users were introduced", len(f.users))
	}
}

func TestLoadSeesBrokenPromises(t *testing.T) {
	first := func(receiver string) bool { return strings.HasSuffix(receiver, "u0") }
	var held []uint64
	tests := map[string]struct {
		misdeliver func(string, uint64) []uint64
		want       func(check) bool
	}{
		"duplicate": {
			misdeliver: func(to string, seq uint64) []uint64 {
				if first(to) && seq == 7 {
					return []uint64{7, 7}
				}
				return []uint64{seq}
			},
			want: func(c check) bool { return c.Duplicates == 1 && c.Lost == 0 && c.Inversions == 0 },
		},
		"inversion": {
			misdeliver: func(to string, seq uint64) []uint64 {
				switch {
				case !first(to):
					return []uint64{seq}
				case seq%10 == 7:
					held = append(held, seq)
					return nil
				}
				out := append([]uint64{seq}, held...)
				held = nil
				return out
			},
			want: func(c check) bool { return c.Inversions == 30 && c.Lost == 0 && c.Duplicates == 0 },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &fakeParley{t: t, misdeliver: tt.misdeliver}
			oneRoom := shape{Connections: 12, Rooms: 1, RoomsPerClient: 1, ConnectTimeout: smallShape.ConnectTimeout}
			c := mustLoad(t, f.serve(), oneRoom, smallTraffic).Check
			if c.err() == nil || !tt.want(c) {
				t.Error(c)
			}
		})
	}
}

func TestLoadSeesRefusals(t *testing.T) {
	n := 0
	f := &fakeParley{t: t, refuse: func(uint64) string {
		if n++; n%100 == 0 {
			return "rate_limited"
		}
		return ""
	}}
	c := mustLoad(t, f.serve(), smallShape, smallTraffic).Check
	if c.err() == nil || c.Faults["refused: rate_limited"] != 3 || c.Acked != 300 {
		t.Error(c)
	}
}

// A lost message ends the drain only after stallLimit, so loss is tested on the
// check alone.
func TestCheckSeesLossAndSilence(t *testing.T) {
	f := &fakeParley{t: t}
	r, err := connect(t.Context(), f.serve(), smallShape, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.raise(0, 3) // three messages were acknowledged in room 0, and nobody got them
	r.sent.Store(4)
	r.receivers[0].acked.Store(3)
	if r.settled() {
		t.Error("nothing has come, so nothing is settled")
	}
	c := r.verify()
	if c.Lost != 3*8 || c.Expected != 3*8 || c.Received != 0 || c.Sent != 4 || c.Acked != 3 || c.err() == nil {
		t.Error(c)
	}
}

func TestIdle(t *testing.T) {
	f := &fakeParley{t: t}
	target := f.serve()
	target.PID = os.Getpid()
	res, err := idle(t.Context(), target, smallShape, settle{Quiet: time.Millisecond, Limit: time.Second}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Check.err(); err != nil || res.Check.Received != 24 || res.After == 0 {
		t.Errorf("%v %+v", err, res)
	}
}

func TestSettleWaitsForALow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := []int64{1000, 999, 999, 500, 499, 499}
		st := settle{Quiet: 10 * time.Second, Limit: time.Minute}
		got, waited, err := st.wait(t.Context(), func() (int64, error) {
			v := reads[0]
			reads = reads[min(1, len(reads)-1):]
			return v, nil
		})
		// The low came after 3 s; 499 is none, by less than half a percent.
		if err != nil || got != 499 || waited != 13*time.Second {
			t.Errorf("%d after %v, %v", got, waited, err)
		}
	})
}

func TestSettleGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rss := int64(1 << 30)
		st := settle{Quiet: 10 * time.Second, Limit: time.Minute}
		_, waited, err := st.wait(t.Context(), func() (int64, error) {
			rss -= 10 << 20
			return rss, nil
		})
		if err != nil || waited != time.Minute {
			t.Errorf("%v, %v", waited, err)
		}
	})
}

func TestCommandLine(t *testing.T) {
	f := &fakeParley{t: t}
	target := f.serve()
	var out, errs bytes.Buffer
	args := []string{"load", "--url", target.URL, "--jwt-secret", fakeSecret, "--connections", "4", "--rooms", "2", "--senders", "2", "--messages", "20", "--pid", strconv.Itoa(os.Getpid())}
	if err := runMain(t.Context(), append(args, "--json"), &out, &errs); err != nil {
		t.Fatal(err, errs.String())
	}
	var res result
	if err := json.Unmarshal(out.Bytes(), &res); err != nil || res.Deliveries != 40 {
		t.Errorf("%v %s", err, out.String())
	}
	out.Reset()
	if err := runMain(t.Context(), args, &out, &errs); err != nil || !strings.Contains(out.String(), "0 lost, 0 twice, 0 out of order") {
		t.Errorf("%v %s", err, out.String())
	}
	if err := runMain(t.Context(), []string{"load", "--url", target.URL}, &out, &errs); err == nil || !strings.Contains(err.Error(), "--jwt-secret") {
		t.Errorf("got %v", err)
	}
	for _, bad := range [][]string{{"--rooms", "5"}, {"--rooms-per-client", "3"}, {"--senders", "5"}, {"--size", "3"}, {"--window", "0"}} {
		if err := runMain(t.Context(), append(args, bad...), &out, &errs); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
