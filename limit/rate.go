package limit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is Events per Per in the long run, and Burst of them at once. The zero
// Rate sets no limit. A Burst of zero means Events.
type Rate struct {
	Events int
	Per    time.Duration
	Burst  int
}

// The bounds of a parsed Rate; within them no sum overflows.
const (
	maxEvents = 1_000_000
	maxPer    = time.Hour
)

var periods = []struct {
	name string
	per  time.Duration
}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// ParseRate reads "50/s", "10/m", "5/h", with an optional burst as in
// "50/s:1000", and "off" for no limit. Numbers go from 1 to 1,000,000.
func ParseRate(s string) (Rate, error) {
	if s == "off" {
		return Rate{}, nil
	}
	rate, burst, hasBurst := strings.Cut(s, ":")
	count, unit, _ := strings.Cut(rate, "/")
	var r Rate
	for _, p := range periods {
		if p.name == unit {
			r.Per = p.per
		}
	}
	var countErr, burstErr error
	r.Events, countErr = positive(count)
	if hasBurst {
		r.Burst, burstErr = positive(burst)
	}
	if r.Per == 0 || errors.Join(countErr, burstErr) != nil {
		return Rate{}, fmt.Errorf(`rate %q is none: write it as "50/s", "10/m", "50/s:1000" (with a burst) or "off"`, s)
	}
	return r, nil
}

func positive(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err == nil && (n < 1 || n > maxEvents) {
		err = strconv.ErrRange
	}
	return n, err
}

// String returns the form that ParseRate reads.
func (r Rate) String() string {
	if r.unlimited() {
		return "off"
	}
	per := r.Per.String()
	for _, p := range periods {
		if p.per == r.Per {
			per = p.name
		}
	}
	s := strconv.Itoa(r.Events) + "/" + per
	if r.Burst > 0 && r.Burst != r.Events {
		s += ":" + strconv.Itoa(r.Burst)
	}
	return s
}

// UnmarshalText is ParseRate, for settings.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}

// MarshalText is String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r Rate) unlimited() bool { return r.Events <= 0 || r.Per <= 0 }

// interval is the time in which one event comes back, slack how far ahead of
// the clock a full burst may run.
func (r Rate) interval() (interval, slack time.Duration) {
	per := min(r.Per, maxPer)
	burst := r.Burst
	if burst <= 0 {
		burst = r.Events
	}
	interval = max(per/time.Duration(r.Events), 1)
	return interval, interval * time.Duration(min(burst, maxEvents)-1)
}
