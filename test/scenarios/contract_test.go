package scenarios

import (
	"testing"

	"parley/chat"
)

// form is how a code is shown.
type form struct {
	name   string // over HTTP
	status int
	grpc   int // to clients of Conduit
	ending int // the close code of a raw door that lets nobody in for it; 0: none is promised
}

// contract is the contract's table of errors (section 2), written out.
var contract = map[chat.Code]form{
	"invalid":         {"INVALID_ARGUMENTS", 400, 3, 0},
	"unauthenticated": {"UNAUTHORIZED", 401, 16, 4401},
	"token_expired":   {"UNAUTHORIZED", 401, 16, 4401},
	"forbidden":       {"FORBIDDEN", 403, 7, 4403},
	"blocked":         {"FORBIDDEN", 403, 7, 4403},
	"not_found":       {"NOT_FOUND", 404, 5, 4404},
	"conflict":        {"CONFLICT", 409, 6, 0},
	"too_large":       {"TOO_LARGE", 413, 3, 0},
	"rate_limited":    {"TOO_MANY_REQUESTS", 429, 8, 0},
	"unavailable":     {"UNAVAILABLE", 503, 14, 0},
	"internal":        {"INTERNAL_SERVER_ERROR", 500, 13, 0},
}

// codesOf returns the codes that HTTP shows so.
func codesOf(name string, status int) []chat.Code {
	var codes []chat.Code
	for _, code := range chat.Codes {
		if f := contract[code]; f.name == name && f.status == status {
			codes = append(codes, code)
		}
	}
	return codes
}

func TestContractHasEveryCode(t *testing.T) {
	for _, code := range chat.Codes {
		if _, ok := contract[code]; !ok {
			t.Errorf("%s is not in the contract's table", code)
		}
	}
	if len(contract) != len(chat.Codes) {
		t.Errorf("the table has %d codes, chat has %d", len(contract), len(chat.Codes))
	}
}
