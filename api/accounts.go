package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
)

type registerInput struct {
	Body struct {
		Username string `json:"username"`
		Password string `json:"password" format:"password" doc:"8 to 256 characters"`
		Name     string `json:"name,omitempty"`
		Email    string `json:"email,omitempty"`
	}
}

type loginInput struct {
	Body struct {
		Username string `json:"username"`
		Password string `json:"password" format:"password"`
	}
}

type guestInput struct {
	Body struct {
		Name  string `json:"name,omitempty"`
		Email string `json:"email,omitempty"`
	}
}

type passwordInput struct {
	Body struct {
		Old string `json:"old" format:"password"`
		New string `json:"new" format:"password" doc:"8 to 256 characters"`
	}
}

// signedIn is a user with a token of theirs.
type signedIn struct {
	Token string `json:"token"`
	User  User   `json:"user"`
}

func (s *server) accountRoutes() {
	open(s, huma.Operation{
		OperationID: "register", Method: http.MethodPost, Path: "/auth/register", Tags: []string{tagAccounts},
		DefaultStatus: http.StatusCreated, Summary: "Make an account and sign in",
	}, s.registerAccount)
	open(s, huma.Operation{
		OperationID: "login", Method: http.MethodPost, Path: "/auth/login", Tags: []string{tagAccounts},
		Summary: "Sign in",
	}, s.login)
	open(s, huma.Operation{
		OperationID: "guest", Method: http.MethodPost, Path: "/auth/guest", Tags: []string{tagAccounts},
		DefaultStatus: http.StatusCreated, Summary: "Become a guest",
		Description: "Guests chat with bots and agents; groups and uploads are not for them.",
	}, s.guest)
	guarded(s, huma.Operation{
		OperationID: "me", Method: http.MethodGet, Path: "/auth/me", Tags: []string{tagAccounts},
		Summary: "Get the caller",
	}, s.me)
	guarded(s, huma.Operation{
		OperationID: "changePassword", Method: http.MethodPut, Path: "/auth/password", Tags: []string{tagAccounts},
		Summary: "Change the password", Description: "Ends all the caller's tokens; the answer has a new one.",
	}, s.changePassword)
	guarded(s, huma.Operation{
		OperationID: "logout", Method: http.MethodPost, Path: "/auth/logout", Tags: []string{tagAccounts},
		Summary: "End all the caller's tokens",
	}, s.logout)
}

func (s *server) registerAccount(ctx context.Context, in *registerInput) (signedIn, error) {
	if err := within(s.Limits.Logins, requestOf(ctx).limitKey()); err != nil {
		return signedIn{}, err
	}
	token, u, err := s.Accounts.Register(ctx, in.Body.Username, in.Body.Password, in.Body.Name, in.Body.Email)
	return signedIn{token, newUser(u)}, err
}

func (s *server) login(ctx context.Context, in *loginInput) (signedIn, error) {
	if err := within(s.Limits.Logins, requestOf(ctx).limitKey()); err != nil {
		return signedIn{}, err
	}
	token, u, err := s.Accounts.Login(ctx, in.Body.Username, in.Body.Password)
	return signedIn{token, newUser(u)}, err
}

func (s *server) guest(ctx context.Context, in *guestInput) (signedIn, error) {
	if err := within(s.Limits.Guests, requestOf(ctx).limitKey()); err != nil {
		return signedIn{}, err
	}
	token, u, err := s.Accounts.Guest(ctx, in.Body.Name, in.Body.Email)
	return signedIn{token, newUser(u)}, err
}

func (s *server) me(ctx context.Context, a chat.Actor, _ *none) (User, error) {
	u, err := s.Accounts.Me(ctx, a)
	return newUser(u), err
}

func (s *server) changePassword(ctx context.Context, a chat.Actor, in *passwordInput) (signedIn, error) {
	if err := within(s.Limits.Logins, requestOf(ctx).limitKey()); err != nil {
		return signedIn{}, err
	}
	token, u, err := s.Accounts.ChangePassword(ctx, a, in.Body.Old, in.Body.New)
	return signedIn{token, newUser(u)}, err
}

func (s *server) logout(ctx context.Context, a chat.Actor, _ *none) (result, error) {
	return result{"Logged out"}, s.Accounts.Logout(ctx, a)
}

// within asks a rate, if there is one.
func within(rate chat.Rate, key string) error {
	if rate == nil {
		return nil
	}
	if ok, after := rate.Allow(key); !ok {
		return chat.RateLimited(after)
	}
	return nil
}
