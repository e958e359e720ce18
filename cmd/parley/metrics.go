package main

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/gateway"
	"parley/gateway/socketio"
)

var requestSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Name: "parley_http_request_seconds", Help: "Time to answer an HTTP request.",
	Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
}, []string{"method", "route", "status"})

// observe counts one answered request.
func observe(method, route string, status int, took time.Duration) {
	requestSeconds.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// newMetrics returns what /metrics shows.
func newMetrics(sockets *socketio.Server, hub *gateway.Hub) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), requestSeconds,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_connections", Help: "Open Socket.IO connections.",
		}, func() float64 { return float64(sockets.Connections()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_sessions", Help: "Users' sessions with a connection.",
		}, func() float64 { connected, _ := hub.Sessions(); return float64(connected) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_sessions_waiting", Help: "Users' sessions whose clients may come back and be recovered.",
		}, func() float64 { _, waiting := hub.Sessions(); return float64(waiting) }),
	)
	return r
}
