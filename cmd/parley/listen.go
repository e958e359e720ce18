package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// listeners are the server's ports.
type listeners struct {
	public  []net.Listener
	servers []*http.Server
}

// listen takes the ports. A taken one ends the start; of the default three the
// last two are then left out: they serve existing clients, not Parley's own.
func (s settings) listen(ctx context.Context) (*listeners, error) {
	l := &listeners{}
	var config net.ListenConfig
	for i, addr := range s.addrs {
		ln, err := config.Listen(ctx, "tcp", addr)
		switch {
		case err == nil:
			l.public = append(l.public, ln)
		case s.isDefault && i > 0:
			s.log.Warn("a default port is taken and left out", "address", addr, "setting", "PARLEY_ADDR", "error", err)
		default:
			l.close()
			return nil, fmt.Errorf("PARLEY_ADDR: %w", err)
		}
	}
	return l, nil
}

func (l *listeners) names() string {
	names := make([]string, len(l.public))
	for i, ln := range l.public {
		names[i] = ln.Addr().String()
	}
	return strings.Join(names, ",")
}

// newHTTPServer has a deadline for everything that a client may draw out. A poll
// waits for at most one heartbeat, well within them.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      90 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// serve answers on every port and reports the first that fails.
func (l *listeners) serve(h http.Handler, log *slog.Logger) <-chan error {
	failed := make(chan error, len(l.public))
	for _, ln := range l.public {
		srv := newHTTPServer(h, log)
		l.servers = append(l.servers, srv)
		go func() {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	return failed
}

// serveOps serves metrics and profiles on their own address. Without it the
// server is whole, so a taken port is only warned of.
func (l *listeners) serveOps(addr string, metrics *prometheus.Registry, log *slog.Logger) {
	if addr == "off" {
		return
	}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		log.Warn("no metrics and profiles", "setting", "PARLEY_OPS_ADDR", "error", err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	srv := newHTTPServer(mux, log)
	srv.WriteTimeout = 0 // a profile takes as long as it was asked to
	l.servers = append(l.servers, srv)
	go func() { _ = srv.Serve(ln) }()
}

// shutdown stops listening and waits for the requests that are being answered.
func (l *listeners) shutdown(ctx context.Context) error {
	var errs []error
	for _, srv := range l.servers {
		if err := srv.Shutdown(ctx); err != nil {
			errs = append(errs, err, srv.Close())
		}
	}
	return errors.Join(errs...)
}

func (l *listeners) close() {
	for _, ln := range l.public {
		_ = ln.Close()
	}
}
