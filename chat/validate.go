package chat

import (
	"strings"
	"unicode/utf8"
)

// The contract's limits.
const (
	MaxContent  = 64 << 10 // bytes of UTF-8
	MaxUsers    = 1000     // ids a call
	MaxNonce    = 128      // bytes
	MaxID       = 255      // bytes, of any id
	MaxRoomName = 255      // characters
	MaxFiles    = 32       // a message
	MaxFile     = 25 << 20 // bytes
	MaxFileName = 1024     // bytes
	MaxName     = 200      // characters, of a user's name
	MaxEmail    = 254      // characters
	MaxList     = 200      // items a page
	DefaultList = 50
	MaxSkip     = 1 << 30 // items of a list; more than any has
)

// text refuses what a database cannot keep: broken UTF-8 and NUL.
func text(field, s string) error {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return Errorf(CodeInvalid, "%s must be UTF-8 text without NUL", field)
	}
	return nil
}

// id refuses what cannot be an id; it says nothing of whether it is one.
func id(field, s string) error {
	if s == "" {
		return Errorf(CodeInvalid, "%s is required", field)
	}
	if len(s) > MaxID {
		return Errorf(CodeInvalid, "%s must be at most %d bytes", field, MaxID)
	}
	return text(field, s)
}

func roomName(s string) error {
	if strings.TrimSpace(s) == "" {
		return Errorf(CodeInvalid, "roomName is required")
	}
	if utf8.RuneCountInString(s) > MaxRoomName {
		return Errorf(CodeInvalid, "roomName must be at most %d characters", MaxRoomName)
	}
	return text("roomName", s)
}

// users checks a list of user ids and returns it without repetitions, in order.
func (s *Service) users(ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, Errorf(CodeInvalid, "users is required and must be a non-empty array")
	}
	if len(ids) > s.MaxUsers {
		return nil, Errorf(CodeInvalid, "users must have at most %d ids", s.MaxUsers)
	}
	seen := make(map[string]bool, len(ids))
	unique := make([]string, 0, len(ids))
	for _, u := range ids {
		if err := id("users", u); err != nil {
			return nil, err
		}
		if Reserved(u) {
			return nil, Errorf(CodeInvalid, "users [%s] do not exist", u)
		}
		if !seen[u] {
			seen[u] = true
			unique = append(unique, u)
		}
	}
	return unique, nil
}

// content checks what a message says, by its type.
func (s *Service) content(t ContentType, body string, files []string) error {
	switch t {
	case "":
		return Errorf(CodeInvalid, "Message must contain contentType property")
	case ContentText, ContentSystem, ContentTyping:
	case ContentFile, ContentMultimedia:
		if len(files) == 0 {
			return Errorf(CodeInvalid, "Files are required for %s messages", t)
		}
	default:
		return Errorf(CodeInvalid, "Invalid contentType, must be one of: text, file, typing, multimedia, system")
	}
	if body == "" && (t == ContentText || t == ContentMultimedia || t == ContentSystem) {
		return Errorf(CodeInvalid, "%s messages need to have content", t)
	}
	if len(body) > s.MaxContent {
		return Errorf(CodeTooLarge, "content must be at most %d bytes", s.MaxContent)
	}
	if len(files) > MaxFiles {
		return Errorf(CodeInvalid, "files must have at most %d ids", MaxFiles)
	}
	for _, f := range files {
		if err := id("files", f); err != nil {
			return err
		}
	}
	return text("content", body)
}

func (s *Service) nonce(nonce *string) error {
	if nonce == nil {
		return nil
	}
	if *nonce == "" {
		return Errorf(CodeInvalid, "When provided, nonce must be a non-empty string")
	}
	if len(*nonce) > s.MaxNonce {
		return Errorf(CodeInvalid, "nonce must be at most %d bytes", s.MaxNonce)
	}
	return text("nonce", *nonce)
}

// profile checks what is said of a user.
func profile(u User) error {
	if err := id("_id", u.ID); err != nil {
		return err
	}
	if Reserved(u.ID) {
		return Errorf(CodeInvalid, "_id must not begin with %s", botPrefix)
	}
	if utf8.RuneCountInString(u.Name) > MaxName {
		return Errorf(CodeInvalid, "name must have at most %d characters", MaxName)
	}
	if utf8.RuneCountInString(u.Email) > MaxEmail {
		return Errorf(CodeInvalid, "email must have at most %d characters", MaxEmail)
	}
	if err := text("name", u.Name); err != nil {
		return err
	}
	return text("email", u.Email)
}

// page clamps a page to what one answer may hold.
func page(p Page) (Page, error) {
	if p.Skip < 0 || p.Limit < 0 {
		return p, Errorf(CodeInvalid, "skip and limit must not be negative")
	}
	p.Skip, p.Limit = min(p.Skip, MaxSkip), limit(p.Limit)
	return p, text("search", p.Search)
}

func limit(n int) int {
	if n <= 0 {
		return DefaultList
	}
	return min(n, MaxList)
}
