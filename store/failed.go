package store

import (
	"fmt"

	"parley/chat"
)

// failed names the operation that an error ended, once. Where the database is away it
// is CodeUnavailable: who asked may try again. Errors that carry a code keep it.
func failed(op string, err error) error {
	named := fmt.Errorf("store: %s: %w", op, err)
	if chat.CodeOf(err) == chat.CodeInternal && faultOf(err) == faultLost {
		return &chat.Error{Code: chat.CodeUnavailable, Message: chat.ErrBusy.Message, Err: named}
	}
	return named
}
