package main

import (
	"bytes"
	"strconv"
	"time"
)

// A message's text begins with its marker: the time it was due, as nanoseconds
// since the run began, in markerDigits hexadecimal digits. Sender and receiver
// are one process, so the receiver can tell the latency.
const (
	markerDigits = 16
	markerSize   = 1 + markerDigits
)

const hexDigits = "0123456789abcdef"

// appendText appends a text of size bytes, markerSize at least, that carries due.
func appendText(dst []byte, due time.Duration, size int) []byte {
	dst = append(dst, 't')
	for shift := 4 * (markerDigits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[uint64(due)>>shift&15])
	}
	for range size - markerSize {
		dst = append(dst, 'x')
	}
	return dst
}

var (
	messageEvent = []byte(`["message",`)
	contentField = []byte(`"content":"t`)
	roomField    = []byte(`"room":"`)
	seqField     = []byte(`"seq":`)
	okField      = []byte(`"ok":true`)
	codeField    = []byte(`"code":"`)
)

// arrival is what the checks need of a `message` event.
type arrival struct {
	room []byte // points into the frame
	seq  uint64
	due  time.Duration
}

// parseMessage finds its fields by their names instead of decoding the JSON: it
// runs once per delivery, and all text in these messages is the bench's own.
func parseMessage(args []byte) (arrival, bool) {
	room, okRoom := textField(args, roomField)
	seq, okSeq := numberField(args, seqField)
	at := bytes.Index(args, contentField)
	if !okRoom || !okSeq || at < 0 {
		return arrival{}, false
	}
	due, ok := parseMarker(args[at+len(contentField)-1:])
	return arrival{room: room, seq: seq, due: due}, ok
}

// parseMarker reads the time at which a text was due, false if it carries none.
func parseMarker[text ~string | ~[]byte](t text) (time.Duration, bool) {
	if len(t) < markerSize || t[0] != 't' {
		return 0, false
	}
	due, err := strconv.ParseUint(string(t[1:markerSize]), 16, 63)
	return time.Duration(due), err == nil
}

func textField(args, name []byte) ([]byte, bool) {
	at := bytes.Index(args, name)
	if at < 0 {
		return nil, false
	}
	value := args[at+len(name):]
	end := bytes.IndexByte(value, '"')
	return value[:max(end, 0)], end >= 0
}

func numberField(args, name []byte) (uint64, bool) {
	at := bytes.Index(args, name)
	if at < 0 {
		return 0, false
	}
	var n uint64
	digits := 0
	for _, c := range args[at+len(name):] {
		if c < '0' || c > '9' || digits == 19 {
			break
		}
		n = n*10 + uint64(c-'0')
		digits++
	}
	return n, digits > 0
}
