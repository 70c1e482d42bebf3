package stand

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/bench/protocol"
	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/scenario"
)

// serveFirst returns a server that answers the first so many clients while they stay, and calls then for all others.
func serveFirst(t *testing.T, places int, then func(net.Conn)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var talks sync.WaitGroup
	talks.Go(func() {
		for taken := 0; ; taken++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			do := then
			if taken < places {
				do = perRequest(helloReply)
			}
			talks.Go(func() {
				defer c.Close()
				do(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); talks.Wait() })
	return &server{addr: l.Addr().String()}
}

// afterRequest calls do after a request has arrived.
func afterRequest(do func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		if r := bufio.NewReader(c); r != nil {
			if _, err := http.ReadRequest(r); err == nil {
				do(c)
			}
		}
	}
}

const unavailableReply = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\nConnection: close\r\n\r\nfull\n"

func TestCeiling(t *testing.T) {
	const limit, places = 40, 30 // below 900: there is one step
	say := func(text string) func(net.Conn) { return afterRequest(func(c net.Conn) { io.WriteString(c, text) }) }
	for _, c := range []struct {
		name   string
		places int
		then   func(net.Conn)
		want   result.Crowd
	}{
		{"all are served", limit, nil, result.Crowd{Served: 40}},
		{"some are turned away", places, say(unavailableReply), result.Crowd{Served: 30, Refused: 10}},
		{"turned away before they ask", places, func(c net.Conn) {
			io.WriteString(c, unavailableReply)
			c.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c)
		},
			result.Crowd{Served: 30, Refused: 10}},
		{"turned away with half a word", places, say(unavailableReply[:len(unavailableReply)-2]), result.Crowd{Served: 30, Broken: 10, BrokenBy: map[string]int{result.CutOff: 10}}},
		{"closed", places, afterRequest(func(net.Conn) {}), result.Crowd{Served: 30, Broken: 10, BrokenBy: map[string]int{result.CutOff: 10}}},
		{"reset", places, afterRequest(func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }), result.Crowd{Served: 30, Broken: 10, BrokenBy: map[string]int{result.Reset: 10}}},
		{"never answered", places, func(c net.Conn) { io.Copy(io.Discard, c) }, result.Crowd{Served: 30, Broken: 10, BrokenBy: map[string]int{result.Unanswered: 10}}},
		{"answered wrongly", places, say(strings.Replace(helloReply, "world", "wurld", 1)), result.Crowd{Served: 30, Broken: 10, BrokenBy: map[string]int{result.Wrong: 10}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Connections = limit
			steps, err := ceiling(t.Context(), serveFirst(t, c.places, c.then), limit, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]result.Crowd{c.want}, steps); d != "" {
				t.Error(d)
			}
		})
	}
}

