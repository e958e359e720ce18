// Command parley is the chat gateway: one binary that serves every door of the
// contract, and the few commands to run it. It is the only package that knows all
// the others, and holds no rule of its own.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

// streams are the process's own, so that a test may bring others.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

type commands struct {
	Serve    serveCommand    `cmd:"" default:"withargs" help:"Serve (the default)."`
	Token    tokenCommand    `cmd:"" help:"Print a token for a user id."`
	User     userCommand     `cmd:"" help:"Keep accounts: add, role, password, block, unblock."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database's tables up, one step down, or show them."`
	Restored restoredCommand `cmd:"" help:"Begin a new epoch: the last step of a restore from a backup."`
	Health   healthCommand   `cmd:"" help:"Ask the server on this machine whether it lives; for containers."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		stop() // drain
		<-signals
		os.Exit(1) // a second one ends at once
	}()
	if err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}

// run parses the command line and runs the command until it is done or ctx ends.
func run(ctx context.Context, args []string, s streams) error {
	var cli commands
	exited := false
	parser, err := kong.New(
		&cli, kong.Name("parley"), kong.Description("A chat gateway: rooms over Socket.IO and HTTP, every message stored."),
		kong.UsageOnError(), kong.Writers(s.out, s.err), kong.Exit(func(int) { exited = true }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if exited {
		return nil // --help was printed
	}
	if err != nil {
		return err
	}
	return command.Run()
}

type versionCommand struct{}

func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, version)
	return err
}
