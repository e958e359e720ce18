// Command parley-bench puts load on a Parley server, or on one of the peers in
// bench/, and measures it: deliveries per second, latencies, the server's CPU
// time and memory. All the while it checks that every receiver gets every
// message of its rooms exactly once and in order; a run that breaks this fails.
//
//	parley-bench load --jwt-secret ... --pid ...   senders and receivers
//	parley-bench idle --jwt-secret ... --pid ...   memory per idle connection
//	parley-bench smoke                             Parley beside its peers
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := runMain(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "parley-bench:", err)
		stop()
		os.Exit(1)
	}
}

type commands struct {
	Load  loadCommand  `cmd:"" help:"Connect, send, measure, check."`
	Idle  idleCommand  `cmd:"" help:"Connect and measure the server's memory. Start it right after the server, before anyone else connects."`
	Smoke smokeCommand `cmd:"" help:"Measure Parley beside the peers of bench/, in turns, and compare."`
}

// runMain is main with everything it touches as an argument. Help exits the process.
func runMain(ctx context.Context, args []string, out, errs io.Writer) error {
	parser, err := kong.New(&commands{}, kong.Name("parley-bench"), kong.Description("Load generator and benchmark of Parley."),
		kong.Writers(out, errs), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(out, (*io.Writer)(nil)))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return command.Run()
}

type loadCommand struct {
	target  `embed:""`
	shape   `embed:""`
	traffic `embed:""`
	JSON    bool `help:"Print the result as JSON, durations in nanoseconds."`
}

// Run is called by kong.
func (c *loadCommand) Run(ctx context.Context, out io.Writer) error {
	res, err := load(ctx, &c.target, c.shape, c.traffic)
	if err != nil {
		return err
	}
	return errors.Join(show(out, c.JSON, res, res.report), res.Check.err())
}

type idleCommand struct {
	target `embed:""`
	shape  `embed:""`
	settle `embed:""`
	JSON   bool `help:"Print the result as JSON, durations in nanoseconds."`
}

// Run is called by kong.
func (c *idleCommand) Run(ctx context.Context, out io.Writer) error {
	before, err := processUsage(c.PID)
	if err != nil {
		return err
	}
	res, err := idle(ctx, &c.target, c.shape, c.settle, before.RSS)
	if err != nil {
		return err
	}
	return errors.Join(show(out, c.JSON, res, res.report), res.Check.err())
}

func show(out io.Writer, asJSON bool, res any, report func(io.Writer) error) error {
	if asJSON {
		return json.NewEncoder(out).Encode(res)
	}
	return report(out)
}
