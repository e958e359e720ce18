package main

import "testing"

func TestSequence(t *testing.T) {
	tests := []struct {
		name                                   string
		seqs                                   []uint64
		head                                   uint64
		received, lost, duplicates, inversions uint64
	}{
		{name: "nothing sent"},
		{name: "in order", seqs: []uint64{1, 2, 3}, head: 3, received: 3},
		{name: "all lost", head: 4, lost: 4},
		{name: "first lost", seqs: []uint64{2, 3}, head: 3, received: 2, lost: 1},
		{name: "last lost", seqs: []uint64{1, 2}, head: 3, received: 2, lost: 1},
		{name: "hole", seqs: []uint64{1, 5}, head: 5, received: 2, lost: 3},
		{name: "duplicate of the last", seqs: []uint64{1, 2, 2, 3}, head: 3, received: 3, duplicates: 1},
		{name: "duplicate of an old one", seqs: []uint64{1, 2, 3, 1}, head: 3, received: 3, duplicates: 1},
		{name: "swapped", seqs: []uint64{2, 1, 3}, head: 3, received: 3, inversions: 1},
		{name: "reversed", seqs: []uint64{4, 3, 2, 1}, head: 4, received: 4, inversions: 3},
		{name: "late, twice", seqs: []uint64{1, 3, 2, 2}, head: 3, received: 3, inversions: 1, duplicates: 1},
		{name: "middle of a hole", seqs: []uint64{1, 6, 4}, head: 6, received: 3, lost: 3, inversions: 1},
		{name: "ends of a hole", seqs: []uint64{6, 1, 5}, head: 6, received: 3, lost: 3, inversions: 2},
		{name: "holes", seqs: []uint64{2, 4, 6, 3, 1}, head: 7, received: 5, lost: 2, inversions: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s sequence
			for _, seq := range tt.seqs {
				s.observe(seq)
			}
			got := [4]uint64{s.received, s.lost(tt.head), s.duplicates, s.inversions}
			if want := [4]uint64{tt.received, tt.lost, tt.duplicates, tt.inversions}; got != want {
				t.Errorf("received, lost, duplicates, inversions = %v, want %v", got, want)
			}
		})
	}
}

func TestSequenceOfUsedRoom(t *testing.T) {
	s := sequence{last: 40}
	s.observe(41)
	s.observe(43)
	if s.received != 2 || s.lost(43) != 1 || s.inversions != 0 {
		t.Errorf("%+v", s)
	}
}
