package hostile

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// What the server may do with an attack.
const (
	closes = "closes" // it closes the connection
	serves = "serves" // the connection goes on
	either = "either"
)

// attack is a client's bytes after its WebSocket is open.
type attack struct {
	name   string
	frames string
	want   string
	code   int // of the close frame, where it matters
}

const megabyte = 1_000_000

// place is where an attacker is: in /chat and a room, or nowhere yet.
type place struct{ namespace, room string }

// text frames a packet in which NSP and ROOM stand for the place.
func (p place) text(packet string) string {
	return text(strings.NewReplacer("NSP", p.namespace, "ROOM", p.room).Replace(packet))
}

// packetAttacks are whole messages; the rest of the attacks are frames.
func packetAttacks(p place) []attack {
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	deepObject := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	return []attack{
		{name: "event without payload", frames: text("42"), want: closes},
		{name: "event without payload in the namespace", frames: p.text("42NSP"), want: closes},
		{name: "empty array", frames: p.text("42NSP[]"), want: closes},
		{name: "payload is an object", frames: p.text(`42NSP{"a":1}`), want: closes},
		{name: "payload is null", frames: p.text(`42NSPnull`), want: closes},
		{name: "payload is cut", frames: p.text(`42NSP["message"`), want: closes},
		{name: "empty frame", frames: text(""), want: closes},
		{name: "empty message", frames: text("4"), want: closes},
		{name: "PONGs right after the upgrade", frames: strings.Repeat(text("3"), 1000), want: serves},
		{name: "PONG with a payload", frames: text("3probe"), want: serves},
		{name: "a client's PING", frames: text("2"), want: closes},
		{name: "a client's OPEN", frames: text(`0{"sid":"x"}`), want: closes},
		{name: "goodbye", frames: text("1"), want: closes},
		{name: "UPGRADE without probe", frames: text("5"), want: closes},
		{name: "NOOPs", frames: strings.Repeat(text("6"), 1000), want: serves},
		{name: "unknown engine packet", frames: text("9"), want: closes},
		{name: "unknown socket packet", frames: text("49"), want: closes},
		{name: "another protocol", frames: text("GET / HTTP/1.1"), want: closes},
		{name: "CONNECT_ERROR from a client", frames: p.text(`44NSP{"message":"x"}`), want: closes},
		{name: "ack id too long", frames: p.text("42NSP" + strings.Repeat("9", 100_000) + `["ping"]`), want: closes},
		{name: "ack id past 64 bits", frames: p.text(`42NSP99999999999999999999["ping"]`), want: closes},
		{name: "deep arrays", frames: p.text(`42NSP1["message",` + deep + `]`), want: closes},
		{name: "deep objects", frames: p.text(`42NSP1["message",` + deepObject + `]`), want: closes},
		{name: "deep CONNECT", frames: text(`40/chat,{"token":` + deep + `}`), want: closes},
		{name: "a number past every range", frames: p.text(`42NSP1["message",1e400]`), want: closes},
		{name: "namespace too long", frames: text("40/" + strings.Repeat("x", 100_000) + ","), want: closes},
		{name: "CONNECT with broken JSON", frames: text(`40/chat,{"token":`), want: closes},
		{name: "100,000 attachments", frames: p.text(`45100000-NSP["message",{"_placeholder":true,"num":0}]`), want: closes},
		{name: "attachments past 64 bits", frames: p.text(`4599999999999999999999-NSP["message"]`), want: closes},
		{name: "no attachments, then text", frames: p.text(`450-NSP["ping"]`) + p.text(`42NSP["ping"]`), want: closes},
		{name: "attachment awaited, then text", frames: p.text(`451-NSP["ping",{"_placeholder":true,"num":0}]`) + p.text(`42NSP["ping"]`), want: closes},
		{name: "placeholder of another attachment", frames: p.text(`451-NSP["ping",{"_placeholder":true,"num":7}]`) + frame(fin|opBinary, "x"), want: closes},
		{name: "binary without event", frames: frame(fin|opBinary, "x"), want: closes},
		{name: "empty binary", frames: frame(fin|opBinary, ""), want: closes},
		{name: "base64 binary without event", frames: text("bAAAA"), want: closes},
		{name: "base64 that is none", frames: text("b$$$$"), want: closes},
		{name: "binary ack", frames: p.text(`461-NSP1[{"_placeholder":true,"num":0}]`) + frame(fin|opBinary, "x"), want: closes},
		{name: "ten attachments of a megabyte", frames: p.text(`4510-NSP["ping",{"_placeholder":true,"num":0}]`) +
			strings.Repeat(frame(fin|opBinary, strings.Repeat("x", megabyte)), 10), want: closes},
	}
}

