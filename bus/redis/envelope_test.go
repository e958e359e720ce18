package redis

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"parley/chat"
)

func newTestCodec(tb testing.TB, node string) *codec {
	tb.Helper()
	c, err := newCodec(node)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// filled sets every field below v to a value of its own.
func filled(v reflect.Value, n *int) {
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(0, 1_700_000_000_000_000_000+int64(*n)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			filled(v.Index(i), n)
		}
	case reflect.String:
		v.SetString("v" + strconv.Itoa(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	default:
		panic("a field of a kind that the test does not know: " + v.Type().String())
	}
}

func shown(t *testing.T, e chat.Event) []byte {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryFieldTravels(t *testing.T) {
	var e chat.Event
	filled(reflect.ValueOf(&e).Elem(), new(int))
	e.Kind = chat.EventMessage
	for name, want := range map[string]chat.Event{"full": e, "empty": {Kind: chat.EventQueueChanged}, "message": message("r", 7)} {
		sealed, err := newTestCodec(t, "a").encode(&want)
		if err != nil {
			t.Fatal(err)
		}
		kind, body, err := newTestCodec(t, "b").open(string(sealed))
		if err != nil || kind != kindEvent {
			t.Fatalf("%s: kind %q, %v", name, kind, err)
		}
		got, err := newTestCodec(t, "b").decode(body)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, shown(t, got), shown(t, want))
		}
	}
}

// TestEveryKindIsKnown fails if chat has an event that the bus would drop.
func TestEveryKindIsKnown(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../chat/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "EventKind" {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		kinds++
		w := wireEvent{Kind: chat.EventKind(name), Message: &wireMessage{}, Conversation: &wireConversation{}, Note: &wireNote{}}
		if !w.whole() {
			t.Errorf("%s does not travel", name)
		}
		return true
	})
	if kinds < 20 {
		t.Fatalf("%d kinds found in chat/event.go", kinds)
	}
}

// hostile are envelopes that nobody may be harmed by.
func hostile(tb testing.TB) map[string][]byte {
	tb.Helper()
	c := newTestCodec(tb, "evil")
	event := func(body any) []byte {
		b, err := cbor.Marshal(body)
		if err != nil {
			tb.Fatal(err)
		}
		return append(append(bytes.Clone(c.header), kindEvent), b...)
	}
	raw := func(body ...byte) []byte { return append(append(bytes.Clone(c.header), kindEvent), body...) }
	return map[string][]byte{
		"empty": {}, "one byte": {1}, "two bytes": {1, 0}, "no name": {1, 200, 'e'}, "name to the end": {1, 1, 'x'},
		"another version": {2, 1, 'x', 'e', 0xa0}, "another kind": append(bytes.Clone(c.header), 'z'),
		"no body": raw(), "no map": raw(0x01), "empty event": raw(0xa0), "cut off": raw(0xb8, 0xff, 0x01),
		"endless array":       raw(0xa1, 0x0e, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"endless string":      raw(0xa1, 0x02, 0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"endless map":         raw(0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"indefinite":          raw(0xbf, 0xff),
		"deep":                raw(bytes.Repeat([]byte{0x81}, 10_000)...),
		"tag":                 raw(0xc1, 0xa0),
		"many":                event(map[int]any{1: "typing", 14: make([]string, maxElements+1)}),
		"unknown kind":        event(map[int]any{1: "explode"}),
		"no message":          event(map[int]any{1: "message", 2: "r"}),
		"no conversation":     event(map[int]any{1: "conversation-state", 2: "r"}),
		"no note":             event(map[int]any{1: "conversation-note", 9: map[int]any{}}),
		"negative offset":     event(map[int]any{1: "stream-token", 20: -1}),
		"negative version":    event(map[int]any{1: "message", 3: -1, 7: map[int]any{}}),
		"string for a struct": event(map[int]any{1: "message", 7: "x"}),
		"too large":           event(map[int]any{1: "typing", 2: strings.Repeat("x", maxEnvelope)}),
	}
}

func TestBadEnvelopesAreErrors(t *testing.T) {
	c := newTestCodec(t, "b")
	for name, payload := range hostile(t) {
		kind, body, err := c.open(string(payload))
		if err == nil && kind == kindEvent {
			_, err = c.decode(body)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	body, err := cbor.Marshal(map[int]any{1: "typing", 2: "r", 900: "new", 901: map[string]any{"x": []int{1}}})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := newTestCodec(t, "b").decode(string(body)); err != nil || e.Room != "r" {
		t.Fatalf("%+v, %v", e, err)
	}
}

func TestTooLargeDoesNotTravel(t *testing.T) {
	e := message("r", 1)
	e.Message.Text = strings.Repeat("x", maxEnvelope)
	if _, err := newTestCodec(t, "a").encode(&e); err == nil {
		t.Fatal("no error")
	}
}

func FuzzOpen(f *testing.F) {
	for _, payload := range hostile(f) {
		if len(payload) < 1<<16 {
			f.Add(payload)
		}
	}
	whole := message("r", 1)
	sealed, err := newTestCodec(f, "a").encode(&whole)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	c := newTestCodec(f, "b")
	f.Fuzz(func(_ *testing.T, payload []byte) {
		if kind, body, err := c.open(string(payload)); err == nil && kind == kindEvent {
			_, _ = c.decode(body)
		}
	})
}
