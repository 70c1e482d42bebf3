package main

import (
	"net"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"carousel/internal/result"
)

// The verdict reports a stall of loadgen as its own, and a stall of the server as a pause of the target.
func TestWhoseStall(t *testing.T) {
	const stall = 1500 * time.Millisecond
	for _, engine := range []string{"epoll", "net"} {
		for _, own := range []bool{true, false} {
			var mu sync.Mutex // held: the server stands still
			s := serve(t, func(s *server, conn net.Conn) { answer(s, gated{conn, &mu}) })
			file := filepath.Join(t.TempDir(), "record.json")
			cmd, _ := command(t, s, "-c", "2", "-r", "500", "-d", "4s", "--engine", engine, "-q", "-o", file)
			if own {
				_ = cmd.Process.Signal(syscall.SIGSTOP)
			} else {
				mu.Lock()
			}
			time.Sleep(stall)
			if own {
				_ = cmd.Process.Signal(syscall.SIGCONT)
			} else {
				mu.Unlock()
			}
			_ = cmd.Wait()
			l, err := result.ReadLoad(file)
			if err != nil {
				t.Fatal(err)
			}
			if l.Latency.Max < int64(stall)*8/10 {
				t.Errorf("%s, own %v: %+v", engine, own, l.Latency)
			}
			found := func(check string) bool {
				return slices.ContainsFunc(l.Verdict.Reasons, func(r result.Reason) bool { return r.Check == check })
			}
			stalled := found("stall")
			if found("pause") == own {
				t.Errorf("%s, own %v: a pause of the target: %v, %q", engine, own, !own, l.Verdict.Reasons)
			}
			if own && (!stalled || l.Verdict.State == "valid" || l.OwnStallNS < int64(stall)*8/10) || !own && l.OwnStallNS >= int64(stall)/2 {
				t.Errorf("%s, own %v: stall %v, %s %q", engine, own, time.Duration(l.OwnStallNS), l.Verdict.State, l.Verdict.Reasons)
			}
		}
	}
}

// gated delays a server's replies while mu is held.
type gated struct {
	net.Conn
	mu *sync.Mutex
}

func (g gated) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Conn.Write(p)
}