// eventAttacks need a user: without one an event closes the connection.
func eventAttacks(p place) []attack {
	return []attack{
		{name: "event disconnect", frames: p.text(`42NSP1["disconnect"]`), want: closes},
		{name: "event connect", frames: p.text(`42NSP1["connect"]`), want: closes},
		{name: "event newListener", frames: p.text(`42NSP1["newListener"]`), want: closes},
		{name: "event object", frames: p.text(`42NSP1[{"a":1}]`), want: closes},
		{name: "event null", frames: p.text(`42NSP1[null]`), want: closes},
		{name: "event array", frames: p.text(`42NSP1[["ping"]]`), want: closes},
		{name: "placeholder at 1e300", frames: p.text(`451-NSP["ping",{"_placeholder":true,"num":1e300}]`) + frame(fin|opBinary, "x"), want: serves},
		{name: "event error", frames: p.text(`42NSP1["error",{"message":"x"}]`), want: serves},
		{name: "event connection", frames: p.text(`42NSP1["connection"]`), want: serves},
		{name: "event __proto__", frames: p.text(`42NSP1["__proto__",{"constructor":{"prototype":1}}]`), want: serves},
		{name: "event without name", frames: p.text(`42NSP1[""]`), want: serves},
		{name: "event number", frames: p.text(`42NSP1[1]`), want: serves},
		{name: "event of NULs", frames: p.text(`42NSP1["\u0000\u0000"]`), want: serves},
		{name: "event with a long name", frames: p.text(`42NSP1["` + strings.Repeat("x", 900_000) + `"]`), want: serves},
		{name: "event of 100,000 arguments", frames: p.text(`42NSP1["ping"` + strings.Repeat(",1", 100_000) + `]`), want: serves},
		{name: "acks nobody asked for", frames: strings.Repeat(p.text(`43NSP1[{"ok":true}]`), 5000), want: serves},
		{name: "ack id of 64 bits", frames: p.text(`42NSP18446744073709551615["ping"]`), want: either},
		{name: "ack id of 63 bits", frames: p.text(`42NSP9223372036854775807["ping"]`), want: serves},
		{name: "the same ack id twice", frames: strings.Repeat(p.text(`42NSP7["ping"]`), 2), want: serves},
		{name: "duplicate keys", frames: p.text(`42NSP1["typing",{"roomId":1,"roomId":"ROOM","typing":1,"typing":true}]`), want: serves},
		{name: "binary argument", frames: p.text(`451-NSP1["message","ROOM",{"_placeholder":true,"num":0}]`) + frame(fin|opBinary, "x"), want: serves},
		{name: "DISCONNECT twice", frames: strings.Repeat(p.text("41NSP"), 2), want: either},
		{name: "event after DISCONNECT", frames: p.text("41NSP") + p.text(`42NSP1["ping"]`), want: either},
		{name: "DISCONNECT with a payload", frames: p.text(`41NSP{"a":1}`), want: closes},
		{name: "CONNECT twice", frames: strings.Repeat(text(`40/chat,{"token":"x"}`), 2), want: closes},
	}
}

// frameAttacks break the WebSocket protocol itself.
func frameAttacks(p place) []attack {
	return []attack{
		{name: "frame past the limit", frames: text(strings.Repeat("x", megabyte+1)), want: closes, code: 1009},
		{name: "a header that promises 2^62 bytes", frames: header(fin|opText, 0x80, 1<<62) + "\x00\x00\x00\x00x", want: closes, code: 1009},
		{name: "a header that promises 2^63 bytes", frames: header(fin|opText, 0x80, 1<<63) + "\x00\x00\x00\x00x", want: closes},
		{name: "fragments past the limit", frames: frame(opText, "4") + strings.Repeat(frame(opMore, strings.Repeat("x", 10_000)), 200), want: closes, code: 1009},
		{name: "endless empty fragments", frames: frame(opText, "3") + strings.Repeat(frame(opMore, ""), 100_000) + frame(fin|opMore, ""), want: serves},
		{name: "a message in fragments", frames: frame(opText, "3") + frame(opMore, "pro") + frame(fin|opMore, "be"), want: serves},
		{name: "a ping between fragments", frames: frame(opText, "3") + frame(fin|opPing, "x") + frame(fin|opMore, "be"), want: serves},
		{name: "a new message within another", frames: frame(opText, "3") + text("3"), want: closes, code: 1002},
		{name: "a fragment of nothing", frames: frame(fin|opMore, "3"), want: closes, code: 1002},
		{name: "unmasked frame", frames: header(fin|opText, 0, 1) + "3", want: closes, code: 1002},
		{name: "reserved bits", frames: frame(fin|0x70|opText, "3"), want: closes, code: 1002},
		{name: "reserved opcode", frames: frame(fin|0x3, "3"), want: closes, code: 1002},
		{name: "fragmented ping", frames: frame(opPing, "x"), want: closes, code: 1002},
		{name: "ping of 126 bytes", frames: frame(fin|opPing, strings.Repeat("x", 126)), want: closes, code: 1002},
		{name: "close frame of one byte", frames: frame(fin|opClose, "x"), want: closes},
		{name: "close frame with a code that is none", frames: frame(fin|opClose, "\x03\xed"), want: closes},
		{name: "close frame without a code", frames: frame(fin|opClose, ""), want: closes},
		{name: "close frame in the middle of a message", frames: frame(opText, "4") + frame(fin|opClose, "\x03\xe8"), want: closes},
		{name: "frames after a close frame", frames: frame(fin|opClose, "\x03\xe8") + text("3"), want: closes},
		{name: "text that is no UTF-8", frames: p.text("42NSP1[\"message\",\"ROOM\",\"\xff\xfe\"]"), want: closes, code: 1007},
		{name: "unasked pongs", frames: strings.Repeat(frame(fin|opPong, "x"), 10_000), want: serves},
		{name: "10,000 pings", frames: strings.Repeat(frame(fin|opPing, "x"), 10_000), want: serves},
	}
}

