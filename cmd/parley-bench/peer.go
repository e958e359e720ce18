package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
)

// contender is a kind of server that the smoke run can start.
type contender struct {
	name   string
	plain  bool // a peer, not Parley
	secret string
	// command gives the process that listens on addr and may use dir.
	command func(addr, dir string) *exec.Cmd
}

// server is a running contender. It is alone in its directory.
type server struct {
	contender
	target target
	cmd    *exec.Cmd
	dir    string
	exited chan error
	before usage // once it was ready, before any client
}

// start runs the contender until stop and waits until it answers.
func (c contender) start(ctx context.Context) (*server, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, err
	}
	s := &server{contender: c, cmd: c.command(addr, dir), dir: dir, exited: make(chan error, 1)}
	s.target = target{URL: "http://" + addr, JWTSecret: c.secret, Plain: c.plain}
	log, err := os.Create(s.log())
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", c.name, err), os.RemoveAll(dir))
	}
	go func() { s.exited <- s.cmd.Wait() }()
	s.target.PID = s.cmd.Process.Pid
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w\n%s", c.name, err, s.tail()), s.stop())
	}
	s.before, err = processUsage(s.target.PID)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *server) log() string { return filepath.Join(s.dir, "log") }

// ready waits until Parley says that it is, or a peer takes connections.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if s.answers(ctx) {
			return nil
		}
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return errors.New("it is not ready")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *server) answers(ctx context.Context) bool {
	if s.plain {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.target.URL, "http://"), time.Second)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.target.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// stop ends the process, by force if it must, and removes its directory.
func (s *server) stop() error {
	http.DefaultClient.CloseIdleConnections()
	defer os.RemoveAll(s.dir)
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // fails if it has ended; Wait tells
	select {
	case <-s.exited:
		return nil
	case <-time.After(stopLimit):
	}
	err := s.cmd.Process.Kill()
	<-s.exited
	return errors.Join(fmt.Errorf("%s did not end within %v of SIGTERM", s.name, stopLimit), err)
}

// tail is the end of what the server wrote.
func (s *server) tail() string {
	const most = 2000
	f, err := os.Open(s.log())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd) // a start of the file will do as well
	}
	text, _ := io.ReadAll(io.LimitReader(f, most))
	return string(text)
}

// freeAddress is a loopback address whose port was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
