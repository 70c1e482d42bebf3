package host

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BesideNS is the time of other programs, also of those born in the slice, without this process, the servers and the kernel.
func TestWatch(t *testing.T) {
	server, other := hire("worker", "HOST_CHILDREN=1"), hire("worker", "HOST_CHILDREN=0")
	defer server.fire()
	defer other.fire()
	m, err := NewMeter(server.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	command := func(w *worker, line string) func() { return func() { w.send(line); w.receive() } }
	w := NewWatch([]*Meter{m})
	defer w.Close()
	for _, c := range []struct {
		name  string
		do    func()
		least time.Duration
	}{
		{"a program burns", command(other, "burn"), burst},
		{"a program bears another, which burns", command(other, "bear"), burnt},
		{"a program is born, which burns", func() { born := hire("burner"); t.Cleanup(born.fire) }, burnt},
	} {
		w.Begin(m)
		c.do()
		if d := w.End(m); time.Duration(d.BesideNS) < c.least {
			t.Errorf("%s: %v beside, want %v at least", c.name, time.Duration(d.BesideNS), c.least)
		}
	}
	// On a busy machine other programs always use time, so check which processes count.
	command(server, "burn")()
	w.Begin(m)
	spared := append([]int{os.Getpid(), server.Process.Pid}, m.descendants...)
	if read("/proc/2/comm") == "kthreadd" {
		spared = append(spared, 2)
	}
	for _, pid := range spared {
		if slices.Contains(w.others, pid) {
			t.Errorf("%d is counted, which is ours or the kernel's: %v", pid, spared)
		}
	}
	if len(m.descendants) == 0 || !slices.Contains(w.others, other.Process.Pid) {
		t.Errorf("of %v with %v, others are %v", server.Process.Pid, m.descendants, w.others)
	}
	command(other, "burn")()
	unknown := NewWatch([]*Meter{m, nil})
	defer unknown.Close()
	unknown.Begin(nil)
	command(other, "burn")()
	if d := unknown.End(nil); d.BesideNS != 0 {
		t.Errorf("where a server is not known, %v are beside", time.Duration(d.BesideNS))
	}
}

func init() {
	// A process of three threads that burn on one processor when a line comes, answer when all have, and live on.
	roles["crowd"] = func() {
		var begin, done [3]chan bool
		for i := range begin {
			begin[i], done[i] = make(chan bool), make(chan bool)
			go func() {
				runtime.LockOSThread()
				var one unix.CPUSet
				one.Set(CPUs()[0])
				unix.SchedSetaffinity(0, &one)
				for range begin[i] {
					burn(burst)
					done[i] <- true
				}
			}()
		}
		fmt.Println("ready")
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println("done") {
			for i := range begin {
				begin[i] <- true
			}
			for i := range done {
				<-done[i]
			}
		}
	}
}

// Threads that share a processor wait for each other.
func TestWatchOfWaiting(t *testing.T) {
	server := hire("crowd")
	defer server.fire()
	m, err := NewMeter(server.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	w := NewWatch([]*Meter{m})
	defer w.Close()
	work := func() { server.send("burn"); server.receive() }
	work() // all threads are there
	w.Begin(m)
	work()
	if d := w.End(m); time.Duration(d.DelayNS) < burst {
		t.Errorf("of three threads that used %v each one after the other, the last two waited %v", burst, time.Duration(d.DelayNS))
	}
}

// The files of ended threads do not stay open, nor does any after Close.
func TestWatchClosesItsFiles(t *testing.T) {
	opened := func() int { return len(list("/proc/self/fd")) }
	server := hire("worker", "HOST_CHILDREN=3")
	defer server.fire()
	m, err := NewMeter(server.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	before := opened()
	w := NewWatch([]*Meter{m})
	w.Begin(m)
	n := opened() - before
	if most := 2 + 2*MostThreads; n < 4 || n > most {
		t.Errorf("%d files are open, want 4 to %d", n, most)
	}
	for range 3 {
		brief := hire("worker", "HOST_CHILDREN=0") // so that threads are listed again
		brief.fire()
		w.End(m)
	}
	if again := opened() - before; again > n+4 { // this process may have some more threads
		t.Errorf("%d files are open, %d were", again, n)
	}
	gone, known := open("/proc/stat"), w.threads[m.pid]
	known.files["0"], known.born = gone, "" // as of a thread that has ended
	w.End(m)
	if _, err := unix.FcntlInt(uintptr(gone), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("the file of a thread that ended is open: %v", err)
	}
	w.Close()
	if left := opened() - before; left > 0 {
		t.Errorf("%d files stay open", left)
	}
}

func TestIsKernel(t *testing.T) {
	for stat, want := range map[string]bool{
		"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0":   true,
		"15 (a) (b) c) I 2 0 0 0 -1 69238880 0 0": true,
		"1 (systemd) S 0 1 1 0 -1 4194560 12 0":   false,
		"7 (x) S 1 7 7 0 -1":                      false,
		"":                                        false,
		"9 (who calls himself ) S 2 0 0 0 -1 2129984) R 1": false,
	} {
		if got := isKernel(stat); got != want {
			t.Errorf("%q: %v, want %v", stat, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		line string
		i    int
		want int64
	}{
		{"3650760 523082 2\n", 1, 523082}, {"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1", 8, 8}, {"1", 1, 0}, {"", 0, 0}, {"a b", 1, 0},
	} {
		if got := number([]byte(c.line), c.i); got != c.want {
			t.Errorf("field %d of %q is %d, want %d", c.i, c.line, got, c.want)
		}
	}
	if n := Processors(); n < runtime.NumCPU() {
		t.Errorf("%d processors, of which this process may use %d", n, runtime.NumCPU())
	}
}

// Watch is cheap: both of its readings together must stay under 3 % of a slice of 25 ms, 750 us.
func BenchmarkWatch(b *testing.B) {
	server := hire("worker", "HOST_CHILDREN=0") // of some 15 threads
	defer server.fire()
	m, err := NewMeter(server.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	w := NewWatch([]*Meter{m})
	defer w.Close()
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"quiet", func() {}},
		{"after births", func() {
			w.born = ""
			for _, t := range w.threads {
				t.born = ""
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.f()
				w.Begin(m)
				w.End(m)
			}
			b.ReportMetric(float64(len(w.others)), "programs")
			read := 0
			for _, t := range w.threads {
				read += len(t.files)
			}
			b.ReportMetric(float64(read), "threads")
		})
	}
}
