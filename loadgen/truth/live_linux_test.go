package truth

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/child"
	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/units"
)

// needsLive skips a test of the live half without -live, or with fewer than two processors.
func needsLive(t *testing.T) {
	t.Helper()
	if !*live {
		t.Skip("skipped: it is of the live half, which takes -live (make truth)")
	}
	if len(host.CPUs()) < 2 {
		skip(t, t.Name(), "the live half takes two processors, one for the server and one for loadgen")
	}
}

// prove is row for a claim of the live half.
func prove(t *testing.T, claim, expected, found, within string, held bool) {
	t.Helper()
	row(t, ofLive+claim, expected, found, within, held)
}

func serverCPU() int { return host.CPUs()[0] }
func clientCPU() int { return host.CPUs()[1] }

// run is the result of a load.
type run struct {
	load  *result.Load
	text  string // what loadgen printed
	begun int64  // when its schedule began, in nanoseconds of CLOCK_MONOTONIC
	log   *Log   // the server's
	noise string // what disturbed it; "": nothing did
}

// drive starts a server that does work for each request, and loads it with bin/loadgen and these flags. meanwhile, which may be nil, is called
// when the requests begin to flow.
func drive(t *testing.T, work Work, meanwhile func(*target), flags ...string) *run {
	t.Helper()
	server := start(t, work)
	file := filepath.Join(t.TempDir(), "record.json")
	var text strings.Builder
	cmd := exec.Command(filepath.Join("..", "..", "bin", "loadgen"), append(flags, "-q", "--ready", "-o", file, server.addr)...)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd.Stdout, cmd.Stderr = &text, writer
	before := lookAround(t, server)
	p, err := child.Start(cmd, clientCPU())
	writer.Close()
	if err != nil {
		t.Fatalf("%v: run \"make build\"", err)
	}
	defer p.Stop(0)
	_ = host.RaiseSession(p.PID()) // as far as is permitted
	if _, err := child.Ready(reader, 10*time.Second); err != nil {
		t.Fatalf("%v\n%s", err, &text)
	}
	if meanwhile != nil {
		meanwhile(server)
	}
	words, _ := io.ReadAll(reader)
	err = p.Wait()
	after := lookAround(t, server)
	_ = server.signal(syscall.SIGCONT)
	r := &run{text: text.String(), log: server.stop()}
	if err != nil {
		t.Fatalf("loadgen %v: %v\n%s%s", flags, err, &text, words)
	}
	if r.load, err = result.ReadLoad(file); err != nil {
		t.Fatal(err)
	}
	r.begun = instant(r.load.Window.Start)
	r.noise = noise(r, before, after, cmd)
	return r
}

// surroundings are the processor times of the machine, the server and this process, at an instant.
type surroundings struct {
	host   host.Snapshot
	ours   int64 // processor time of the server and of this process, in nanoseconds
	at     time.Time
	server host.Tree
}

func lookAround(t *testing.T, server *target) surroundings {
	t.Helper()
	tree, err := host.TreeCPU(server.PID())
	if err != nil {
		t.Fatal(err)
	}
	return surroundings{host: host.TakeAll(), ours: host.SelfCPU().Total(), at: time.Now(), server: tree}
}

// The limits of a quiet host. Beyond them a result says more about the host than about loadgen.
const (
	mostSteal  = 0.02 // of all processors' time, taken by the hypervisor
	mostBeside = 0.05 // of all processors' time, used by other programs
	mostLost   = 0.01 // of the run's time, in which the server was ready to run and did not
)

// ofTheHost are the checks of a verdict that are about loadgen and its machine, not about the server.
var ofTheHost = []string{"own-share", "stall", "steal", "throttled", "run-delay", "gc"}

