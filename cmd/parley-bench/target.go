package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"parley/internal/sioclient"
)

// usersPerCall is how many users one room call may name (contract, section 2).
const usersPerCall = 1000

// roomIDSize is the length of Parley's room ids. A peer's rooms have names as
// long, so that the frames are of one size.
const roomIDSize = 36

// target is the server under load: Parley, or with Plain a peer that has no
// HTTP API, checks no token and takes a socket's rooms from its CONNECT.
type target struct {
	URL       string `help:"The server's address." default:"http://127.0.0.1:3000"`
	Path      string `help:"Engine.IO path." default:"/realtime/"`
	Namespace string `help:"Socket.IO namespace." default:"/chat"`
	JWTSecret string `help:"HS256 secret of the server's tokens; the bench mints one for each of its users." env:"PARLEY_JWT_SECRET"`
	Plain     bool   `help:"The server is a peer from bench/, not Parley: it takes rooms from CONNECT."`
	PID       int    `help:"Process id of a server on this machine: its CPU time and memory are reported."`

	// Further are the other nodes of the same installation: clients are spread over all
	// of them, and CPU time and memory are theirs together.
	Further []node `kong:"-"`
	// BusPID is the process id of what joins the nodes, whose CPU time is reported apart.
	BusPID int `kong:"-"`
}

// node is one server of several.
type node struct {
	url string
	pid int
}

// Validate is called by kong.
func (t *target) Validate() error {
	if !t.Plain && t.JWTSecret == "" {
		return errors.New("--jwt-secret is required, unless --plain")
	}
	return nil
}

// credentials is the auth object of CONNECT. Parley reads the token, a peer the rest.
type credentials struct {
	Token string   `json:"token,omitempty"`
	User  string   `json:"user,omitempty"`
	Rooms []string `json:"rooms,omitempty"`
}

// url is the address of the k-th client of a room: a room's clients take the nodes in turn.
func (t *target) url(k int) string {
	if at := k % (1 + len(t.Further)); at > 0 {
		return t.Further[at-1].url
	}
	return t.URL
}

// usage is that of all nodes together.
func (t *target) usage() (usage, error) {
	sum, err := processUsage(t.PID)
	for _, n := range t.Further {
		u, failed := processUsage(n.pid)
		sum.CPU, sum.RSS = sum.CPU+u.CPU, sum.RSS+u.RSS
		err = errors.Join(err, failed)
	}
	return sum, err
}

func (t *target) dial(ctx context.Context, url, user string, rooms []string, h sioclient.Handler, buffer int) (*sioclient.Conn, error) {
	auth := credentials{User: user, Rooms: rooms}
	if !t.Plain {
		token, err := t.token(user)
		if err != nil {
			return nil, err
		}
		auth = credentials{Token: token}
	}
	return sioclient.Dial(ctx, sioclient.Options{
		URL: url, Path: t.Path, Namespace: t.Namespace, Auth: auth, Handler: h, ReadBuffer: buffer,
	})
}

// base is the address that paths follow.
func (t *target) base() string { return strings.TrimRight(t.URL, "/") }

// token mints what an application's own backend would hand to its user.
func (t *target) token(user string) (string, error) {
	return t.tokenOf(user, "user")
}

// tokenOf mints the token of a user with a role.
func (t *target) tokenOf(user, role string) (string, error) {
	claims := jwt.MapClaims{"sub": user, "name": user, "role": role, "exp": time.Now().Add(24 * time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(t.JWTSecret))
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return token, nil
}

// createRooms makes one room for each list of users, the first of them its
// creator, and returns their ids. A peer's rooms need no making: names that no
// other run has will do.
func (t *target) createRooms(ctx context.Context, run string, members [][]string) ([]string, error) {
	ids := make([]string, len(members))
	var introduce sync.Once
	var introduced error
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, users := range members {
		name := fmt.Sprintf("bench-%s-room-%d", run, i)
		if t.Plain {
			ids[i] = fmt.Sprintf("%s%s", name, strings.Repeat("-", max(0, roomIDSize-len(name))))
			continue
		}
		g.Go(func() error {
			id, err := t.createRoom(ctx, name, users)
			var refusal *statusError
			if errors.As(err, &refusal) && strings.Contains(refusal.body, "do not exist") {
				introduce.Do(func() { introduced = t.introduce(ctx, members) })
				if introduced != nil {
					return introduced
				}
				id, err = t.createRoom(ctx, name, users)
			}
			ids[i] = id
			return err
		})
	}
	return ids, g.Wait()
}

func (t *target) createRoom(ctx context.Context, name string, users []string) (string, error) {
	var room struct {
		ID string `json:"roomId"`
	}
	chunks := slices.Collect(slices.Chunk(users, usersPerCall))
	body := map[string]any{"roomName": name, "users": chunks[0]}
	if err := t.call(ctx, http.MethodPost, "/chat/rooms", users[0], body, &room); err != nil {
		return "", err
	}
	for _, chunk := range chunks[1:] {
		path := "/chat/rooms/" + room.ID + "/addUsers"
		if err := t.call(ctx, http.MethodPut, path, users[0], map[string]any{"users": chunk}, nil); err != nil {
			return "", err
		}
	}
	return room.ID, nil
}

// introduce makes every user known to a server that does not take unknown ids
// into rooms: a first request with a valid token creates its user.
func (t *target) introduce(ctx context.Context, members [][]string) error {
	known := map[string]bool{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, users := range members {
		for _, user := range users {
			if !known[user] {
				known[user] = true
				g.Go(func() error { return t.call(ctx, http.MethodGet, "/chat/rooms?limit=1", user, nil, nil) })
			}
		}
	}
	return g.Wait()
}

// statusError is an answer other than 2xx.
type statusError struct {
	request string
	status  int
	body    string
}

func (e *statusError) Error() string { return fmt.Sprintf("%s: %d %s", e.request, e.status, e.body) }

// call makes one request as user, again after the time that a 429 asks for.
func (t *target) call(ctx context.Context, method, path, user string, in, out any) error {
	token, err := t.token(user)
	if err != nil {
		return err
	}
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	for {
		wait, err := t.callOnce(ctx, method, path, token, body, out)
		if wait == 0 {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

func (t *target) callOnce(ctx context.Context, method, path, token string, body []byte, out any) (time.Duration, error) {
	r, err := http.NewRequestWithContext(ctx, method, t.base()+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode/100 != 2 {
		refusal := &statusError{request: method + " " + path, status: response.StatusCode, body: fmt.Sprintf("%.300s", answer)}
		if response.StatusCode == http.StatusTooManyRequests {
			seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
			return time.Duration(max(seconds, 1)) * time.Second, refusal
		}
		return 0, refusal
	}
	if out == nil {
		return 0, nil
	}
	return 0, json.Unmarshal(answer, out)
}
