package socketio

import (
	"encoding/json"
	"math"
	"strconv"

	"parley/chat"
)

// fields are an event's arguments by name, whether they came one by one or as
// one object.
type fields map[string]any

// fields names the arguments: by position, or as the fields of the one object
// that came in their place.
func (c *call) fields(names ...string) fields {
	if len(c.args) > 0 {
		if object, ok := c.args[0].(map[string]any); ok {
			return object
		}
	}
	f := fields{}
	for i, name := range names {
		if i < len(c.args) {
			f[name] = c.args[i]
		}
	}
	return f
}

// str returns a text; a field that is missing or null is empty.
func (f fields) str(name string) (string, error) {
	switch v := f[name].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	return "", chat.Errorf(chat.CodeInvalid, "%s must be a string", name)
}

// optional returns a text or nil where it is missing or null.
func (f fields) optional(name string) (*string, error) {
	if f[name] == nil {
		return nil, nil
	}
	s, err := f.str(name)
	return &s, err
}

// number returns a whole number or nil where it is missing or null.
func (f fields) number(name string) (*int64, error) {
	switch v := f[name].(type) {
	case nil:
		return nil, nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			n := int64(v)
			return &n, nil
		}
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return &n, nil
		}
	}
	return nil, chat.Errorf(chat.CodeInvalid, "%s must be a whole number", name)
}

// whole is number with zero where it is missing.
func (f fields) whole(name string) (int64, error) {
	n, err := f.number(name)
	if n == nil {
		return 0, err
	}
	return *n, err
}

// flag returns a boolean, or the default where it is missing or null.
func (f fields) flag(name string, missing bool) (bool, error) {
	switch v := f[name].(type) {
	case nil:
		return missing, nil
	case bool:
		return v, nil
	}
	return false, chat.Errorf(chat.CodeInvalid, "%s must be a boolean", name)
}

// texts returns a list of texts.
func (f fields) texts(name string) ([]string, error) {
	switch v := f[name].(type) {
	case nil:
		return nil, nil
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, chat.Errorf(chat.CodeInvalid, "%s must be an array of strings", name)
			}
			list[i] = s
		}
		return list, nil
	}
	return nil, chat.Errorf(chat.CodeInvalid, "%s must be an array of strings", name)
}
