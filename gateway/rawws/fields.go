package rawws

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"parley/chat"
)

// fields are the values of one incoming object, of the names that the protocols
// know. Of a repeated name the last counts.
type fields map[string]json.RawMessage

// names are the fields of any event. The others are skipped, whatever they hold.
var names = map[string]bool{
	"type": true, "content": true, "message": true, "message_type": true, "nonce": true,
	"reason": true, "messageId": true, "cursor": true, "token": true,
}

// decode reads one message. Its cost is bounded by its length.
func decode(data []byte) (fields, error) {
	if !utf8.Valid(data) {
		return nil, chat.Errorf(chat.CodeInvalid, "A message must be UTF-8 text")
	}
	if !json.Valid(data) { // nested more than 10,000 deep is not, either
		return nil, chat.Errorf(chat.CodeInvalid, "A message must be JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if first, _ := dec.Token(); first != json.Delim('{') {
		return nil, chat.Errorf(chat.CodeInvalid, "A message must be a JSON object")
	}
	f := fields{}
	var skipped json.RawMessage
	for dec.More() {
		token, _ := dec.Token()
		name, _ := token.(string)
		if !names[name] {
			_ = dec.Decode(&skipped)
			continue
		}
		var value json.RawMessage
		_ = dec.Decode(&value)
		f[name] = value
	}
	return f, nil
}

// given reports whether a field is there and not null.
func (f fields) given(name string) bool { return len(f[name]) > 0 && f[name][0] != 'n' }

// optional returns a text, or nil where it is missing or null.
func (f fields) optional(name string) (*string, error) {
	if !f.given(name) {
		return nil, nil
	}
	var s string
	if json.Unmarshal(f[name], &s) != nil {
		return nil, chat.Errorf(chat.CodeInvalid, "%s must be a string", name)
	}
	return &s, nil
}

// str returns a text that has to be there.
func (f fields) str(name string) (string, error) {
	s, err := f.optional(name)
	if err == nil && s == nil {
		err = chat.Errorf(chat.CodeInvalid, "%s is required", name)
	}
	if err != nil {
		return "", err
	}
	return *s, nil
}

// draft reads a message's text from the field, and its nonce.
func (f fields) draft(content string) (d chat.Draft, err error) {
	d.Type = chat.ContentText
	if d.Text, err = f.str(content); err != nil {
		return d, err
	}
	if d.Nonce, err = f.optional("nonce"); err != nil {
		return d, chat.Errorf(chat.CodeInvalid, "When provided, nonce must be a non-empty string")
	}
	return d, nil
}
