package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// line is one row of the smoke run's table: a figure of Parley and of a peer,
// the ratios of the rounds, and what is wanted, if anything.
type line struct {
	name         string
	parley, peer float64 // medians; NaN if there is only a ratio, or no peer
	peerName     string
	ratios       []float64
	figures      []float64 // of the rounds, where there are no ratios
	want         string
	pass         bool
}

// alone is the line of a figure that is in no ratio to another.
func alone(name string, figures []float64) line {
	return line{name: name, parley: median(figures), peer: math.NaN(), figures: figures}
}

// beside shows the same figure without what is measured: it may be zero, so there
// is no ratio to it.
func (l line) beside(name string, figures []float64) line {
	l.peer, l.peerName = median(figures), name
	return l
}

func (l line) ratio() float64 { return median(l.ratios) }

// spread is the ratio, if there is one, and the least and the greatest of the rounds.
func (l line) spread() (ratio, rounds string) {
	if len(l.ratios) == 0 {
		return "", fmt.Sprintf("%s to %s", figure(slices.Min(l.figures), ""), figure(slices.Max(l.figures), ""))
	}
	return fmt.Sprintf("%.2f", l.ratio()), fmt.Sprintf("%.2f to %.2f", slices.Min(l.ratios), slices.Max(l.ratios))
}

func (l line) atLeast(ratio float64) line {
	l.want, l.pass = fmt.Sprintf("ratio ≥ %.2f", ratio), l.ratio() >= ratio
	return l
}

func (l line) atMost(ratio float64) line {
	l.want, l.pass = fmt.Sprintf("ratio ≤ %.2f", ratio), l.ratio() <= ratio
	return l
}

func (l line) figureAtMost(figure float64) line {
	l.want, l.pass = fmt.Sprintf("≤ %.0f", figure), l.parley <= figure
	return l
}

func (l line) verdict() string {
	switch {
	case l.want == "":
		return ""
	case l.pass:
		return "PASS"
	}
	return "SHORT"
}

func shortOf(lines []line) int {
	n := 0
	for _, l := range lines {
		if l.verdict() == "SHORT" {
			n++
		}
	}
	return n
}

// writeTable writes Markdown that is aligned for a terminal, too.
func writeTable(out io.Writer, lines []line) error {
	rows := [][]string{{"line", "Parley", "peer", "ratio", "rounds", "want", ""}}
	for _, l := range lines {
		ratio, rounds := l.spread()
		rows = append(rows, []string{
			l.name, figure(l.parley, ""), figure(l.peer, " "+l.peerName), ratio, rounds, l.want, l.verdict(),
		})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		for k, cell := range row {
			fmt.Fprintf(&b, "| %-*s ", widths[k], cell)
		}
		b.WriteString("|\n")
		if i == 0 {
			for _, w := range widths {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func figure(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return strings.TrimSpace(unit)
	case v >= 1000:
		return fmt.Sprintf("%.0f%s", v, unit)
	}
	return fmt.Sprintf("%.1f%s", v, unit)
}
