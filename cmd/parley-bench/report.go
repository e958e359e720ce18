package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

const kib = 1024.0

func (r result) report(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	seconds := r.Elapsed.Seconds()
	fmt.Fprintf(w, "measured\t%.2f s\n", seconds)
	fmt.Fprintf(w, "messages\t%d\t%.0f/s\n", r.Messages, float64(r.Messages)/seconds)
	fmt.Fprintf(w, "deliveries\t%d\t%.0f/s\n", r.Deliveries, r.perSecond())
	reportLatency(w, "send to receive", r.Delivery)
	reportLatency(w, "send to ack", r.Ack)
	if r.ServerCPU > 0 {
		fmt.Fprintf(w, "server CPU\t%.0f %% of one core\t%.1f µs per delivery\n", 100*r.ServerCPU.Seconds()/seconds, micros(r.cpuPerDelivery()))
		fmt.Fprintf(w, "server memory\t%.1f MiB\n", float64(r.ServerRSS)/kib/kib)
	}
	fmt.Fprintf(w, "client CPU\t%.0f %% of one core\n", 100*r.ClientCPU.Seconds()/seconds)
	fmt.Fprintf(w, "check\t%s\n", r.Check)
	return w.Flush()
}

func reportLatency(w io.Writer, name string, p percentiles) {
	ms := func(d time.Duration) float64 { return micros(d) / 1000 }
	fmt.Fprintf(w, "%s\tp50 %.2f ms\tp90 %.2f\tp99 %.2f\tp99.9 %.2f\tmax %.2f\n", name, ms(p.P50), ms(p.P90), ms(p.P99), ms(p.P999), ms(p.Max))
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func (r idleResult) report(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "connections\t%d\t%.0f/s with rooms\n", r.Connections, float64(r.Connections)/r.Connect.Seconds())
	fmt.Fprintf(w, "server memory\t%.1f MiB before\t%.1f MiB after %.0f s\n", float64(r.Before)/kib/kib, float64(r.After)/kib/kib, r.Waited.Seconds())
	fmt.Fprintf(w, "per connection\t%.1f KiB\n", r.perConnection()/kib)
	fmt.Fprintf(w, "server CPU, idle\t%.2f %% of one core\n", 100*r.ServerCPU.Seconds()/r.Waited.Seconds())
	fmt.Fprintf(w, "check\t%s\n", r.Check)
	return w.Flush()
}
