package story

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"carousel/internal/golden"
	"carousel/internal/traceevent"
)

// Two clients on a loop: one is answered at once, the other sleeps, works and leaves without its last reply.
func TestStory(t *testing.T) {
	var narration bytes.Buffer
	s := Begin(Options{Narrate: &narration, Trace: true, Peer: func(fd int) string { return fmt.Sprintf("127.0.0.1:%d", 40000+fd) }})
	loop := NewLane("loop %d", 1)
	one, two := NewClient(1), NewClient(2)
	loop.Wait("epoll_wait")
	loop.Wait("epoll_wait") // woken for nothing
	loop.Turn(nil, 3, "fd %d is readable: its callback accepts", 3)
	one.Waits(5, "read", "its callback is registered for input on fd %d", 5)
	loop.Turn(one, 5, "the callback of fd %d is called", 5)
	one.Reads(6)
	one.Sends(12, true)
	one.Waits(5, "read", "its callback is registered for input on fd %d", 5)
	loop.Turn(two, 6, "the callback of fd %d is called", 6)
	two.Reads(40)
	two.Waits(6, "sleep", "a timer is set")
	loop.Wait("epoll_wait")
	loop.Turn(two, 6, "the callback of fd %d is called", 6)
	end := two.Works()
	end()
	two.Reads(0)
	two.Closes("fd %d is unregistered, then closed", 6)
	thread := NewLane("thread")
	one.Blocks(thread, 5, "read", "read blocks")
	thread.Turn(one, 5, "read returns")

	var file bytes.Buffer
	if _, err := s.Write(&file, "servers epoll", map[string]any{"model": "epoll"}, nil); err != nil {
		t.Fatal(err)
	}
	times := regexp.MustCompile(`[ 0-9]{4}\.[0-9]{3} ms`)
	golden.Check(t, "narration.txt", times.ReplaceAllString(narration.String(), "   0.000 ms"))

	f, err := traceevent.Parse(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var trace strings.Builder
	fmt.Fprintln(&trace, f.Processes)
	for _, e := range f.Events {
		fmt.Fprintf(&trace, "%-8s %c %-7s %s %v %s\n", f.Lanes[e.TID].Name, e.Phase, e.Category, e.Name, e.Args, e.ID)
	}
	golden.Check(t, "trace.txt", trace.String())
	if peer := f.Lanes[1001].Text("peer"); peer != "127.0.0.1:40005" {
		t.Errorf("client 1 connects from %q", peer)
	}
	one.Say("after the end")
	if strings.Contains(narration.String(), "after the end") || NewLane("x") != nil || NewClient(3) != nil {
		t.Error("the story goes on after its end")
	}
}

// Whatever happens, in any order, slices nest and arrows are complete: the reader rejects any other trace.
func TestAnyStoryIsATrace(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		s := Begin(Options{Trace: true})
		lanes := []*Lane{NewLane("loop 1"), NewLane("loop 2")}
		var clients []*Client
		for n := range 4 {
			clients = append(clients, NewClient(int64(n+1)))
		}
		for range 200 {
			l, c := lanes[random.IntN(2)], clients[random.IntN(4)]
			switch random.IntN(9) {
			case 0:
				l.Wait("select")
			case 1, 2:
				l.Turn(c, 7, "fd %d is ready", 7)
			case 3:
				l.Turn(nil, 0, "looks around")
			case 4:
				c.Waits(7, "read", "in to_read")
			case 5:
				c.Blocks(l, 7, "read", "read blocks")
			case 6:
				c.Reads(random.IntN(3))
			case 7:
				c.Sends(random.IntN(3), random.IntN(2) == 0)
			case 8:
				l.Turn(c, 7, "works")
				c.Works()()
			}
		}
		var file bytes.Buffer
		if _, err := s.Write(&file, "servers", nil, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := traceevent.Parse(file.Bytes()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// A full trace counts the events that it has no room for, and is valid wherever it is cut.
func TestFull(t *testing.T) {
	for most := range 30 {
		s := Begin(Options{Trace: true, MaxEvents: most + 1})
		l, c := NewLane("loop"), NewClient(1)
		for range 3 {
			l.Turn(c, 7, "fd %d is readable", 7)
			c.Reads(6)
			c.Sends(12, true)
			c.Waits(7, "read", "in to_read")
			l.Wait("select")
		}
		var file bytes.Buffer
		dropped, err := s.Write(&file, "servers", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := traceevent.Parse(file.Bytes())
		if err != nil {
			t.Fatalf("of at most %d events: %v", most+1, err)
		}
		if recorded, _ := f.Other["dropped"].(float64); int64(recorded) != dropped || len(f.Events) > most+1 || dropped == 0 {
			t.Errorf("of at most %d events %d are kept, %d dropped, and the file says %v", most+1, len(f.Events), dropped, recorded)
		}
		if all, err := Begin(Options{MaxEvents: 1}).Write(io.Discard, "servers", nil, []*traceevent.File{f, f}); err != nil || all != 2*dropped {
			t.Errorf("of two workers who dropped %d events each %d are said to be, %v", dropped, all, err)
		}
	}
}

// Every thread and connection, also of workers, has a lane of its own, however many there are.
func TestManyLanes(t *testing.T) {
	var files []*traceevent.File
	for range 3 {
		s := Begin(Options{Trace: true})
		const n = 1200
		for k := range n {
			c, l := NewClient(int64(k+1)), NewLane("thread %d", k+1)
			l.Turn(c, 7, "read returns")
			c.Closes("close")
		}
		var file bytes.Buffer
		if _, err := s.Write(&file, "servers", nil, files); err != nil {
			t.Fatal(err)
		}
		f, err := traceevent.Parse(file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		processes := len(f.Processes)
		if len(f.Lanes) != 2*n*processes {
			t.Errorf("%d lanes of %d threads and as many clients in %d processes", len(f.Lanes), n, processes)
		}
		if len(files) < 2 {
			files = append(files, f)
		}
	}
}

// Without a story nothing is allocated.
func TestNoStoryNoGarbage(t *testing.T) {
	l, c := NewLane("loop"), NewClient(1)
	if l != nil || c != nil {
		t.Fatal("there is a story")
	}
	fd := 1000
	if n := testing.AllocsPerRun(100, func() {
		fd++
		l.Turn(c, fd, "fd %d is readable", fd)
		l.Wait("select: %d of %d", fd, fd)
		l.Say("%d ready", fd)
		c.Reads(fd)
		c.Works()()
		c.Sends(fd, true)
		c.Waits(fd, "read", "fd %d is in to_read", fd)
		c.Blocks(l, fd, "read", "fd %d", fd)
		c.Closes("fd %d is closed", fd)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A further process of a story uses the clock of the first, and adds its own name to those of its clients.
func TestPart(t *testing.T) {
	first := Begin(Options{})
	var narration bytes.Buffer
	s := Begin(Options{Narrate: &narration, Process: "worker 2", Began: first.Clock()})
	defer s.End()
	lane := NewLane("worker %d", 2)
	lane.Wait("accept")
	NewClient(1).Closes("close")
	if s.Clock() != first.Clock() {
		t.Errorf("it began at %d, the story at %d", s.Clock(), first.Clock())
	}
	times := regexp.MustCompile(`[ 0-9]+\.[0-9]{3} ms  `)
	want := "worker 2              waits: accept\nclient 1 of worker 2  close\n"
	if got := times.ReplaceAllString(narration.String(), ""); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
