package truth

import (
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"carousel/internal/child"
	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/units"
)

// After fifty million requests loadgen takes no more memory than after the first ones.
func TestFiftyMillionRequests(t *testing.T) {
	needsLive(t)
	const million, most, change = 1_000_000, 64 << 20, 1 << 20
	for _, engine := range []string{result.Epoll, result.Uring} {
		addr := serveModel(t)
		l := launch(t, "--engine", engine, "--pipeline", "16", "-n", fmt.Sprint(50*million), addr)
		time.Sleep(time.Second) // more than a million, unless the host is slow
		first := l.resident()
		low, high := first, first
		for l.runs() {
			if now := l.resident(); now > 0 {
				low, high = min(low, now), max(high, now)
			}
			time.Sleep(time.Second / 4)
		}
		load := l.record()
		row(t, engine+": resident memory over 50 million requests", "flat, at most 64 MiB",
			fmt.Sprintf("%s to %s, in %s", mib(low), mib(high), seconds(load.Window.ElapsedNS)), "1 MiB",
			load.Requests.OK == 50*million && low > 0 && high-low <= change && high <= most)
	}
}

// The memory of a connection is the difference in loadgen's memory between ten thousand and a hundred connections, all in use, per connection.
func TestMemoryOfAConnection(t *testing.T) {
	needsLive(t)
	const few, many, most = 100, 10_000, 2 << 10
	for _, engine := range []string{result.Epoll, result.Uring} {
		for _, depth := range []string{"1", "16"} {
			size := map[int]int64{}
			for _, n := range []int{few, many} {
				l := launch(t, "--engine", engine, "-c", fmt.Sprint(n), "-d", "4s", "--pipeline", depth, serveModel(t))
				time.Sleep(3 * time.Second)
				size[n] = l.resident()
				if load := l.record(); load.Connections.Answered != int64(n) || load.Connections.Failed > 0 {
					t.Errorf("%s: of %d connections %d were answered, %d failed", engine, n, load.Connections.Answered, load.Connections.Failed)
				}
			}
			each := (size[many] - size[few]) / (many - few)
			row(t, fmt.Sprintf("%s: memory of a connection, %s at once on it", engine, depth), "at most 2 KiB",
				fmt.Sprintf("%s bytes (%s with %s connections)", units.Count(each), mib(size[many]), units.Count(many)), "0", size[few] > 0 && each <= most)
		}
	}
}

// Ten thousand connections are opened as fast as the server accepts them, and none finds the listen queue full, even a short one.
func TestRampOverflowsNoListenQueue(t *testing.T) {
	needsLive(t)
	const connections = 10_000
	for _, engine := range []string{result.Epoll, result.Uring, result.Net} {
		for _, backlog := range []int{5, 128, sock.Backlog} {
			t.Run(fmt.Sprintf("%s, %d", engine, backlog), func(t *testing.T) { // a subtest, so that its cleanup closes the accepted connections
				ln, addr := acceptor(t, backlog)
				begun := time.Now()
				l := launch(t, "--engine", engine, "-c", fmt.Sprint(connections), "-r", "1", "-d", "1s", addr)
				took := time.Since(begun)
				dropped := drops(t, ln)
				load := l.record()
				row(t, fmt.Sprintf("%s: %s connections, a listen queue of %d", engine, units.Count(connections), backlog), "no SYN refused",
					fmt.Sprintf("%s open in %.1f s, %d failed, %d SYNs refused", units.Count(load.Connections.Opened), took.Seconds(), load.Connections.Failed, dropped), "0",
					load.Connections.Opened == connections && load.Connections.Failed == 0 && dropped == 0)
			})
		}
	}
}

// launched is a running loadgen.
type launched struct {
	*child.Process
	t    *testing.T
	file string
}

// launch starts bin/loadgen with these flags, and returns when its requests begin to flow.
func launch(t *testing.T, flags ...string) *launched {
	t.Helper()
	file := filepath.Join(t.TempDir(), "record.json")
	cmd := exec.Command(filepath.Join("..", "..", "bin", "loadgen"), append([]string{"-q", "--ready", "-o", file}, flags...)...)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = &text, writer
	p, err := child.Start(cmd, clientCPU())
	writer.Close()
	if err != nil {
		t.Fatalf("%v: run \"make build\"", err)
	}
	t.Cleanup(func() { p.Stop(0) })
	if _, err := child.Ready(reader, time.Minute); err != nil {
		t.Fatalf("loadgen %v: %v", flags, err)
	}
	go io.Copy(io.Discard, reader)
	return &launched{p, t, file}
}

// resident returns the resident memory of loadgen now, in bytes; 0 if it has ended.
func (l *launched) resident() int64 { return host.Resident(l.PID()) }

func (l *launched) runs() bool {
	select {
	case <-l.Done():
		return false
	default:
		return true
	}
}

// record waits until loadgen ends, and returns its record, whatever the exit code.
func (l *launched) record() *result.Load {
	l.t.Helper()
	_ = l.Wait()
	load, err := result.ReadLoad(l.file)
	if err != nil {
		l.t.Fatal(err)
	}
	return load
}

// serveModel starts the model epoll and returns its address.
func serveModel(t *testing.T) string {
	t.Helper()
	p, err := child.Start(exec.Command(filepath.Join("..", "..", "bin", "servers"), "--model", "epoll", "-a", "127.0.0.1:0"), serverCPU())
	if err != nil {
		t.Fatalf("%v: run \"make build\"", err)
	}
	t.Cleanup(func() { p.Stop(0) })
	addr, err := child.Ready(p.Stdout, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// acceptor listens with a backlog, and accepts one connection every 50 us, like a server that has other work too. It never replies.
func acceptor(t *testing.T, backlog int) (ln int, addr string) {
	t.Helper()
	ln, addr, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(ln, backlog); err != nil { // a second listen changes the length of the queue
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all []int
		for {
			fd, _, err := unix.Accept(ln)
			if err != nil {
				break
			}
			all = append(all, fd)
			waitUntil(now() + int64(50*time.Microsecond))
		}
		for _, fd := range all {
			sock.Close(fd)
		}
	}()
	t.Cleanup(func() {
		sock.Shutdown(ln)
		<-done
		sock.Close(ln)
	})
	return ln, addr
}

// drops returns how many attempts to connect found the queue of ln full: the last word of SO_MEMINFO (SK_MEMINFO_DROPS of linux/sock_diag.h).
func drops(t *testing.T, ln int) uint32 {
	t.Helper()
	words := [9]uint32{8: math.MaxUint32}
	size := uint32(unsafe.Sizeof(words))
	if _, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(ln), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&words)), uintptr(unsafe.Pointer(&size)), 0); e != 0 {
		t.Fatal(e)
	}
	return words[8]
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
