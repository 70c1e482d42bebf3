package host

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// burst is the processor time that a worker burns before it answers a line.
const burst = 5 * time.Millisecond

// trail is what it burns after its answer to the line "trail": less than the longest wait of End.
const trail = 700 * time.Microsecond

func init() {
	// A process with eight further threads and HOST_CHILDREN workers as children. It executes and answers the lines that it reads.
	roles["worker"] = func() {
		for range 8 {
			go func() {
				runtime.LockOSThread()
				unix.Pause()
			}()
		}
		var team []*worker
		n, _ := strconv.Atoi(os.Getenv("HOST_CHILDREN"))
		for range n {
			team = append(team, hire("worker", "HOST_CHILDREN=0"))
		}
		fmt.Println("ready")
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println("done") {
			switch lines.Text() {
			case "burn": // with all its workers
				for _, w := range team {
					w.send("burn")
				}
				burn(burst)
				for _, w := range team {
					w.receive()
				}
			case "trail": // on, after an answer
				fmt.Println("answered")
				burn(trail)
			case "bear": // a child that burns and lives on
				team = append(team, hire("burner"))
			case "bury":
				for _, w := range team {
					w.fire()
				}
				team = nil
			case "run": // a child that burns and ends
				play("brief").Run()
			case "end":
				return
			}
		}
	}
}

// worker is a child process that answers each line with a line.
type worker struct {
	*exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	first string // line
}

// hire starts one and waits for its first line.
func hire(part string, env ...string) *worker {
	w := &worker{Cmd: play(part, env...)}
	w.begin()
	return w
}

func (w *worker) begin() {
	w.Stderr = os.Stderr
	w.in, _ = w.StdinPipe()
	out, _ := w.StdoutPipe()
	w.out = bufio.NewReader(out)
	if err := w.Start(); err != nil {
		panic(err)
	}
	w.first = w.receive()
}

func (w *worker) send(line string) { io.WriteString(w.in, line+"\n") }

func (w *worker) receive() string {
	line, _ := w.out.ReadString('\n')
	return strings.TrimSpace(line)
}

func (w *worker) fire() {
	w.in.Close()
	w.Wait()
}

func TestMeter(t *testing.T) {
	for _, c := range []struct {
		name, line string
		children   int
		least      time.Duration
		most       time.Duration // includes sending the line and answering it
	}{
		{"one process", "burn", 0, burst, 3 * burst},
		{"a process and its children", "burn", 3, 4 * burst, 12 * burst},
		{"a child that is born", "bear", 0, burnt, 3 * burnt},
		{"a child that is born and ends", "run", 0, burnt - 2*tick, 3 * burnt},
		{"children that end", "bury", 2, 0, burnt},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := hire("worker", "HOST_CHILDREN="+strconv.Itoa(c.children))
			defer w.fire()
			m, err := NewMeter(w.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			slice := func(line string) (between, used time.Duration) {
				t.Helper()
				ns, err := m.Begin()
				if err != nil {
					t.Fatal(err)
				}
				w.send(line)
				w.receive()
				ns2, err := m.End()
				if err != nil {
					t.Fatal(err)
				}
				return time.Duration(ns), time.Duration(ns2)
			}
			if between, used := slice(c.line); between != 0 || used < c.least || used > c.most {
				t.Errorf("the first time %v before and %v in the slice; want 0 and %v to %v", between, used, c.least, c.most)
			}
			for range 5 {
				if between, used := slice("burn"); between >= burst || used < burst {
					t.Errorf("%v between slices, %v in one; want less than a burst and at least one, %v", between, used, burst)
				}
			}
		})
	}
}

