package engine

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
)

// counter returns a descriptor that reads like a counter: one of counts each time, until there are no more.
func counter(t *testing.T, counts ...uint64) (fd int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, n := range counts {
		if _, err := w.Write(binary.NativeEndian.AppendUint64(nil, n)); err != nil {
			t.Fatal(err)
		}
	}
	if fd, err = unix.Dup(int(r.Fd())); err != nil { // the load takes over this copy, and closes it
		t.Fatal(err)
	}
	return fd
}

// Counters are read once before a load, to check that they are counters, and once at each edge of its window, with a warm-up or without.
func TestCountersAreReadAtTheEdges(t *testing.T) {
	srv := serve(t, "127.0.0.1:0", say(hello))
	for _, engine := range engines() {
		if engine == result.Hey { // it refuses them
			continue
		}
		for _, warmup := range []time.Duration{0, 20 * time.Millisecond} {
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Duration, s.Warmup = engine, 50*time.Millisecond, warmup
			s.Counters = map[string]int{result.Calls: counter(t, 100, 1000, 1500, 9999), result.Faults: counter(t, 1, 2)}
			c := carryOut(t, s).Counters
			if c == nil || c.Counts[result.Calls] != 500 {
				t.Fatalf("%s, warmed for %v: counted %+v, want 500 calls", engine, warmup, c)
			}
			if _, counted := c.Counts[result.Faults]; counted || !strings.Contains(c.Lacks[result.Faults], "EOF") {
				t.Errorf("%s, warmed for %v: a counter that ends counted %+v", engine, warmup, c)
			}
		}
		s := load("http://" + srv.addr + "/")
		s.Engine = engine
		if l := carryOut(t, s); l.Counters != nil {
			t.Errorf("%s: nothing is to be counted, and %+v was", engine, l.Counters)
		}
		s.Counters = map[string]int{"miles": counter(t, 1)}
		if _, err := Run(t.Context(), t.Context(), s, nil); err == nil || !strings.Contains(err.Error(), "miles") {
			t.Errorf("%s: an unknown counter: %v", engine, err)
		}
	}
}
