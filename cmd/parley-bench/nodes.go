package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// several is how many nodes are compared with one.
const several = 3

// The shapes of the nodes line: the same clients in larger and in smaller rooms, the
// members of each spread over all nodes, and senders on each of them.
var (
	nodesShape        = shape{Connections: 300, Rooms: 3, RoomsPerClient: 1, ConnectTimeout: time.Minute}
	nodesSmallerShape = shape{Connections: 300, Rooms: 30, RoomsPerClient: 1, ConnectTimeout: time.Minute}
	nodesTraffic      = traffic{Senders: 90, Size: 64, Window: 1, Warmup: 3 * time.Second}
)

// nodesFigures are what one round saw of one node, or of several.
type nodesFigures struct{ larger, smaller nodeFigures }

func (f nodesFigures) String() string {
	return fmt.Sprintf("rooms of %d: %v; of %d: %v", roomSize(nodesShape), f.larger, roomSize(nodesSmallerShape), f.smaller)
}

func roomSize(s shape) int { return s.Connections / s.Rooms }

// nodeFigures are those of one load, CPU time in µs per delivery.
type nodeFigures struct{ cpu, bus, p99 float64 }

func (f nodeFigures) String() string {
	return fmt.Sprintf("CPU %.2f µs per delivery (Redis %.2f), p99 %.2f ms", f.cpu, f.bus, f.p99)
}

func (f nodeFigures) all() float64 { return f.cpu + f.bus }

// nodes: what a delivered message costs on several nodes beside one, in CPU time of
// all of them together. Each node has the same settings; there is a fresh database
// and a fresh Redis both times.
func (s *smoke) nodes(ctx context.Context) ([]line, error) {
	db, err := startDatabase()
	if err != nil {
		return nil, err
	}
	defer db.close()
	counts := []int{several, 1}
	names := []string{strconv.Itoa(several) + " nodes", "1 node"}
	r, err := takeTurns(s, s.NodeRounds, names, func(at int) (nodesFigures, check, error) {
		return s.onNodes(ctx, db, counts[at])
	})
	if r == nil {
		return nil, err
	}
	one := contender{name: names[1]}
	return []line{
		compare(fmt.Sprintf("%s, rooms of %d: CPU of Parley per delivery, µs", names[0], roomSize(nodesShape)), one, r[0], r[1],
			func(f nodesFigures) float64 { return f.larger.cpu }).atMost(1.5),
		compare("  Redis counted in, µs", one, r[0], r[1], func(f nodesFigures) float64 { return f.larger.all() }),
		compare("  send to receive, p99, ms", one, r[0], r[1], func(f nodesFigures) float64 { return f.larger.p99 }),
		compare(fmt.Sprintf("  rooms of %d: CPU of Parley per delivery, µs", roomSize(nodesSmallerShape)), one, r[0], r[1],
			func(f nodesFigures) float64 { return f.smaller.cpu }),
		compare("  Redis counted in, µs", one, r[0], r[1], func(f nodesFigures) float64 { return f.smaller.all() }),
	}, err
}

// onNodes measures so many fresh nodes.
func (s *smoke) onNodes(ctx context.Context, db *database, count int) (f nodesFigures, sum check, err error) {
	c, err := s.startCluster(ctx, db, count)
	if err != nil {
		return f, sum, err
	}
	for _, part := range []struct {
		shape   shape
		figures *nodeFigures
	}{{nodesShape, &f.larger}, {nodesSmallerShape, &f.smaller}} {
		tr := nodesTraffic
		tr.Rate, tr.Duration = s.Rate, s.NodeTime
		var res result
		if res, err = load(ctx, c.target(), part.shape, tr); err != nil {
			err = fmt.Errorf("%w\n%s", err, c.tail())
			break
		}
		*part.figures = nodeFigures{
			cpu: micros(res.cpuPerDelivery()), bus: micros(res.BusCPU) / float64(max(res.Deliveries, 1)),
			p99: micros(res.Delivery.P99) / 1000,
		}
		sum = sum.plus(res.Check)
	}
	return f, sum, errors.Join(err, c.stop(ctx))
}
