package api

import (
	"bytes"
	"io"
)

// inPieces is an answer that may be large: it is written a piece at a time, of
// which no more than one is in memory.
type inPieces interface{ encode(w io.Writer) error }

// encodeList writes the rest of an answer, in which the named list is empty, with
// the list in its place, one element after the other. A client that is gone is no
// error.
func encodeList[T any](w io.Writer, rest any, name string, list []T) error {
	text, err := marshal(rest)
	if err != nil {
		return err
	}
	// No string of the answer's has this in it: their quotes are escaped.
	empty := []byte(`"` + name + `":[`)
	before, after, _ := bytes.Cut(text, empty)
	if _, err := w.Write(append(before[:len(before):len(before)], empty...)); err != nil {
		return nil //nolint:nilerr // the client is gone
	}
	for i := range list {
		one, err := marshal(&list[i])
		if err != nil {
			return err
		}
		if i > 0 {
			if _, err := io.WriteString(w, ","); err != nil {
				return nil //nolint:nilerr // the client is gone
			}
		}
		if _, err := w.Write(bytes.TrimSuffix(one, []byte("\n"))); err != nil {
			return nil //nolint:nilerr // the client is gone
		}
	}
	_, _ = w.Write(after)
	return nil
}
