package main

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/chat"
	"parley/gateway"
	"parley/gateway/rawws"
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

var replySeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Name: "parley_reply_seconds", Help: "Time from the beginning of a chatbot's reply to its end.",
	Buckets: prometheus.ExponentialBuckets(0.25, 3, 8),
}, []string{"status"})

// observeReply counts one reply that was closed.
func observeReply(status chat.Status, took time.Duration) {
	replySeconds.WithLabelValues(string(status)).Observe(took.Seconds())
}

var deliverySeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Name: "parley_webhook_seconds", Help: "Time that an attempt to deliver to a webhook took.",
	Buckets: prometheus.ExponentialBuckets(0.01, 4, 6),
}, []string{"ok"})

// observeDelivery counts one attempt.
func observeDelivery(ok bool, took time.Duration) {
	deliverySeconds.WithLabelValues(strconv.FormatBool(ok)).Observe(took.Seconds())
}

// newMetrics returns what /metrics shows.
func newMetrics(sockets *socketio.Server, raw *rawws.Server, hub *gateway.Hub) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), requestSeconds, replySeconds, deliverySeconds, forwarded,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_connections", Help: "Open Socket.IO connections.",
		}, func() float64 { return float64(sockets.Connections()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_token_stream_connections", Help: "Open connections of the token-stream protocol.",
		}, func() float64 { tokens, _ := raw.Connections(); return float64(tokens) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_chatbot_session_connections", Help: "Open sockets of chatbot sessions.",
		}, func() float64 { _, sessions := raw.Connections(); return float64(sessions) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_sessions", Help: "Users' sessions with a connection.",
		}, func() float64 { connected, _ := hub.Sessions(); return float64(connected) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_sessions_waiting", Help: "Users' sessions whose clients may come back and be recovered.",
		}, func() float64 { _, waiting := hub.Sessions(); return float64(waiting) }),
	)
	return r
}
