package api

import (
	"errors"
	"math"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// count is a whole number in a query. One that is too large for an int64 is the
// largest, since a limit above its maximum is clamped, not refused.
type count struct{ n int64 }

// UnmarshalText reads digits with an optional sign.
func (c *count) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return errors.New("must be a whole number")
	}
	c.n = n // on ErrRange the nearest int64
	return nil
}

func (c count) int() int { return int(max(math.MinInt, min(math.MaxInt, c.n))) }

// Schema describes it to huma.
func (count) Schema(huma.Registry) *huma.Schema {
	zero := 0.0
	return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &zero}
}
