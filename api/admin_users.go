package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
)

// adminUser is a user as administrators see them.
type adminUser struct {
	User
	Blocked bool `json:"blocked"`
	Account bool `json:"account" doc:"Signs in with a password kept here"`
}

func newAdminUser(u chat.User) adminUser {
	return adminUser{User: newUser(u), Blocked: u.Blocked, Account: u.Account()}
}

type adminUsersInput struct {
	Span
	Search string `query:"search" doc:"Part of the id, name, username or email, in any case"`
	Role   string `query:"role" enum:"guest,user,agent,admin"`
}

type adminUserList struct {
	Users []adminUser `json:"users" nullable:"false"`
	Count int64       `json:"count" doc:"Of all, wherever the page begins; with search it stops at 10000"`
}

type userInput struct {
	ID string `path:"id" doc:"The user's id"`
}

type newAccountInput struct {
	Body struct {
		Username string `json:"username"`
		Password string `json:"password" format:"password" doc:"8 to 256 characters"`
		Name     string `json:"name,omitempty"`
		Email    string `json:"email,omitempty"`
		Role     string `json:"role,omitempty" enum:"guest,user,agent,admin" doc:"user, unless said"`
	}
}

// Profile is what may be said of an outside user. What is empty leaves as it is.
type Profile struct {
	Name  string `json:"name,omitempty" doc:"The id, if a new user has none"`
	Email string `json:"email,omitempty"`
}

type saveUserInput struct {
	ID   string `path:"id" doc:"The user's id: the sub of their tokens"`
	Body struct{ Profile }
}

// SavedUser names an outside user.
type SavedUser struct {
	ID string `json:"_id" doc:"The sub of their tokens"`
	Profile
}

type saveUsersInput struct {
	Body struct {
		Users []SavedUser `json:"users" nullable:"false" doc:"At most 1000"`
	}
}

type roleInput struct {
	ID   string `path:"id" doc:"The user's id"`
	Body struct {
		Role string `json:"role" enum:"guest,user,agent,admin"`
	}
}

func (s *server) adminUserRoutes() {
	administered(s, huma.Operation{
		OperationID: "adminListUsers", Method: http.MethodGet, Path: "/admin/chat/users",
		Summary: "List users, newest first",
	}, s.adminListUsers)
	administered(s, huma.Operation{
		OperationID: "adminCreateAccount", Method: http.MethodPost, Path: "/admin/chat/users",
		DefaultStatus: http.StatusCreated, Summary: "Make an account", Description: "Forbidden where this server keeps no accounts.",
	}, s.adminCreateAccount)
	administered(s, huma.Operation{
		OperationID: "adminSaveUsers", Method: http.MethodPost, Path: "/admin/chat/users/bulk",
		Summary: "Make or name outside users", Description: "As adminSaveUser; none of them if one is refused.",
	}, s.adminSaveUsers)
	administered(s, huma.Operation{
		OperationID: "adminGetUser", Method: http.MethodGet, Path: "/admin/chat/users/{id}",
		Summary: "Get a user",
	}, s.adminGetUser)
	administered(s, huma.Operation{
		OperationID: "adminSaveUser", Method: http.MethodPut, Path: "/admin/chat/users/{id}",
		Summary: "Make or name an outside user", Description: "So users can be added to rooms before they first connect. The name and email of their token replace these.",
	}, s.adminSaveUser)
	administered(s, huma.Operation{
		OperationID: "adminSetRole", Method: http.MethodPatch, Path: "/admin/chat/users/{id}",
		Summary: "Change an account's role", Description: "Ends all its tokens. The role of an outside user is their token's, and cannot be changed here.",
	}, s.adminSetRole)
	administered(s, huma.Operation{
		OperationID: "adminBlockUser", Method: http.MethodPut, Path: "/admin/chat/users/{id}/block",
		Summary: "Block a user", Description: "Ends their tokens and connections, and refuses them until they are unblocked.",
	}, s.adminBlock)
	administered(s, huma.Operation{
		OperationID: "adminUnblockUser", Method: http.MethodPut, Path: "/admin/chat/users/{id}/unblock",
		Summary: "Let a user in again",
	}, s.adminUnblock)
}

func (s *server) adminListUsers(ctx context.Context, a chat.Actor, in *adminUsersInput) (adminUserList, error) {
	q := chat.UserQuery{Page: in.page(), Role: chat.Role(in.Role)}
	q.Search = in.Search
	users, total, err := s.Chat.Users(ctx, a, q)
	return adminUserList{Users: shown(users, newAdminUser), Count: total}, err
}

func (s *server) adminCreateAccount(ctx context.Context, a chat.Actor, in *newAccountInput) (adminUser, error) {
	if s.Accounts == nil {
		return adminUser{}, chat.ErrNoAccounts
	}
	u, err := s.Chat.CreateAccount(ctx, a, chat.NewAccount{
		Username: in.Body.Username, Password: in.Body.Password, Name: in.Body.Name, Email: in.Body.Email,
	}, chat.Role(in.Body.Role))
	return newAdminUser(u), err
}

func (s *server) adminSaveUsers(ctx context.Context, a chat.Actor, in *saveUsersInput) (adminUserList, error) {
	users := make([]chat.User, len(in.Body.Users))
	for i, u := range in.Body.Users {
		users[i] = chat.User{ID: u.ID, Name: u.Name, Email: u.Email}
	}
	saved, err := s.Chat.SaveUsers(ctx, a, users)
	return adminUserList{Users: shown(saved, newAdminUser), Count: int64(len(saved))}, err
}

func (s *server) adminGetUser(ctx context.Context, a chat.Actor, in *userInput) (adminUser, error) {
	u, err := s.Chat.User(ctx, a, in.ID)
	return newAdminUser(u), err
}

func (s *server) adminSaveUser(ctx context.Context, a chat.Actor, in *saveUserInput) (adminUser, error) {
	saved, err := s.Chat.SaveUsers(ctx, a, []chat.User{{ID: in.ID, Name: in.Body.Name, Email: in.Body.Email}})
	if err != nil {
		return adminUser{}, err
	}
	return newAdminUser(saved[0]), nil
}

func (s *server) adminSetRole(ctx context.Context, a chat.Actor, in *roleInput) (adminUser, error) {
	u, err := s.Chat.SetRole(ctx, a, in.ID, chat.Role(in.Body.Role))
	return newAdminUser(u), err
}

func (s *server) adminBlock(ctx context.Context, a chat.Actor, in *userInput) (result, error) {
	_, err := s.Chat.Block(ctx, a, in.ID)
	return result{"User blocked"}, err
}

func (s *server) adminUnblock(ctx context.Context, a chat.Actor, in *userInput) (result, error) {
	_, err := s.Chat.Unblock(ctx, a, in.ID)
	return result{"User unblocked"}, err
}
