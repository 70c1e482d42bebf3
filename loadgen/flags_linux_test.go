package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/host"
	"carousel/internal/result"
)

// live makes the test try every disturbance ten times, and a quiet run twenty times, on an otherwise idle machine.
var live = flag.Bool("live", false, "try every disturbance ten times on a quiet machine, and print how often each was flagged")

func init() {
	commands["burn"] = func() {
		//lint:ignore SA5002 it is meant to burn processor time
		for {
		}
	}
	commands["narrow"] = narrow
	commands["hello"] = hello
}

// disturbances are those that a verdict must name.
var disturbances = []struct {
	name  string
	check string // the check of the reason that names it
	timed bool   // the check depends on how long something takes, so the machine must be quiet
	run   func(t *testing.T, d time.Duration) *result.Load
}{
	{"busy loop on its processor, closed loop", "run-delay", false, func(t *testing.T, d time.Duration) *result.Load {
		return besideLoop(t, "-c", "8", "-d", d.String())
	}},
	{"busy loop on its processor, 1000/s", "run-delay", true, func(t *testing.T, d time.Duration) *result.Load {
		return besideLoop(t, "-c", "8", "-r", "1000", "-d", d.String())
	}},
	{"a quota of 5 % of a processor", "throttled", false, func(t *testing.T, d time.Duration) *result.Load {
		group := quota(t, 5*time.Millisecond)
		return loaded(t, nil, "sh", "-c", `echo $$ > "$0"/cgroup.procs && exec "$@"`, group, "loadgen", "-c", "8", "-d", d.String(), serve(t, answer).addr)
	}},
	{"a limit of 20 descriptors", "descriptors", false, func(t *testing.T, d time.Duration) *result.Load {
		few := func(pid int) {
			if err := host.LimitFiles(pid, 20); err != nil {
				t.Fatal(err)
			}
		}
		return loaded(t, few, "loadgen", "--ready", "--no-keepalive", "-c", "50", "-d", d.String(), serve(t, oneReply).addr)
	}},
	{"40 local ports, 20 of them taken", "ports", false, func(t *testing.T, d time.Duration) *result.Load {
		return loaded(t, nil, "narrow", "-c", "30", "-d", d.String())
	}},
	{"a server that serves 500/s, offered 2000/s", "offered", false, func(t *testing.T, d time.Duration) *result.Load {
		return loaded(t, nil, "loadgen", "-c", "8", "-r", "2000", "-d", d.String(), serve(t, atMost(500)).addr)
	}},
	{"a listen queue of 5 before one at a time", "drops", false, func(t *testing.T, d time.Duration) *result.Load {
		return loaded(t, nil, "loadgen", "-c", "50", "-d", max(d, 2*time.Second).String(), shortQueue(t).addr)
	}},
	{"replies in two parts by Nagle's algorithm", "nagle", true, func(t *testing.T, d time.Duration) *result.Load {
		return loaded(t, nil, "loadgen", "-c", "8", "-d", d.String(), serve(t, inParts).addr)
	}},
}

// The verdict names each disturbance, which is a real one.
func TestFlags(t *testing.T) {
	runs, length := 1, time.Second
	if *live {
		runs, length = 10, 4*time.Second
	}
	table := new(bytes.Buffer)
	w := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "disturbance\tcheck\truns\tnamed\tnot valid\tchecks seen")
	for _, disturbance := range disturbances {
		t.Run(disturbance.name, func(t *testing.T) {
			if disturbance.timed && !*live {
				t.Skip("it shows on a quiet machine only: run with -live")
			}
			named, doubted, seen := 0, 0, map[string]int{}
			for range runs {
				l := disturbance.run(t, length)
				named += tally(seen, l, disturbance.check)
				if l.Verdict.State != result.Valid {
					doubted++
				}
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%v\n", disturbance.name, disturbance.check, runs, named, doubted, seen)
			if named < runs {
				t.Errorf("named %s in %d of %d runs: %v", disturbance.check, named, runs, seen)
			}
		})
	}
	if *live {
		t.Run("quiet", func(t *testing.T) {
			const runs, most = 20, 1
			doubted, seen := 0, map[string]int{}
			addr := apart(t)
			for i := range runs {
				args := []string{"loadgen", "-c", "8", "-d", length.String(), addr}
				if i%2 == 1 {
					args = append(args, "-r", "1000")
				}
				l := loaded(t, nil, args...)
				tally(seen, l, "")
				if l.Verdict.State != result.Valid {
					doubted++
					t.Logf("%v: %+v", args[1:], l.Verdict.Reasons)
				}
			}
			fmt.Fprintf(w, "nothing, half of the runs at 1000/s\t\t%d\t\t%d\t%v\n", runs, doubted, seen)
			if doubted > most {
				t.Errorf("%d of %d quiet runs are not valid", doubted, runs)
			}
		})
	}
	w.Flush()
	t.Logf("\n%s", table)
}

