package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// child is a server's process. It dies with this process, however that ends. Its
// methods are not for use at once.
type child struct {
	name    string // in errors
	log     string // the file that it writes to
	process *os.Process
	gone    chan struct{} // closed when it has ended
}

// start starts the process. It does so from a thread that lives as long as the process
// does: the kernel sends the parent-death signal when the thread ends that started it.
func (c *child) start(cmd *exec.Cmd, farewell syscall.Signal) error {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = farewell
	started := make(chan error)
	c.gone = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread() // or the thread ends, and with it what else was started from it before
		defer close(c.gone)
		defer log.Close()
		err := cmd.Start()
		c.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return <-started
}

// await returns once the server answers; one that does not within startTimeout, or has
// ended, is an error.
func (c *child) await(answers func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.gone:
			return fmt.Errorf("testenv: %s ended at once: %s", c.name, c.logTail())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("testenv: %s does not answer: %w", c.name, err), c.end(syscall.SIGKILL))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// over reports whether the process has ended, or was never started.
func (c *child) over() bool {
	if c.process == nil {
		return true
	}
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// end sends a signal that ends the process, and waits for that.
func (c *child) end(sig syscall.Signal) error {
	if c.over() {
		return nil
	}
	if err := c.process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("testenv: stop %s: %w", c.name, err)
	}
	select {
	case <-c.gone:
		return nil
	case <-time.After(startTimeout):
		return fmt.Errorf("testenv: %s does not stop: %s", c.name, c.logTail())
	}
}

func (c *child) logTail() []byte {
	log, _ := os.ReadFile(c.log)
	return log[max(0, len(log)-2000):]
}
