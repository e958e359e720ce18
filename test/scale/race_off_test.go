//go:build !race

package scale_test

const slower = 1
