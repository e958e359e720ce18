package testenv

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// bin is where Debian keeps the server's programs, which are not on the PATH.
const bin = "/usr/lib/postgresql/15/bin"

// startTimeout bounds how long a server may take to accept connections.
const startTimeout = time.Minute

// PostgresServer is a PostgreSQL 15 server of one's own, durable as in production
// (fsync on), reached over TCP on 127.0.0.1. It dies with this process, however
// that ends. Its methods are not for use at once.
type PostgresServer struct {
	dir   string
	port  int
	owner *syscall.Credential
	child
}

// StartPostgres makes a cluster in dir, which must be empty or missing and below
// directories that everybody may enter, and starts a server on it. The caller
// ends it with Stop or Kill.
func StartPostgres(dir string) (*PostgresServer, error) {
	p := &PostgresServer{dir: dir, child: child{name: "postgres", log: filepath.Join(dir, "log")}}
	if err := p.init(); err != nil {
		return nil, fmt.Errorf("testenv: no PostgreSQL 15 (run `make deps`): %w", err)
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	return p, nil
}

// init makes the cluster's files. The server refuses to run as root, so root
// runs it as the user postgres.
func (p *PostgresServer) init() error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return err
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		p.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(p.dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	cmd := p.command("initdb", "-D", p.data(), "-U", "parley", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (p *PostgresServer) data() string { return filepath.Join(p.dir, "data") }

func (p *PostgresServer) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, program), args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	return cmd
}

// Start starts the server again after Stop or Kill, on the port it had before.
// It returns when the server accepts connections.
func (p *PostgresServer) Start() error {
	if p.port == 0 {
		port, err := freePort()
		if err != nil {
			return err
		}
		p.port = port
	}
	cmd := p.command("postgres", "-D", p.data(), "-p", strconv.Itoa(p.port), "-k", p.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "max_connections=200", "-c", "shared_buffers=64MB")
	// SIGQUIT is the server's word for "at once": no test leaves a server behind.
	if err := p.start(cmd, syscall.SIGQUIT); err != nil {
		return fmt.Errorf("testenv: start postgres: %w", err)
	}
	return p.await(func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, p.URL("postgres"))
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

// URL returns the postgres:// URL of a database on this server.
func (p *PostgresServer) URL(database string) string {
	return fmt.Sprintf("postgres://parley@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

// Create makes an empty database and returns its URL.
func (p *PostgresServer) Create(ctx context.Context, database string) (string, error) {
	return p.URL(database), p.exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize())
}

// Drop removes a database, ending whoever still uses it.
func (p *PostgresServer) Drop(ctx context.Context, database string) error {
	return p.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{database}.Sanitize()+" WITH (FORCE)")
}

func (p *PostgresServer) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return fmt.Errorf("testenv: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("testenv: %w", err)
	}
	return nil
}

// Stop ends the server in order: connections are cut, nothing is lost. The files
// stay, for Start.
func (p *PostgresServer) Stop() error { return p.end(syscall.SIGINT) }

// Kill ends the server as a crash would, all of its processes at once. The files
// stay, for Start.
func (p *PostgresServer) Kill() error {
	if p.over() {
		return nil
	}
	pid := p.process.Pid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil { // no more children from here on
		return fmt.Errorf("testenv: kill postgres: %w", err)
	}
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return fmt.Errorf("testenv: kill postgres: %w", err)
	}
	children := strings.Fields(string(list))
	for _, one := range children {
		if pid, err := strconv.Atoi(one); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
	}
	if err := p.end(syscall.SIGKILL); err != nil {
		return err
	}
	for _, one := range children {
		for running(one) { // they hold the shared memory that Start needs
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// running reports whether the process is there and no zombie.
func running(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("testenv: free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