// enter sends CONNECT as a user on a connection of one's own and waits for ready.
func (r *raw) enter(t *testing.T, user string) {
	t.Helper()
	r.say("%s", text(`40/chat,{"token":"`+harness.Token(t, user, "user")+`"}`))
	r.message(t, `42/chat,["ready"`)
}

// survives runs one attack and checks what became of its connection.
func (h *house) survives(t *testing.T, a attack, user string) {
	t.Helper()
	r := dialFrames(t, h.Addr)
	if user != "" {
		r.enter(t, user)
	}
	r.say("%s", a.frames)
	switch a.want {
	case closes:
		switch got := r.closeCode(); {
		case got < 0:
			t.Error("the connection goes on")
		case a.code != 0 && got != 0 && got != a.code: // a reset may overtake the close frame
			t.Errorf("closed with %d, not %d", got, a.code)
		}
	case serves:
		if user == "" {
			r.enter(t, "mallory")
		}
		r.say("%s", text(`42/chat,777["ping"]`))
		r.message(t, `43/chat,777[{"ok":true`)
	}
	_ = r.Close()
}

// TestMalformed sends every malformed packet and frame, without a user and as one.
func TestMalformed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	within := place{"/chat,", h.room}
	for _, attacker := range []struct {
		user    string
		attacks []attack
	}{
		{"", slices.Concat(packetAttacks(place{}), frameAttacks(place{}))},
		{"mallory", slices.Concat(packetAttacks(within), frameAttacks(within), eventAttacks(within))},
	} {
		for _, a := range attacker.attacks {
			t.Run(attacker.user+" "+a.name, func(t *testing.T) {
				h.survives(t, a, attacker.user)
				h.unharmed(t)
			})
		}
	}
}

// TestMalformedPolling sends the packets that fit into a POST.
func TestMalformedPolling(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	for name, body := range map[string]string{
		"event without payload":  "42",
		"nothing":                "",
		"separators":             strings.Repeat("\x1e", 500_000),
		"NOOPs":                  strings.Repeat("6\x1e", 400_000) + "6",
		"PONGs":                  strings.Repeat("3\x1e", 400_000) + "3",
		"empty messages":         strings.Repeat("4\x1e", 400_000) + "4",
		"bad base64":             "b$$$",
		"binary without event":   "bAAAA",
		"a client's PING":        "2",
		"no UTF-8":               "42/chat,1[\"message\",\"\xff\"]",
		"100,000 attachments":    `45100000-/chat,["message",{"_placeholder":true,"num":0}]`,
		"CONNECT and DISCONNECT": strings.Repeat("40/nowhere,\x1e41/nowhere,\x1e", 1000) + "6",
	} {
		t.Run(name, func(t *testing.T) {
			for _, user := range []string{"", "mallory"} {
				p := h.poller(t)
				if user != "" {
					p.join(t, user)
				}
				p.post(t, body)
				p.post(t, "40/nowhere,") // where it lives on, something is to be polled
				if status, answer := p.get(t); status != http.StatusOK && status != http.StatusBadRequest {
					t.Errorf("the poll afterwards: %d %s", status, answer)
				}
				p.stop()
			}
			h.unharmed(t)
		})
	}
}
