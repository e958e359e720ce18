package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// clockTick is the unit of CPU time in /proc: USER_HZ, 100 on every Linux port Go runs on.
const clockTick = 10 * time.Millisecond

// usage is what a process has used so far, all threads together.
type usage struct {
	CPU time.Duration // user and system
	RSS int64         // bytes resident now
}

// processUsage reads /proc; pid zero answers zero, for servers on another machine.
func processUsage(pid int) (usage, error) {
	if pid == 0 {
		return usage{}, nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, fmt.Errorf("usage of the server: %w", err)
	}
	return parseStat(stat, int64(os.Getpagesize()))
}

// parseStat reads the fields after the command's name, which may itself hold
// spaces and brackets.
func parseStat(stat []byte, page int64) (usage, error) {
	const utime, stime, rss = 11, 12, 21 // counted from the state, which follows the name
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= rss {
		return usage{}, fmt.Errorf("usage of the server: %d fields in stat", len(fields))
	}
	var v [3]int64
	for i, at := range []int{utime, stime, rss} {
		n, err := strconv.ParseInt(string(fields[at]), 10, 64)
		if err != nil {
			return usage{}, fmt.Errorf("usage of the server: %w", err)
		}
		v[i] = n
	}
	return usage{CPU: time.Duration(v[0]+v[1]) * clockTick, RSS: v[2] * page}, nil
}
