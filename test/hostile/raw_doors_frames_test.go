package hostile

import (
	"strings"
	"testing"
	"time"
)

// TestRawDoorsFrames: what breaks the WebSocket protocol ends the connection with
// the protocol's own code, in no more memory than a message may take.
func TestRawDoorsFrames(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	ping := text(`{"type":"ping"}`)
	for name, tt := range map[string]struct {
		frames string
		code   int
	}{
		"unmasked":                 {"\x81\x0f" + `{"type":"ping"}`, 1002},
		"a reserved bit":           {frame(fin|0x40|opText, "{}"), 1002},
		"a reserved opcode":        {frame(fin|0x3, "{}"), 1002},
		"a reserved control":       {frame(fin|0xb, ""), 1002},
		"a continuation of naught": {frame(fin|opMore, "{}"), 1002},
		"a message in a message":   {frame(opText, "{") + frame(fin|opText, "{}"), 1002},
		"a long control frame":     {header(fin|opPing, 0x80, 126) + "\x00\x00\x00\x00" + strings.Repeat("x", 126), 1002},
		"a ping in parts":          {frame(opPing, "x"), 1002},
		"a negative length":        {header(fin|opText, 0x80, 1<<63) + "\x00\x00\x00\x00", 1002},
		"a close of one byte":      {frame(fin|opClose, "x"), 1002},
		"a close with no code":     {frame(fin|opClose, "\x03\xed"), 1002}, // 1005
		"an empty close":           {frame(fin|opClose, ""), 0},
		"a close of one's own":     {frame(fin|opClose, "\x0f\xa0bye"), 4000},
		"a close, and on":          {frame(fin|opClose, "\x03\xe8") + strings.Repeat(ping, 100), 1000},
	} {
		c := h.call(t, "mallory")
		_, _ = c.Write([]byte(tt.frames))
		if got := c.closeCode(); got != tt.code && (got != 0 || tt.code != 1002) {
			t.Errorf("%s: closed with %d, want %d", name, got, tt.code)
		}
		_ = c.Close()
	}
	h.calm(t)
}

// TestRawDoorsFragments: a message in parts, with control frames between, is one.
func TestRawDoorsFragments(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	c := h.call(t, "mallory")
	message := `{"type":"no such type","a":"ü"}`
	for _, cut := range [][]string{
		{message[:1], message[1:]},
		{"", message, ""},
		{message[:28], message[28:]}, // within a letter
		strings.Split(message, ""),
	} {
		frames := ""
		for i, part := range cut {
			first := byte(opMore)
			if i == 0 {
				first = opText
			}
			if i == len(cut)-1 {
				first |= fin
			}
			frames += frame(first, part) + frame(fin|opPing, "x") + frame(fin|opPong, "y")
		}
		frames = strings.TrimSuffix(frames, frame(fin|opPing, "x")+frame(fin|opPong, "y"))
		if got := c.ask(frames); got != "invalid" {
			t.Errorf("%d parts: %q", len(cut), got)
		}
	}
	_, _ = c.Write([]byte(frame(fin|opPing, "echo")))
	for {
		op, payload, err := c.nextFrame()
		if err != nil {
			t.Fatal(err)
		}
		if op == opPong && payload == "echo" {
			break
		}
	}
	c.hangUp()
	h.calm(t)
}

// TestRawDoorsTooLarge: past its bound a message is told and the connection
// closed, whether it comes at once or in parts, or only says how long it is.
func TestRawDoorsTooLarge(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	session := h.session(t, "mallory")
	for _, flood := range map[string]func(*caller){
		"10 MB": func(c *caller) { _, _ = c.Write([]byte(text(strings.Repeat("x", 10*megabyte)))) },
		"a frame said to have 2^62": func(c *caller) {
			_, _ = c.Write([]byte(header(fin|opText, 0x80, 1<<62) + "\x00\x00\x00\x00"))
			c.pour(strings.Repeat("x", 100_000), 20)
		},
		"parts without end": func(c *caller) {
			_, _ = c.Write([]byte(frame(opText, "{")))
			c.pour(frame(opMore, strings.Repeat("x", 100_000)), 200)
		},
		"small parts without end": func(c *caller) {
			_, _ = c.Write([]byte(frame(opText, "{")))
			c.pour(strings.Repeat(frame(opMore, "xxxxxxxxxx"), 1000), 400)
		},
	} {
		h.flat(t, 30, func() {
			for _, c := range []*caller{h.call(t, "mallory"), h.visit(t, "mallory", session)} {
				go flood(c)
				c.ends("too_large", 1009)
			}
		})
	}
	nothing := h.call(t, "mallory")
	go nothing.pour(strings.Repeat(frame(opMore, ""), 10_000), 1) // begun by none
	if code := nothing.closeCode(); code != 1002 && code != 0 {
		t.Errorf("continuations of nothing: %d", code)
	}
	_ = nothing.Close()
	empty := h.call(t, "mallory")
	_, _ = empty.Write([]byte(frame(opText, "")))
	h.flat(t, 30, func() { empty.pour(strings.Repeat(frame(opMore, ""), 20_000), 5) })
	h.talk(t)
	_ = empty.Close()
	h.calm(t)
}

// pour writes a chunk many times, or until the server hangs up.
func (c *caller) pour(chunk string, times int) {
	for range times {
		if _, err := c.Write([]byte(chunk)); err != nil {
			return
		}
	}
}

// TestRawDoorsControlFloods: who sends and reads nothing is taken no more of at the
// bound, and takes no memory beyond it. It is cut off, or stands still: with both
// its windows full, the two kernels may not even get the end across.
func TestRawDoorsControlFloods(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	for name, batch := range map[string]string{
		"full pings":    strings.Repeat(frame(fin|opPing, strings.Repeat("x", 125)), 2000),
		"pings in JSON": strings.Repeat(text(`{"type":"ping"}`), 5000),
		"garbage":       strings.Repeat(text(`x`), 5000),
	} {
		h.flat(t, 30, func() {
			c := h.callNarrow(t, "mallory")
			_ = c.SetWriteDeadline(time.Now().Add(patience / 3))
			var err error
			for i := 0; i < 300 && err == nil; i++ {
				_, err = c.Write([]byte(batch))
			}
			if err == nil {
				t.Errorf("%s: the flood is taken", name)
			}
			_ = c.Close()
		})
		h.calm(t)
	}
}
