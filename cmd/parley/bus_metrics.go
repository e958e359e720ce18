package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"parley/bus/redis"
)

// metrics returns what /metrics shows of this server.
func (s *server) metrics() *prometheus.Registry {
	r := newMetrics(s.sockets, s.raw, s.hub)
	if s.bus != nil {
		r.MustRegister(busMetrics(s.bus.Stats)...)
	}
	return r
}

// busMetrics tell how a node stands with the others.
func busMetrics(stats func() redis.Stats) []prometheus.Collector {
	gauge := func(name, help string, value func(redis.Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(stats()) })
	}
	counter := func(name, help string, value func(redis.Stats) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value(stats())) })
	}
	return []prometheus.Collector{
		gauge("parley_bus_connected", "1 while Redis is there, else 0.", func(s redis.Stats) float64 {
			if s.Connected {
				return 1
			}
			return 0
		}),
		gauge("parley_bus_topics", "Topics that this node hears of: rooms, users and what concerns all.", func(s redis.Stats) float64 { return float64(s.Topics) }),
		counter("parley_bus_published_total", "Events that Redis has taken from this node.", func(s redis.Stats) int64 { return s.Published }),
		counter("parley_bus_lost_total", "Events that Redis has not taken; nodes find in the store what was a message.", func(s redis.Stats) int64 { return s.Lost }),
		counter("parley_bus_received_total", "What came from other nodes.", func(s redis.Stats) int64 { return s.Received }),
		counter("parley_bus_delivered_total", "Events from other nodes that were for this one.", func(s redis.Stats) int64 { return s.Delivered }),
		counter("parley_bus_refused_total", "What came and could not be read.", func(s redis.Stats) int64 { return s.Refused }),
	}
}
