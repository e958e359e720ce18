package api

import (
	"parley/chat"
	"parley/wire"
)

// User is the wire form of a user.
type User struct {
	ID        string `json:"_id"`
	Username  string `json:"username,omitempty" doc:"Accounts only"`
	Name      string `json:"name"`
	Email     string `json:"email"`
	Role      string `json:"role" enum:"guest,user,agent,admin"`
	CreatedAt string `json:"createdAt" format:"date-time"`
}

func newUser(u chat.User) User {
	return User{
		ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email, Role: string(u.Role),
		CreatedAt: wire.Time(u.CreatedAt),
	}
}
