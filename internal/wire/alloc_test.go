//go:build !race

package wire

import (
	"runtime"
	"strings"
	"testing"
)

// The race detector makes sync.Pool forget at random, so memory is only counted without it.

func TestAllocs(t *testing.T) {
	for name, in := range map[string]string{"GET /": get, "16 of them": strings.Repeat(get, 16), "a line": "\n"} {
		talk := (&Book{}).Open()
		if n := testing.AllocsPerRun(1000, exchange(talk, []byte(in))); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestMemory checks that a talk's memory grows in proportion to its input at most.
func TestMemory(t *testing.T) {
	for name, in := range burdens {
		for _, size := range []int{1, 16 << 10} {
			talk := (&Book{}).Open()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for rest := []byte(in); len(rest) > 0; {
				n := min(size, len(rest))
				exchange(talk, rest[:n])()
				rest = rest[n:]
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 256<<10+8*uint64(len(in)) {
				t.Errorf("%s in pieces of %d: %d bytes of input took %d of memory", name, size, len(in), used)
			}
		}
	}
}

func BenchmarkHello(b *testing.B) {
	for name, in := range map[string]string{"1": get, "16": strings.Repeat(get, 16)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			talk := (&Book{}).Open()
			once := exchange(talk, []byte(in))
			for b.Loop() {
				once()
			}
		})
	}
}

func exchange(talk *Talk, in []byte) func() {
	return func() {
		talk.Feed(in)
		for talk.Next() == Write {
			talk.Sent(len(talk.Out()))
		}
	}
}
