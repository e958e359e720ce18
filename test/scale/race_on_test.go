//go:build race

package scale_test

// slower is by how much the race detector may slow us down.
const slower = 20
