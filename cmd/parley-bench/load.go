package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// traffic is what the senders do. Sender k is client k and posts to its first room.
type traffic struct {
	Senders  int           `help:"Clients that send." default:"20"`
	Size     int           `help:"Bytes of a message's text." default:"64"`
	Window   int           `help:"Closed loop: messages that each sender may have unacknowledged." default:"16"`
	Rate     float64       `help:"Open loop: messages per second, all senders together, whatever the server does. Replaces the window."`
	Duration time.Duration `help:"How long to measure." default:"5s"`
	Warmup   time.Duration `help:"How long to send before measuring." default:"1s"`
	Messages int           `help:"Send so many messages instead, all measured, until the last delivery."`
	Nonce    bool          `help:"Give every message a nonce."`
}

func (t traffic) check(s shape) error {
	switch {
	case t.Senders < 1 || t.Senders > s.Connections:
		return errors.New("--senders: from 1 to --connections")
	case t.Size < markerSize:
		return fmt.Errorf("--size: at least %d, the text carries a time", markerSize)
	case t.Rate < 0 || t.Window < 1 || t.Messages < 0:
		return errors.New("--rate, --window and --messages must be positive")
	}
	return nil
}

// result is what a load measured, over its measured part alone, and its checks
// over the whole of it.
type result struct {
	Elapsed       time.Duration
	Messages      uint64 // acknowledged
	Deliveries    uint64
	Delivery, Ack percentiles
	ServerCPU     time.Duration // of all nodes
	BusCPU        time.Duration // of what joins them, if its process id is known
	ClientCPU     time.Duration
	ServerRSS     int64
	Check         check
}

func (r result) perSecond() float64 { return float64(r.Deliveries) / r.Elapsed.Seconds() }

// cpuPerDelivery is the server's; zero if its process id is not known.
func (r result) cpuPerDelivery() time.Duration {
	if r.Deliveries == 0 {
		return 0
	}
	return r.ServerCPU / time.Duration(r.Deliveries)
}

// load connects, sends, measures, drains and checks. The error is a failure to
// measure; broken promises are in the result.
func load(ctx context.Context, t *target, s shape, tr traffic) (result, error) {
	if err := tr.check(s); err != nil {
		return result{}, err
	}
	r, err := connect(ctx, t, s, 32<<10)
	if err != nil {
		return result{}, err
	}
	defer r.close()
	res, err := r.measure(ctx, tr)
	if err != nil {
		return result{}, err
	}
	res.Delivery, res.Ack = r.delivery.percentiles(), r.ack.percentiles()
	res.Check = r.verify()
	return res, nil
}

// measure sends and takes the figures at both ends of the measured part.
func (r *run) measure(ctx context.Context, tr traffic) (result, error) {
	sending, stop := context.WithCancel(ctx)
	defer stop()
	var before snapshot
	var err error
	if tr.Messages > 0 {
		// All of it counts, so the start is taken before the first message.
		if before, err = r.begin(); err != nil {
			return result{}, err
		}
	}
	var senders sync.WaitGroup
	r.startSenders(sending, tr, &senders)
	if tr.Messages > 0 {
		senders.Wait()
		r.drain(ctx)
	} else {
		sleep(ctx, tr.Warmup)
		if before, err = r.begin(); err != nil {
			return result{}, err
		}
		sleep(ctx, tr.Duration)
	}
	after, err := r.snapshot()
	r.measuring.Store(false)
	stop()
	senders.Wait()
	if err != nil {
		return result{}, err
	}
	if tr.Messages > 0 {
		after.at -= lateLimit // the drain's last wait is none of the server's time
	} else {
		r.drain(ctx)
	}
	return after.since(before), ctx.Err()
}

// snapshot is the state of all counters at one moment.
type snapshot struct {
	at              time.Duration
	received, acked uint64
	server, bus     usage
	client          time.Duration
}

func (r *run) begin() (snapshot, error) {
	s, err := r.snapshot()
	r.measuring.Store(true)
	return s, err
}

func (r *run) snapshot() (snapshot, error) {
	server, err := r.target.usage()
	bus, failed := processUsage(r.target.BusPID)
	if err = errors.Join(err, failed); err != nil {
		return snapshot{}, err
	}
	s := snapshot{at: r.clock(), received: r.received(), server: server, bus: bus, client: ownCPU()}
	for _, c := range r.receivers {
		s.acked += c.acked.Load()
	}
	return s, nil
}

func (s snapshot) since(b snapshot) result {
	return result{
		Elapsed: s.at - b.at, Messages: s.acked - b.acked, Deliveries: s.received - b.received,
		ServerCPU: s.server.CPU - b.server.CPU, BusCPU: s.bus.CPU - b.bus.CPU, ClientCPU: s.client - b.client, ServerRSS: s.server.RSS,
	}
}

func (r *run) startSenders(ctx context.Context, tr traffic, wg *sync.WaitGroup) {
	left := &atomic.Int64{}
	left.Store(int64(tr.Messages))
	for k := range tr.Senders {
		s := &sender{r: r.receivers[k], traffic: tr, left: left, room: r.rooms[r.roomOf(k)]}
		loop := s.openLoop
		if tr.Rate == 0 {
			s.r.window = make(chan struct{}, tr.Window)
			loop = s.closedLoop
		}
		wg.Go(func() { loop(ctx, k) })
	}
}

// sender posts through one receiver's connection.
type sender struct {
	r       *receiver
	traffic traffic
	left    *atomic.Int64 // messages that all senders may still send; unused without a count
	room    string
	last    time.Duration
	args    []byte
}

// closedLoop keeps the window full.
func (s *sender) closedLoop(ctx context.Context, _ int) {
	for s.take() {
		select {
		case s.r.window <- struct{}{}:
		case <-ctx.Done():
			return
		case <-s.r.conn.Done():
			return
		}
		if ctx.Err() != nil || s.post(s.r.run.clock()) != nil {
			return
		}
	}
}

// openLoop sends on a fixed timetable. A message that is late counts from the
// time it was due, so that a slow server cannot hide behind a waiting sender.
func (s *sender) openLoop(ctx context.Context, k int) {
	every := time.Duration(float64(time.Second) * float64(s.traffic.Senders) / s.traffic.Rate)
	due := s.r.run.clock() + every*time.Duration(k)/time.Duration(s.traffic.Senders)
	for s.take() {
		sleep(ctx, due-s.r.run.clock())
		if ctx.Err() != nil || s.post(due) != nil {
			return
		}
		due += every
	}
}

func (s *sender) take() bool { return s.traffic.Messages == 0 || s.left.Add(-1) >= 0 }

// post sends one message. Its due time is its ack id, so times must differ.
func (s *sender) post(due time.Duration) error {
	due = max(due, s.last+1)
	s.last = due
	b := append(s.args[:0], `["message","`...)
	b = append(b, s.room...)
	b = append(b, `",{"content":"`...)
	b = appendText(b, due, s.traffic.Size)
	b = append(b, `","contentType":"text"`...)
	if s.traffic.Nonce {
		b = append(b, `,"nonce":"`...)
		b = append(strconv.AppendInt(b, int64(due), 10), '"')
	}
	s.args = append(b, `}]`...)
	s.r.run.sent.Add(1)
	return s.r.conn.Emit(uint64(due), s.args)
}

// sleep waits for d or until ctx has ended.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// ownCPU is the CPU time that this process, the client, has used.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