// tally counts the checks of a verdict, and returns 1 if check is one of them.
func tally(seen map[string]int, l *result.Load, check string) (named int) {
	for _, r := range l.Verdict.Reasons {
		seen[r.Check]++
		if r.Check == check {
			named = 1
		}
	}
	return named
}

// loaded runs a command that ends in flags of loadgen, and returns the record. If ready is not nil, it is called with the process ID when requests
// begin to flow, for which the flags must include --ready.
func loaded(t *testing.T, ready func(pid int), args ...string) *result.Load {
	t.Helper()
	file := filepath.Join(t.TempDir(), "record.json")
	cmd := exec.Command(args[0], append(args[1:], "-q", "-o", file)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	in := bufio.NewReader(stderr)
	if ready != nil {
		if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "READY") {
			t.Fatalf("it said %q, %v", line, err)
		}
		ready(cmd.Process.Pid)
	}
	rest, _ := io.ReadAll(in)
	_ = cmd.Wait()
	l, err := result.ReadLoad(file)
	if err != nil {
		t.Fatalf("%v: %s", err, rest)
	}
	return l
}

// besideLoop returns the record of loadgen on a processor that it shares with a busy loop.
func besideLoop(t *testing.T, args ...string) *result.Load {
	t.Helper()
	addr := serve(t, answer).addr
	cpus := host.CPUs()
	defer confine(t, cpus[len(cpus)-1])()
	loop := exec.Command("burn")
	if err := loop.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = loop.Process.Kill(); _ = loop.Wait() }()
	return loaded(t, nil, slices.Concat([]string{"loadgen"}, args, []string{addr})...)
}

// confine pins the processes that this goroutine starts to one processor, until undo is called.
func confine(t *testing.T, cpu int) (undo func()) {
	t.Helper()
	runtime.LockOSThread()
	var before, one unix.CPUSet
	one.Set(cpu)
	if err := errors.Join(unix.SchedGetaffinity(0, &before), unix.SchedSetaffinity(0, &one)); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = unix.SchedSetaffinity(0, &before)
		runtime.UnlockOSThread()
	}
}

// quota makes a control group for the length of the test, which may use so much processor time in every 100 ms. It skips the test if that is not
// permitted.
func quota(t *testing.T, each time.Duration) (group string) {
	t.Helper()
	us := strconv.FormatInt(each.Microseconds(), 10)
	var why []error
	for _, kind := range []struct{ root, file, text string }{
		{"/sys/fs/cgroup", "cpu.max", us + " 100000"},
		{"/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", us},
	} {
		if _, err := os.Stat(filepath.Join(kind.root, "cgroup.procs")); err != nil {
			why = append(why, err)
			continue
		}
		group = filepath.Join(kind.root, "loadgen-test-"+strconv.Itoa(os.Getpid()))
		err := os.Mkdir(group, 0o755)
		if errors.Is(err, os.ErrExist) { // left by an earlier run
			err = nil
		} else if err == nil {
			t.Cleanup(func() { _ = os.Remove(group) })
		}
		if err == nil {
			err = write(filepath.Join(group, kind.file), kind.text)
		}
		if err == nil {
			return group
		}
		why = append(why, err)
	}
	t.Skipf("no control group can be made with a quota: %v", errors.Join(why...))
	return ""
}

