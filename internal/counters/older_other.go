//go:build linux && !amd64

package counters

var older []int
