package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/term"

	"parley/auth"
	"parley/chat"
)

// tokenCommand prints an own token.
type tokenCommand struct {
	database
	secrets
	Sub   string        `required:"" help:"The user's id. An unknown one becomes a user with the first call."`
	Name  string        `help:"Their name."`
	Email string        `help:"Their email address."`
	Role  chat.Role     `default:"user" help:"guest, user, agent or admin."`
	TTL   time.Duration `default:"24h" help:"How long it is good for."`
}

// Run does it.
func (c tokenCommand) Run(ctx context.Context, s streams) error {
	return withAccounts(ctx, c.database, c.secrets, func(a *auth.Service) error {
		token, _, err := a.IssueFor(ctx, chat.User{ID: c.Sub, Name: c.Name, Email: c.Email, Role: c.Role}, c.TTL)
		if err == nil {
			_, err = fmt.Fprintln(s.out, token)
		}
		return err
	})
}

// userCommand keeps accounts. A running server notices within seconds.
type userCommand struct {
	Add      userAdd      `cmd:"" help:"Make an account."`
	Role     userRole     `cmd:"" help:"Change an account's role."`
	Password userPassword `cmd:"" help:"Change an account's password."`
	Block    userBlock    `cmd:"" help:"Block a user."`
	Unblock  userUnblock  `cmd:"" help:"Let a user in again."`
}

// userName names an account by its username or any user by id.
type userName struct {
	database
	secrets
	Name string `arg:"" help:"Username, or user id."`
}

// find runs with the user's id.
func (n userName) find(ctx context.Context, run func(*auth.Service, string) error) error {
	return withAccounts(ctx, n.database, n.secrets, func(a *auth.Service) error {
		u, err := a.Find(ctx, n.Name)
		if err != nil {
			return err
		}
		return run(a, u.ID)
	})
}

type userAdd struct {
	database
	secrets
	Username string    `arg:"" help:"Username."`
	Role     chat.Role `default:"user" help:"user, agent or admin."`
	Name     string    `help:"Name to show."`
	Email    string    `help:"Email address."`
}

// Run does it.
func (c userAdd) Run(ctx context.Context, s streams) error {
	password, err := readPassword(s)
	if err != nil {
		return err
	}
	return withAccounts(ctx, c.database, c.secrets, func(a *auth.Service) error {
		u, err := a.CreateAccount(ctx, auth.NewAccount{
			Username: c.Username, Password: password, Name: c.Name, Email: c.Email,
		}, c.Role, roleAct(chat.ActUserCreate, "", c.Role))
		if err == nil {
			_, err = fmt.Fprintln(s.out, u.ID)
		}
		return err
	})
}

type userRole struct {
	userName
	Role chat.Role `arg:"" help:"guest, user, agent or admin."`
}

// Run does it.
func (c userRole) Run(ctx context.Context) error {
	return c.find(ctx, func(a *auth.Service, id string) error {
		_, err := a.SetRole(ctx, id, c.Role, roleAct(chat.ActUserRole, id, c.Role))
		return err
	})
}

type userPassword struct{ userName }

// Run does it.
func (c userPassword) Run(ctx context.Context, s streams) error {
	password, err := readPassword(s)
	if err != nil {
		return err
	}
	return c.find(ctx, func(a *auth.Service, id string) error {
		_, err := a.SetPassword(ctx, id, password, act(chat.ActUserPassword, id))
		return err
	})
}

type userBlock struct{ userName }

// Run does it.
func (c userBlock) Run(ctx context.Context) error {
	return c.find(ctx, func(a *auth.Service, id string) error {
		_, err := a.Block(ctx, id, act(chat.ActUserBlock, id))
		return err
	})
}

type userUnblock struct{ userName }

// Run does it.
func (c userUnblock) Run(ctx context.Context) error {
	return c.find(ctx, func(a *auth.Service, id string) error {
		_, err := a.Unblock(ctx, id, act(chat.ActUserUnblock, id))
		return err
	})
}

// act is what the command line does to a user, as it is recorded.
func act(what chat.Act, user string) chat.Audit {
	return chat.Audit{ID: newID(), At: time.Now(), Act: what, User: user}
}

// roleAct is act with the role that is given.
func roleAct(what chat.Act, user string, role chat.Role) chat.Audit {
	a := act(what, user)
	a.Detail = map[string]string{"role": string(role)}
	return a
}

// withAccounts runs with the accounts of a database.
func withAccounts(ctx context.Context, d database, sec secrets, run func(*auth.Service) error) error {
	var m mistakes
	cfg := sec.authConfig(d.DatabaseURL, &m)
	if err := errors.Join(m...); err != nil {
		return err
	}
	st, err := openStore(ctx, d.DatabaseURL, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("PARLEY_DATABASE_URL (%s): %w", redacted(d.DatabaseURL), err)
	}
	cfg.Users, cfg.NewID = st, uuid.NewString
	a, err := auth.New(cfg)
	if err == nil {
		defer a.Close()
		err = run(a)
	}
	var e *chat.Error
	if errors.As(err, &e) && e.Code != chat.CodeInternal {
		err = errors.New(e.Message)
	}
	return errors.Join(err, st.Close(ctx))
}

// readPassword takes one line from standard input, or asks at a terminal.
func readPassword(s streams) (string, error) {
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, _ = fmt.Fprint(s.err, "Password: ")
		password, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(s.err)
		return string(password), err
	}
	line, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
