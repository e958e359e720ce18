package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// moment is a time on the wire: RFC 3339, UTC, milliseconds.
type moment time.Time

const momentLayout = `"2006-01-02T15:04:05.000Z"`

// MarshalJSON writes the wire form.
func (m moment) MarshalJSON() ([]byte, error) {
	return time.Time(m).UTC().AppendFormat(nil, momentLayout), nil
}

// IsZero lets optional moments be left out.
func (m moment) IsZero() bool { return time.Time(m).IsZero() }

// Schema describes it to huma.
func (moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "date-time", Description: "RFC 3339, UTC, milliseconds",
		Examples: []any{"2025-03-08T17:21:49.677Z"},
	}
}