// noise returns what disturbed the run of a command; "" if nothing did.
func noise(r *run, before, after surroundings, cmd *exec.Cmd) string {
	var found []string
	say := func(what string, share, most float64) {
		if share > most {
			found = append(found, tooMuch(what, share, most))
		}
	}
	d := before.host.Until(after.host)
	say("stolen", d.StealShare, mostSteal)
	if served, err := before.server.Until(after.server); err == nil {
		client := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		say("other programs", d.Beside(served.Total()+after.ours-before.ours+int64(client)), mostBeside)
	}
	say("the server did not run for", float64(r.log.Lost-r.stopped())/float64(after.at.Sub(before.at)), mostLost)
	if r.load == nil { // another load generator: it has no verdict
		return strings.Join(found, "; ")
	}
	for _, reason := range r.load.Verdict.Reasons {
		if reason.State != result.Valid && slices.Contains(ofTheHost, reason.Check) {
			found = append(found, "the verdict: "+reason.Text)
		}
	}
	return strings.Join(found, "; ")
}

// stopped returns for how long the test stopped the server, in nanoseconds.
func (r *run) stopped() int64 {
	if r.log.Longest > int64(time.Second)*9/10 {
		return r.log.Longest
	}
	return 0
}

// quiet repeats a run until the host was quiet, three times at most. If it never was, quiet skips the claim and the test.
func quiet(t *testing.T, claim string, make func() *run) *run {
	t.Helper()
	noise := ""
	for range 3 {
		if noise = busy(); noise != "" {
			continue
		}
		r := make()
		if noise = r.noise; noise == "" {
			return r
		}
	}
	skip(t, claim, "noisy host: "+noise)
	return nil
}

// busy returns how much other programs use the processors before a run; "" if it is little enough.
func busy() string {
	before := host.TakeAll()
	time.Sleep(time.Second)
	if share := before.Until(host.TakeAll()).Beside(0); share > mostBeside {
		return tooMuch("other programs before the run", share, mostBeside)
	}
	return ""
}

func tooMuch(what string, share, most float64) string {
	return fmt.Sprintf("%s %.1f %% (at most %.0f %%)", what, 100*share, 100*most)
}

func (s *target) signal(what syscall.Signal) error { return unix.Kill(s.PID(), what) }

// standStill returns a function that stops the server after a time, and lets it continue after length.
func standStill(after, length time.Duration) func(*target) {
	return func(s *target) {
		from := now() + int64(after)
		for at, what := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
			waitUntil(from + int64(at)*int64(length))
			_ = s.signal(what) // if the server has ended, stop fails to read its log
		}
	}
}

// waitUntil waits until an instant of CLOCK_MONOTONIC, by the kernel's timer alone.
func waitUntil(at int64) {
	until := unix.NsecToTimespec(at)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &until, nil) == unix.EINTR {
	}
}

// bareWait returns how late a thousand waits of a millisecond end on loadgen's processor when it is otherwise idle: nanoseconds, sorted.
func bareWait() []int64 {
	late := make([]int64, 0, 1000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and not unlocked: the thread ends with its goroutine
		var one unix.CPUSet
		one.Set(clientCPU())
		_ = unix.SchedSetaffinity(0, &one)
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
		for at := now() + int64(time.Millisecond); len(late) < cap(late); at += int64(time.Millisecond) {
			waitUntil(at)
			late = append(late, now()-at)
		}
	}()
	<-done
	slices.Sort(late)
	return late
}

// at returns the value below which a share of sorted values lies.
func at(sorted []int64, share float64) int64 { return sorted[int(share*float64(len(sorted)-1))] }

// figure returns one of a record's figures in words, or why the record withholds it.
func figure(l result.Latency, name string) string {
	if why := l.Withheld[name]; why != "" {
		return name + " withheld: " + why
	}
	return name + " " + units.Duration(l.Figure(name))
}

func micros(ns int64) string { return fmt.Sprintf("%.1f µs", float64(ns)/1e3) }
func millis(ns int64) string { return fmt.Sprintf("%.3f ms", float64(ns)/1e6) }
func seconds(ns int64) string {
	return fmt.Sprintf("%.3f s", float64(ns)/1e9)
}