// write writes to an existing file of the kernel.
func write(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// apart starts a server on the first processor, and pins what the test starts later to the last one, so that neither takes the other's processor
// time.
func apart(t *testing.T) (addr string) {
	t.Helper()
	cpus := host.CPUs()
	if len(cpus) < 2 {
		t.Skip("one processor: server and client would take each other's time")
	}
	undo := confine(t, cpus[0])
	cmd := exec.Command("hello")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	undo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(confine(t, cpus[len(cpus)-1]))
	return strings.TrimSpace(line)
}

// hello runs a server until it is killed.
func hello() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(ln.Addr())
	answerAll(ln)
}

// answerAll serves all connections of ln until ln is closed.
func answerAll(ln net.Listener) {
	s := new(server)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go answer(s, conn)
	}
}

// narrow runs loadgen with its arguments in a network namespace with 40 local ports, against a server there to which 20 connections are already
// open.
func narrow() {
	if os.Getenv("NARROW") == "" {
		cmd := exec.Command("narrow", os.Args[1:]...)
		cmd.Env = append(os.Environ(), "NARROW=yes")
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
			Pdeathsig:   syscall.SIGKILL,
		}
		runtime.LockOSThread()
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	addr, err := narrowed()
	if err != nil {
		fmt.Fprintln(os.Stderr, "no network of its own:", err)
		os.Exit(1)
	}
	cmd := exec.Command("loadgen", append(os.Args[1:], addr)...)
	cmd.Stderr = os.Stderr
	_ = cmd.Run() // the record shows whether it succeeded
}

// narrowed sets up the network namespace of narrow in this process, and returns the address of the server.
func narrowed() (addr string, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return "", err
	}
	loopback.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, loopback); err != nil {
		return "", err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:5000")
	if err != nil {
		return "", err
	}
	if err := write("/proc/sys/net/ipv4/ip_local_port_range", "40000 40039"); err != nil {
		return "", err
	}
	go answerAll(ln)
	for range 20 {
		if _, err := net.Dial("tcp", ln.Addr().String()); err != nil {
			return "", err
		}
	}
	return ln.Addr().String(), nil
}

// oneReply sends one reply and closes.
func oneReply(_ *server, conn net.Conn) {
	if _, err := bufio.NewReader(conn).ReadSlice('\n'); err == nil {
		_, _ = io.WriteString(conn, strings.Replace(helloReply, "\r\n", "\r\nConnection: close\r\n", 1))
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
	}
}

// atMost serves at most rate requests per second, one after another.
func atMost(rate int) func(*server, net.Conn) {
	var mu sync.Mutex
	return func(s *server, conn net.Conn) {
		answer(s, slowly{conn, &mu, time.Second / time.Duration(rate)})
	}
}

// slowly delays each write.
type slowly struct {
	net.Conn
	mu   *sync.Mutex
	each time.Duration
}

func (c slowly) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	time.Sleep(c.each)
	return c.Conn.Write(p)
}

// inParts writes each reply in two parts. By Nagle's algorithm the second part waits until the first is acknowledged.
func inParts(s *server, conn net.Conn) {
	_ = conn.(*net.TCPConn).SetNoDelay(false)
	answer(s, parted{conn})
}

type parted struct{ net.Conn }

func (c parted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p[:len(p)/2])
	if err != nil {
		return n, err
	}
	m, err := c.Conn.Write(p[n:])
	return n + m, err
}

// shortQueue returns a server that serves one connection at a time. Its listen queue has a backlog of 5, so six connections can wait.
func shortQueue(t *testing.T) *server {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 5)); err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "queue")
	ln, err := net.FileListener(file)
	file.Close()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: ln.Addr().String()}
	var mu sync.Mutex
	var now net.Conn
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			now = conn
			mu.Unlock()
			answer(s, conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		if now != nil {
			now.Close()
		}
		mu.Unlock()
		<-served
	})
	return s
}
