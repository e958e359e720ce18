package main

import "slices"

// sequence checks that one receiver gets one room's messages exactly once and
// in order: seq counts 1, 2, 3, ... from the message after base. The zero value
// checks a fresh room. Not safe for concurrent use.
type sequence struct {
	last       uint64 // the highest seq seen, or the base
	missing    []span // below last and not seen, ascending
	received   uint64 // different messages
	duplicates uint64
	inversions uint64 // came after a message that follows them
}

// span is the numbers from first to last, both included.
type span struct{ first, last uint64 }

// observe takes the seq of the next message that came.
func (s *sequence) observe(seq uint64) {
	switch {
	case seq == s.last+1:
		s.last = seq
		s.received++
	case seq > s.last:
		s.missing = append(s.missing, span{s.last + 1, seq - 1})
		s.last = seq
		s.received++
	case s.fill(seq):
		s.inversions++
		s.received++
	default:
		s.duplicates++
	}
}

// fill takes seq out of the missing ones and tells whether it was there.
func (s *sequence) fill(seq uint64) bool {
	i, _ := slices.BinarySearchFunc(s.missing, seq, func(m span, seq uint64) int {
		if m.last < seq {
			return -1
		}
		return 1
	})
	if i == len(s.missing) || s.missing[i].first > seq {
		return false
	}
	m := s.missing[i]
	var rest []span
	if m.first < seq {
		rest = append(rest, span{m.first, seq - 1})
	}
	if seq < m.last {
		rest = append(rest, span{seq + 1, m.last})
	}
	s.missing = slices.Replace(s.missing, i, i+1, rest...)
	return true
}

// lost counts what has not come of a room whose newest message is head.
func (s *sequence) lost(head uint64) uint64 {
	var n uint64
	if head > s.last {
		n = head - s.last
	}
	for _, m := range s.missing {
		n += m.last - m.first + 1
	}
	return n
}