// Each step counts all clients so far, and all stay until the last step.
func TestCeilingGoesUpInSteps(t *testing.T) {
	if soft, _, err := host.FDLimit(); err == nil && soft < 2500 {
		t.Skipf("%d descriptors: too few for both ends of 1050 connections", soft)
	}
	steps, err := ceiling(t.Context(), serveFirst(t, 1012, afterRequest(func(c net.Conn) { io.WriteString(c, unavailableReply) })), 1050, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	want := []result.Crowd{{Connections: 900, Served: 900}, {Connections: 1020, Served: 1012, Refused: 8}, {Connections: 1030, Served: 1012, Refused: 18},
		{Connections: 1050, Served: 1012, Refused: 38}}
	if d := cmp.Diff(want, steps); d != "" {
		t.Error(d)
	}
}

// A client waits as long as others are answered, so a slow server breaks none.
func TestACrowdWaitsWhileOthersAreAnswered(t *testing.T) {
	const wait = 500 * time.Millisecond
	var one sync.Mutex
	slowly := afterRequest(func(c net.Conn) {
		one.Lock()
		defer one.Unlock()
		time.Sleep(wait / 5)
		io.WriteString(c, helloReply)
	})
	steps, err := ceiling(t.Context(), serveFirst(t, 0, slowly), 10, wait)
	if err != nil || steps[0].Served != 10 {
		t.Errorf("%+v, %v", steps, err)
	}
}

func TestCeilingWithoutAServer(t *testing.T) {
	addr, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := ceiling(t.Context(), &server{addr: addr}, 3, time.Second)
	if d := cmp.Diff([]result.Crowd{{Connections: 3, Broken: 3, BrokenBy: map[string]int{result.NoConnect: 3}}}, steps); d != "" || err != nil {
		t.Errorf("nobody listens: %v, %s", err, d)
	}
	why := errors.New("a signal")
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(why)
	if steps, err := ceiling(ctx, serveFirst(t, 9, nil), 3, time.Second); err != why {
		t.Errorf("interrupted: %+v, %v", steps, err)
	}
}

// The stand-in for a server is net/http, which waits when descriptors run out; the model frail ends.
func TestExhaust(t *testing.T) {
	s := bench(t)
	s.candidates["frail"] = model(self, "frail")
	trials := byName(s.Measure(t.Context(), job(t, s, "{name: exhaust, connections: [100], wait: 1s, window: 200ms}", "epoll", "frail")))
	x := trials["epoll"].Exhaust
	if failed := trials["epoll"].Failed; x == nil || failed != "" {
		t.Fatalf("failed %q, %+v", failed, x)
	}
	if c := x.Crowd; x.Files != scenario.ExhaustDescriptors || c.Connections != 100 || c.Served < 20 || c.Served > scenario.ExhaustDescriptors || c.Refused != 0 || c.Broken != 100-c.Served || c.BrokenBy[result.Unanswered] != c.Broken {
		t.Errorf("%+v", *x)
	}
	if !x.Recovered || x.RecoveryNS <= 0 || x.RecoveryNS > int64(recoveryLimit) || x.BusyShare < 0 || x.BusyShare > 0.9 || x.Ended != "" {
		t.Errorf("%+v", *x)
	}
	x = trials["frail"].Exhaust
	if failed := trials["frail"].Failed; x == nil || failed != "" || x.Recovered || !strings.Contains(x.Ended, "exit status 1; it printed: servers: ") || !strings.Contains(x.Ended, "too many open files") {
		t.Errorf("one that ends: failed %q, %+v", failed, x)
	}
}

// cpuShare sees a process that computes.
func TestBusy(t *testing.T) {
	s := bench(t)
	up, err := start(t.Context(), s.candidates["epoll"], nil, false)
	if err != nil {
		t.Fatal(err)
	}
	defer up.stop()
	over := make(chan struct{})
	defer func() { <-over }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		defer close(over)
		for ctx.Err() == nil {
			up.request(time.Second)
		}
	}()
	share, err := cpuShare(t.Context(), up.process.PID(), 300*time.Millisecond)
	if err != nil || share < 0.002 || share > 4 {
		t.Errorf("of a server that answers all the time it is %v, %v", share, err)
	}
	stop()
	time.Sleep(50 * time.Millisecond)
	if idle, err := cpuShare(t.Context(), up.process.PID(), 300*time.Millisecond); err != nil || idle >= share {
		t.Errorf("an idle process uses %v, %v, and a busy one %v", idle, err, share)
	}
}

// bench cannot limit the descriptors of a server that it did not start.
func TestExhaustOfOneThatRuns(t *testing.T) {
	s := bench(t, Candidate{Name: "mine", Guest: true, addr: open(t, 100, "").addr})
	for _, trial := range s.Measure(t.Context(), job(t, s, "{name: exhaust, connections: [3]}", "mine")) {
		if trial.NA != "bench did not start this server, so it cannot limit its descriptors" || trial.Exhaust != nil || trial.Failed != "" {
			t.Errorf("%+v", trial)
		}
	}
}

// loadgen opens the silent connections. If it can open no other connection beside them, that is a result.
func TestIdle(t *testing.T) {
	s := bench(t)
	j := job(t, s, "{name: idle, idle: [9]}", "epoll")
	for _, trial := range s.Measure(t.Context(), j) {
		if trial.Failed != "" || trial.Load == nil || trial.Cell.Idle != 9 || trial.Cell.Connections != 50 {
			t.Errorf("%+v", trial)
		}
	}
	if call := calls(t)[0]; !strings.Contains(call, " -c 50 ") || !strings.Contains(call, " -d 30ms --warmup 0s --idle 9 --timeout 2s http://") {
		t.Errorf("loadgen was called %q", call)
	}
	t.Setenv("FAKE_LOADGEN", "deserted")
	for beside, failed := range map[string]bool{"{name: idle, idle: [9]}": false, "{name: idle, idle: [0]}": true, "{name: block}": true} {
		for _, trial := range s.Measure(t.Context(), job(t, s, beside, "epoll")) {
			if (trial.Failed != "") != failed || trial.Load == nil || trial.Load.Connections.Answered != 0 {
				t.Errorf("%s: %s: failed %q, load %+v", beside, protocol.TrialName(trial.Cell), trial.Failed, trial.Load)
			}
		}
	}
}