// Begin returns what is used between slices.
func TestMeterBetween(t *testing.T) {
	w := hire("worker")
	defer w.fire()
	m, err := NewMeter(w.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	work := func() { w.send("burn"); w.receive() }
	work()
	before, err := m.Begin()
	in, err2 := m.End()
	work()
	between, err3 := m.Begin()
	if before != 0 || in >= int64(burst) || between < int64(burst) || cmp.Or(err, err2, err3) != nil {
		t.Errorf("%d ns before the first slice, %d in it, %d after it, %v, %v, %v; want 0, less than a burst and at least one, %v", before, in, between, err, err2, err3, burst)
	}
}

// Most slices hold all that the worker does after its answer; without the wait of End few would. On a busy machine the worker may be
// interrupted for so long that End takes it to be at rest.
func TestMeterWaitsForRest(t *testing.T) {
	w := hire("worker")
	defer w.fire()
	m, err := NewMeter(w.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	covered := 0
	for range 12 {
		_, err := m.Begin()
		w.send("trail")
		w.receive()
		in, err2 := m.End()
		w.receive()
		after, err3 := m.Begin()
		if err := cmp.Or(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		if in >= int64(trail) && after < int64(trail)/2 {
			covered++
		}
		seen = append(seen, fmt.Sprint(time.Duration(in), "+", time.Duration(after)))
	}
	if covered < 7 {
		t.Errorf("%d of 12 slices held %v burnt after the answer; slices and what came after: %s", covered, trail, seen)
	}
}

func TestMeterOfTheEnded(t *testing.T) {
	w := hire("worker")
	pid := w.Process.Pid
	says := fmt.Sprintf("process %d ended", pid)
	m, err := NewMeter(pid)
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewMeter(pid)
	if err != nil {
		t.Fatal(err)
	}
	root := again.edge.all[pid]
	root.started--
	again.edge.all[pid] = root
	for range 2 {
		if ns, err := again.Begin(); ns != 0 || err == nil || err.Error() != says {
			t.Errorf("where another has its number: %d, %v; want %q", ns, err, says)
		}
	}

	m.Begin()
	w.send("end")
	w.receive()
	w.out.ReadByte() // the end of its output
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if p, err := readProcess(pid); err != nil || p.ended {
			break
		}
	}
	if ns, err := m.End(); ns != 0 || err == nil || err.Error() != says {
		t.Errorf("before it was waited for: %d, %v; want %q", ns, err, says)
	}
	if _, err := NewMeter(pid); err == nil || err.Error() != says {
		t.Errorf("a new one: %v; want %q", err, says)
	}
	w.fire()
	for name, edge := range map[string]func() (int64, error){"Begin": m.Begin, "End": m.End} {
		if ns, err := edge(); ns != 0 || err == nil || err.Error() != says {
			t.Errorf("%s after it was waited for: %d, %v; want %q", name, ns, err, says)
		}
	}
	if _, err := NewMeter(pid); err == nil || !strings.Contains(err.Error(), "no such process") {
		t.Errorf("a new one: %v", err)
	}
}

func TestSettle(t *testing.T) {
	us := time.Microsecond
	for _, c := range []struct {
		name    string
		changes []time.Duration // when time is booked
		want    time.Duration
	}{
		{"at rest", nil, 100 * us},
		{"one late change", []time.Duration{60 * us}, 160 * us},
		{"change upon change", []time.Duration{60 * us, 150 * us, 240 * us}, 340 * us},
		{"a change too late", []time.Duration{120 * us}, 100 * us},
		{"no rest", []time.Duration{90 * us, 180 * us, 270 * us, 360 * us, 450 * us, 540 * us, 630 * us, 720 * us, 810 * us, 900 * us, 990 * us}, 1000 * us},
	} {
		var at time.Duration
		settle(func() (booked int64) {
			for _, change := range c.changes {
				if at >= change {
					booked++
				}
			}
			return booked
		}, func() time.Time {
			at += 10 * us
			return time.Time{}.Add(at)
		})
		if at -= 10 * us; at != c.want { // settle begins at its first reading of the clock
			t.Errorf("%s: after %v, want %v", c.name, at, c.want)
		}
	}
}

func TestSettleAllocatesNothing(t *testing.T) {
	m, err := NewMeter(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(m.clocks, clock(os.Getpid())) || m.booked() == 0 {
		t.Fatalf("clocks %v say %d", m.clocks, m.booked())
	}
	if n := testing.AllocsPerRun(5, func() { settle(m.booked, time.Now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMeter(b *testing.B) {
	for _, children := range []int{0, 10} {
		w := hire("worker", "HOST_CHILDREN="+strconv.Itoa(children))
		m, err := NewMeter(w.Process.Pid)
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct {
			name string
			f    func() error
		}{
			{"Begin", func() error { _, err := m.Begin(); return err }},
			{"End", func() error { _, err := m.End(); return err }},
			{"BeginAfterABirth", func() error { m.born = ""; _, err := m.Begin(); return err }},
			{"Clocks", func() error { m.booked(); return nil }},
		} {
			b.Run(fmt.Sprintf("%s/children=%d", c.name, children), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := c.f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		w.fire()
	}
}
