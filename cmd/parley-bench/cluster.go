package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"parley/internal/testenv"
)

// database is a PostgreSQL server of one's own, for as long as a line is measured.
type database struct {
	*testenv.PostgresServer
	dir  string
	made int
}

func startDatabase() (*database, error) {
	dir, err := os.MkdirTemp("", "parley-bench-postgres-")
	if err != nil {
		return nil, err
	}
	server, err := testenv.StartPostgres(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &database{PostgresServer: server, dir: dir}, nil
}

func (d *database) close() error { return errors.Join(d.Stop(), os.RemoveAll(d.dir)) }

// cluster is some nodes of Parley on a fresh database and a fresh Redis.
type cluster struct {
	nodes    []*server
	redis    *testenv.RedisServer
	redisPID int
	dir      string // of redis
	db       *database
	name     string // of the database
}

// startCluster starts them one after the other, so that the first alone makes the tables.
func (s *smoke) startCluster(ctx context.Context, db *database, count int) (*cluster, error) {
	db.made++
	c := &cluster{db: db, name: "bench_" + strconv.Itoa(db.made)}
	err := c.start(ctx, s, count)
	if err != nil {
		return nil, errors.Join(err, c.stop(ctx))
	}
	return c, nil
}

func (c *cluster) start(ctx context.Context, s *smoke, count int) error {
	databaseURL, err := c.db.Create(ctx, c.name)
	if err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp("", "parley-bench-redis-"); err != nil {
		return err
	}
	if c.redis, err = testenv.StartRedis(c.dir); err != nil {
		return err
	}
	if c.redisPID, err = redisPID(ctx, c.redis); err != nil {
		return err
	}
	one := s.parley
	one.command = func(addr, dir string) *exec.Cmd {
		cmd := s.parley.command(addr, dir)
		cmd.Env = append(slices.Clone(cmd.Env), "PARLEY_DATABASE_URL="+databaseURL,
			"PARLEY_REDIS_URL="+c.redis.URL(), "PARLEY_NODE_URL=http://"+addr)
		return cmd
	}
	for range count {
		node, err := one.start(ctx)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, node)
	}
	return nil
}

// redisPID asks the server, which runs on this machine.
func redisPID(ctx context.Context, r *testenv.RedisServer) (int, error) {
	client := r.Client()
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(strings.NewReader(info)); lines.Scan(); {
		if pid, ok := strings.CutPrefix(lines.Text(), "process_id:"); ok {
			return strconv.Atoi(strings.TrimSpace(pid))
		}
	}
	return 0, errors.New("redis tells no process_id")
}

// target is all nodes: rooms are made on the first.
func (c *cluster) target() *target {
	t := c.nodes[0].target
	t.BusPID = c.redisPID
	for _, n := range c.nodes[1:] {
		t.Further = append(t.Further, node{url: n.target.URL, pid: n.target.PID})
	}
	return &t
}

// tail is the end of what each node wrote.
func (c *cluster) tail() string {
	var b strings.Builder
	for i, n := range c.nodes {
		fmt.Fprintf(&b, "node %d:\n%s\n", i+1, n.tail())
	}
	return b.String()
}

// stop ends whatever was started, also after ctx has ended.
func (c *cluster) stop(ctx context.Context) error {
	var err error
	for _, n := range c.nodes {
		err = errors.Join(err, n.stop())
	}
	if c.redis != nil {
		err = errors.Join(err, c.redis.Stop())
	}
	if c.dir != "" {
		err = errors.Join(err, os.RemoveAll(c.dir))
	}
	return errors.Join(err, c.db.Drop(context.WithoutCancel(ctx), c.name))
}
