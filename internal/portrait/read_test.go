package portrait

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/traceevent"
)

// invented is an invented trace of a server, with instants in milliseconds. It began when the monotonic clock was at 1000 ms.
type invented struct{ *traceevent.File }

func invent() invented {
	return invented{&traceevent.File{
		Other:     map[string]any{"model": "invented", "command": "servers --model invented", "processors": 2.0, "monotonic_ns": 1e9},
		Processes: map[int]string{1: "servers invented"}, Lanes: map[int]traceevent.Event{},
	}}
}

func (f invented) lane(pid, tid int, name string, peer ...int) {
	args := map[string]any{"name": name}
	for _, port := range peer {
		args["peer"] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	f.Lanes[tid] = traceevent.Event{Phase: 'M', Name: name, PID: pid, TID: tid, Args: args}
}

// slice adds a slice; args are keys and values.
func (f invented) slice(tid int, category, name string, from, to float64, args ...any) {
	e := traceevent.Event{Phase: 'X', Name: name, Category: category, At: int64(from * 1e6), Length: int64((to - from) * 1e6), PID: f.Lanes[tid].PID, TID: tid, Args: map[string]any{}}
	for i := 0; i < len(args); i += 2 {
		if n, is := args[i+1].(int); is {
			args[i+1] = float64(n)
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	f.Events = append(f.Events, e)
}

func (f invented) say(tid int, at float64, text string) {
	f.Events = append(f.Events, traceevent.Event{Phase: 'i', Name: text, Category: "say", At: int64(at * 1e6), PID: f.Lanes[tid].PID, TID: tid})
}

// played returns a play that began 10 ms after the trace did. Its clients, at ports from 41001, each sent one request, from asks[i][0] to
// asks[i][1] in milliseconds. A negative end is when the client gave up.
func played(asks ...[2]float64) *Play {
	p := &Play{Began: 1.01e9}
	for i, a := range asks {
		from, to, status := time.Duration(a[0]*1e6), time.Duration(a[1]*1e6), 200
		if to < 0 {
			to, status = -to, 0
		}
		p.Clients = append(p.Clients, Played{Client: i + 1, Port: 41001 + i, Events: []Event{
			{Kind: connecting, From: time.Duration(i) * 100_000, To: time.Duration(i)*100_000 + 50_000},
			{Kind: requesting, From: from, To: to, Path: "/", Status: status},
		}})
	}
	return p
}

// joinedAndRead joins p to f, writes the trace, and makes a portrait of what it reads back.
func joinedAndRead(t *testing.T, f invented, p *Play) Portrait {
	t.Helper()
	if err := Join(f.File, p); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := Write(&text, f.File); err != nil {
		t.Fatal(err)
	}
	again, err := traceevent.Parse(text.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, &text)
	}
	got, err := FromTrace(again)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// rowText returns a row as text: each span with its first instant.
func rowText(spans []Span) string {
	var b strings.Builder
	for i, s := range spans {
		if i > 0 && s.From != spans[i-1].To {
			fmt.Fprintf(&b, "%v gap; ", spans[i-1].To)
		}
		fmt.Fprintf(&b, "%v %v", s.From, s.State)
		if s.Why != "" {
			fmt.Fprintf(&b, " (%s)", s.Why)
		}
		if s.Lane >= 0 {
			fmt.Fprintf(&b, " on %d", s.Lane)
		}
		if s.Client > 0 {
			fmt.Fprintf(&b, " for %d", s.Client)
		}
		if s.Behind > 0 {
			fmt.Fprintf(&b, " behind %d", s.Behind)
		}
		b.WriteString("; ")
	}
	if n := len(spans); n > 0 {
		fmt.Fprintf(&b, "%v", spans[n-1].To)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		server  func(f invented)
		asks    [][2]float64
		clients []string // the spans of the request of each
		lanes   []string
		lines   []string
	}{
		"a loop: who waits, behind whom, and who sleeps": {
			server: func(f invented) {
				f.lane(1, 1, "loop")
				f.lane(1, 1001, "client 1", 41001)
				f.lane(1, 1002, "client 2", 41002)
				f.slice(1, "wait", "epoll_wait", 5, 11)
				f.slice(1, "turn", "client 1", 11, 14, "client", 1, "why", "fd 7 is readable")
				f.slice(1, "work", "works", 12, 14)
				f.slice(1, "turn", "client 2", 14, 15, "client", 2, "why", "fd 8 is readable")
				f.slice(1, "wait", "epoll_wait", 15, 18)
				f.slice(1, "turn", "client 2", 18, 19, "client", 2, "why", "its timer fired")
				f.slice(1, "turn", "timers", 19, 20)
				f.slice(1001, "wait", "readable", 10.1, 11, "kind", "read")
				f.slice(1001, "turn", "its turn", 11, 14, "lane", "loop")
				f.slice(1001, "work", "works", 12, 14)
				f.slice(1001, "wait", "readable", 14, 20, "kind", "read")
				f.slice(1002, "wait", "readable", 10.2, 14, "kind", "read")
				f.slice(1002, "turn", "its turn", 14, 15, "lane", "loop")
				f.slice(1002, "wait", "a timer", 15, 18, "kind", "sleep")
				f.slice(1002, "turn", "its turn", 18, 19, "lane", "loop")
				f.slice(1002, "wait", "readable", 19, 20, "kind", "read")
				f.say(1, 9, "before anybody came")
				f.say(1, 11, "epoll_wait: 1 ready")
				f.say(1002, 14.5, "sleeps")
				f.say(1, 16, "epoll_wait: 0 ready")
				f.say(1, 19.9, "after everybody left")
			},
			asks: [][2]float64{{0.5, 4.5}, {1, 9.5}},
			clients: []string{
				"500µs waits (readable) on 0; 1ms turn (fd 7 is readable) on 0; 2ms works (works) on 0; 4ms replied; 4.5ms",
				"1ms waits (readable) on 0 behind 1; 4ms turn (fd 8 is readable) on 0; 5ms asleep (a timer) on 0; 8ms turn (its timer fired) on 0; 9ms replied; 9.5ms",
			},
			lanes: []string{"loop 1: 0s idle (epoll_wait); 1ms turn (fd 7 is readable) for 1; 2ms works (works) for 1; 4ms turn (fd 8 is readable) for 2; " +
				"5ms idle (epoll_wait); 8ms turn (its timer fired) for 2; 9ms turn; 9.5ms"},
			lines: []string{"1ms loop 1 epoll_wait: 1 ready", "4.5ms client 2 2 sleeps", "6ms loop 0 epoll_wait: 0 ready"},
		},
		"a reply that waits for the next turn of its client": {
			server: func(f invented) {
				f.lane(1, 1, "carousel")
				f.lane(1, 1001, "client 1", 41001)
				f.slice(1, "turn", "client 1", 11, 12, "client", 1)
				f.slice(1, "turn", "client 1", 14, 15, "client", 1)
				f.slice(1001, "turn", "its turn", 11, 12)
				f.slice(1001, "wait", "to_write", 12, 14, "kind", "write")
				f.slice(1001, "turn", "its turn", 14, 15)
				f.slice(1001, "wait", "to_read", 15, 30, "kind", "read")
			},
			asks:    [][2]float64{{1, 5}},
			clients: []string{"1ms turn on 0; 2ms waits (to_write) on 0; 4ms turn on 0; 5ms"},
			lanes:   []string{"carousel 1: 1ms turn for 1; 2ms gap; 4ms turn for 1; 5ms"},
		},
		"one after another: who is blocked in read keeps the lane, and who is never accepted is answered never": {
			server: func(f invented) {
				f.lane(1, 1, "main")
				f.lane(1, 1001, "client 1", 41001)
				f.slice(1, "wait", "accept", 1, 10.1)
				f.slice(1, "wait", "read", 10.1, 12, "client", 1)
				f.slice(1, "turn", "client 1", 12, 13, "client", 1, "why", "read: 40 bytes")
				f.slice(1, "wait", "read", 13, 20, "client", 1)
				f.slice(1001, "wait", "read", 10.1, 12, "kind", "read")
				f.slice(1001, "turn", "its turn", 12, 13, "lane", "main")
				f.slice(1001, "wait", "read", 13, 20, "kind", "read")
			},
			asks:    [][2]float64{{1.9, 3}, {1, -9.5}},
			clients: []string{"1.9ms waits (read) on 0; 2ms turn (read: 40 bytes) on 0; 3ms", "1ms unaccepted behind 1; 9.5ms"},
			lanes:   []string{"main 1: 0s idle (accept); 100µs waits (read) for 1; 2ms turn (read: 40 bytes) for 1; 3ms waits (read) for 1; 9.5ms"},
		},
		"accepted late": {
			server: func(f invented) {
				f.lane(1, 1, "main")
				f.lane(1, 1001, "client 1", 41001)
				f.lane(1, 1002, "client 2", 41002)
				f.slice(1, "turn", "client 1", 10.5, 13, "client", 1)
				f.slice(1, "turn", "client 2", 14, 15, "client", 2)
				f.slice(1001, "turn", "its turn", 10.5, 13, "lane", "main")
				f.slice(1002, "wait", "read", 13.5, 14, "kind", "read")
				f.slice(1002, "turn", "its turn", 14, 15, "lane", "main")
			},
			asks:    [][2]float64{{0.5, 3}, {1, 5}},
			clients: []string{"500µs turn on 0; 3ms", "1ms unaccepted on 0 behind 1; 3ms unaccepted on 0; 3.5ms waits (read) on 0; 4ms turn on 0; 5ms"},
			lanes:   []string{"main 1: 500µs turn for 1; 3ms gap; 4ms turn for 2; 5ms"},
		},
		"an executor's thread works while its client's lane waits for it": {
			server: func(f invented) {
				f.lane(1, 1, "loop")
				f.lane(1, 2, "executor thread 1")
				f.lane(1, 1001, "client 1", 41001)
				f.lane(1, 1002, "client 2", 41002)
				f.slice(1, "turn", "client 1", 11, 12, "client", 1)
				f.slice(1, "turn", "client 1", 16, 17, "client", 1)
				f.slice(2, "turn", "client 2", 11, 13, "client", 2, "why", "its handler was submitted")
				f.slice(2, "turn", "client 1", 13, 15, "client", 1, "why", "its handler was submitted")
				f.slice(2, "work", "works", 13, 15)
				f.slice(1001, "turn", "its turn", 11, 12, "lane", "loop")
				f.slice(1001, "wait", "an executor's thread", 12, 16, "kind", "work")
				f.slice(1001, "turn", "its turn", 16, 17, "lane", "loop")
				f.slice(1002, "wait", "an executor's thread", 11, 17, "kind", "work")
			},
			asks: [][2]float64{{1, 7}, {1, 7}},
			clients: []string{
				"1ms turn on 0; 2ms waits (an executor's thread) on 1 behind 2; 3ms works (works) on 1; 5ms waits (an executor's thread) on 0; 6ms turn on 0; 7ms",
				"1ms turn (its handler was submitted) on 1; 3ms replied; 7ms",
			},
			lanes: []string{
				"loop 1: 1ms turn for 1; 2ms gap; 6ms turn for 1; 7ms",
				"executor thread 1 1: 1ms turn (its handler was submitted) for 2; 3ms works (works) for 1; 5ms",
			},
		},
		"several processes, each of which counts its clients from 1": {
			server: func(f invented) {
				f.Processes[2], f.Processes[3] = "worker 1", "worker 2"
				f.lane(1, 1, "parent")
				f.lane(2, 11, "worker")
				f.lane(3, 21, "worker")
				f.lane(2, 1001, "client 1", 41002)
				f.lane(3, 1101, "client 1", 41001)
				f.slice(1, "wait", "wait4", 0, 5) // before any client connected
				f.slice(11, "turn", "client 1", 12, 13, "client", 1)
				f.slice(21, "turn", "client 1", 11, 12, "client", 1)
				f.slice(1001, "wait", "read", 11, 12, "kind", "read")
				f.slice(1001, "turn", "its turn", 12, 13, "lane", "worker")
				f.slice(1101, "turn", "its turn", 11, 12, "lane", "worker")
				f.say(1101, 11.5, "is served")
				f.say(11, 12.5, "client 1's turn, and client 9 is not ours")
			},
			asks:    [][2]float64{{1, 2}, {1, 3}},
			clients: []string{"1ms turn on 1; 2ms", "1ms waits (read) on 0; 2ms turn on 0; 3ms"},
			lanes:   []string{"worker 2: 2ms turn for 2; 3ms", "worker 3: 1ms turn for 1; 2ms"},
			lines:   []string{"1.5ms client 1 1 is served", "2.5ms worker 2 client 2's turn, and client 9 is not ours"},
		},
		"a server that does not know who its clients are": {
			server: func(f invented) {
				f.lane(1, 1, "loop")
				f.lane(1, 1001, "client 1")
				f.slice(1, "turn", "timers", 11, 12)
				f.slice(1001, "work", "works", 11, 12)
			},
			asks:    [][2]float64{{1, 2}},
			clients: []string{"1ms unknown; 2ms"},
			lanes:   []string{"loop 1: 1ms turn; 2ms"},
		},
		"a server that keeps no account": {
			server:  func(f invented) {},
			asks:    [][2]float64{{1, 2}},
			clients: []string{"1ms unknown; 2ms"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := invent()
			c.server(f)
			p := joinedAndRead(t, f, played(c.asks...))
			if p.Model != "invented" || p.Command != "servers --model invented" || p.Processors != 2 || p.Length != time.Duration(math.Abs(c.asks[len(c.asks)-1][1])*1e6) {
				t.Errorf("it is %s (%s) for %v on %d processors", p.Model, p.Command, p.Length, p.Processors)
			}
			var clients, lanes, lines []string
			for _, c := range p.Clients {
				clients = append(clients, rowText(c.Requests[0].Spans))
				if row := rowText(c.Spans); strings.Contains(row, "gap") || !strings.Contains(row, rowText(c.Requests[0].Spans)) {
					t.Errorf("the row of client %d: %s", c.Number, row)
				}
			}
			for _, l := range p.Lanes {
				lanes = append(lanes, fmt.Sprintf("%s %d: %s", l.Name, l.Process, rowText(l.Spans)))
			}
			for _, l := range p.Lines {
				lines = append(lines, fmt.Sprintf("%v %s %d %s", l.At, l.Who, l.Client, l.Text))
			}
			for _, d := range []string{cmp.Diff(c.clients, clients), cmp.Diff(c.lanes, lanes), cmp.Diff(c.lines, lines)} {
				if d != "" {
					t.Error(d)
				}
			}
		})
	}
}

// A request that has slept for its time waits for its turn from then on, unless its timer is only a little late.
func TestAwake(t *testing.T) {
	const ms = time.Millisecond
	sleeps := func(from, to time.Duration) Span {
		return Span{From: from, To: to, State: Asleep, Why: "a timer", Lane: -1}
	}
	turn := Span{From: 30 * ms, To: 31 * ms, State: Turn, Lane: -1}
	for name, c := range map[string]struct {
		spans []Span
		path  string
		want  string
	}{
		"too long":     {[]Span{sleeps(5*ms, 30*ms), turn}, "/sleep/20ms", "5ms asleep (a timer); 25ms waits (a timer); 30ms turn; 31ms"},
		"a little":     {[]Span{sleeps(9500*time.Microsecond, 30*ms), turn}, "/sleep/20ms", "9.5ms asleep (a timer); 30ms turn; 31ms"},
		"in two parts": {[]Span{sleeps(5*ms, 20*ms), sleeps(20*ms, 30*ms), turn}, "/sleep/20ms", "5ms asleep (a timer); 20ms asleep (a timer); 25ms waits (a timer); 30ms turn; 31ms"},
		"backwards":    {[]Span{sleeps(5*ms, 30*ms), turn}, "/sleep/-20ms", "5ms waits (a timer); 30ms turn; 31ms"},
		"for ever":     {[]Span{sleeps(5*ms, 30*ms), turn}, "/sleep/2562047h47m16.854775807s", "5ms asleep (a timer); 30ms turn; 31ms"},
		"no sleep":     {[]Span{sleeps(5*ms, 30*ms), turn}, "/spin/5ms", "5ms asleep (a timer); 30ms turn; 31ms"},
		"no duration":  {[]Span{sleeps(5*ms, 30*ms), turn}, "/sleep/long", "5ms asleep (a timer); 30ms turn; 31ms"},
	} {
		if got := rowText(awake(c.spans, c.path)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A server is done with a request when it waits for the client again or closes the connection, whether the client has the reply or not.
func TestDone(t *testing.T) {
	for name, c := range map[string]struct {
		ends float64 // when its last turn ends
		next bool    // whether it waits for the client after that
		want float64
	}{
		"before": {13.5, true, 3.5}, "after": {15, true, 5}, "it closes": {15, false, 5}, "it closed": {13, false, 4},
	} {
		f := invent()
		f.lane(1, 1, "thread")
		f.lane(1, 1001, "client 1", 41001)
		f.slice(1, "turn", "client 1", 12, c.ends, "client", 1)
		f.slice(1001, "wait", "read", 10, 12, "kind", "read")
		f.slice(1001, "wait", "write", 12, 12.5, "kind", "write")
		f.slice(1001, "turn", "its turn", 12.5, c.ends)
		if c.next {
			f.slice(1001, "wait", "read", c.ends, 30, "kind", "read")
		}
		p := joinedAndRead(t, f, played([2]float64{1, 4}))
		if got := p.Clients[0].Requests[0].Done; got != time.Duration(c.want*1e6) {
			t.Errorf("%s: at %v", name, got)
		}
	}
}

// The narration of a request has the lines of its client and those of its lane that are about no client.
func TestWords(t *testing.T) {
	p := Portrait{
		Clients: []Client{{Number: 1, Requests: []Request{{From: 10, To: 20, Done: 22, Spans: []Span{{Lane: -1}, {Lane: 1}}}}}},
		Lines: []Line{
			{At: 9, Text: "before", Client: 1, Lane: -1}, {At: 10, Text: "a", Client: 1, Lane: -1}, {At: 11, Text: "another's", Client: 2, Lane: 1},
			{At: 12, Text: "another lane", Lane: 0}, {At: 13, Text: "b", Lane: 1}, {At: 14, Text: "c", Client: 1, Lane: 1}, {At: 15, Text: "of none", Lane: -1}, {At: 22, Text: "still its turn", Client: 1, Lane: -1}, {At: 23, Text: "after", Client: 1, Lane: -1},
		},
	}
	var got []string
	for _, l := range p.Narration(1, 0) {
		got = append(got, l.Text)
	}
	if want := []string{"a", "b", "c", "still its turn"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The joined trace has what the clients did, for a trace viewer.
func TestJoin(t *testing.T) {
	f := invent()
	f.lane(1, 1001, "client 7", 41001)
	p := played([2]float64{1, 2}, [2]float64{1, 3})
	p.Clients[1].Events[1].Status, p.Clients[1].Events[1].Error = 0, "EOF"
	if err := Join(f.File, p); err != nil {
		t.Fatal(err)
	}
	requests := f.Pick(traceevent.Slice, "request")
	want := []map[string]any{{"status": 200.0, "client": 7.0}, {"error": "EOF"}}
	for i, e := range requests {
		if e.At != 11e6 || e.TID != 2001+i || e.PID != 100 || e.Name != "/" {
			t.Errorf("%+v", e)
		}
		if d := cmp.Diff(want[i], e.Args); d != "" {
			t.Error(d)
		}
	}
	if len(requests) != 2 {
		t.Errorf("%d requests", len(requests))
	}
	if err := Join(f.File, p); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second time: %v", err)
	}
}

// A trace that has no common clock with the clients is an error.
func TestClocks(t *testing.T) {
	for name, c := range map[string]struct {
		other map[string]any
		want  time.Duration
		says  string
	}{
		"after":   {map[string]any{"monotonic_ns": 5e9}, 7, ""},
		"unknown": {map[string]any{"monotonic_ns": "5"}, 0, "does not say when it began"},
		"before":  {map[string]any{"monotonic_ns": 6e9}, 0, "begins 999.999993ms after the clients did"},
	} {
		got, err := since(&traceevent.File{Other: c.other}, &Play{Began: 5e9 + 7})
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// A server's trace alone, or one with lanes that Join does not make, is no portrait.
func TestReadRefuses(t *testing.T) {
	f := invent()
	f.lane(1, 1, "loop")
	if _, err := FromTrace(f.File); err == nil || !strings.Contains(err.Error(), "no client") {
		t.Errorf("the server's alone: %v", err)
	}
	for _, name := range []string{"somebody", "client 3"} {
		f = invent()
		f.lane(100, 2001, name)
		f.slice(2001, "request", "/", 1, 2)
		if _, err := FromTrace(f.File); err == nil || !strings.Contains(err.Error(), "client 1 should") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// For any trace, reading and drawing ends, and rows have no gaps.
func FuzzRead(f *testing.F) {
	server := invent()
	server.lane(1, 1, "loop")
	server.lane(1, 1001, "client 1", 41001)
	server.slice(1, "turn", "client 1", 11, 14, "client", 1, "why", "fd 7 is readable")
	server.slice(1, "work", "works", 12, 13)
	server.slice(1001, "wait", "readable", 10.5, 11, "kind", "read")
	server.slice(1001, "turn", "its turn", 11, 14)
	server.slice(1001, "wait", "a timer", 14, 40, "kind", "sleep")
	server.say(1, 11, "client 1's turn")
	play := played([2]float64{0.5, 31}, [2]float64{1, -40})
	play.Clients[0].Events[1].Path = "/sleep/20ms"
	if err := Join(server.File, play); err != nil {
		f.Fatal(err)
	}
	var text bytes.Buffer
	if err := Write(&text, server.File); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		trace, err := traceevent.Parse(text)
		if err != nil {
			return
		}
		p, err := FromTrace(trace)
		if err != nil {
			return
		}
		Text(p, 80)
		for _, c := range p.Clients {
			for i, s := range c.Spans {
				if s.To <= s.From || i > 0 && s.From != c.Spans[i-1].To || s.Lane >= len(p.Lanes) {
					t.Fatalf("client %d: %s", c.Number, rowText(c.Spans))
				}
			}
			for i := range c.Requests {
				p.Narration(c.Number, i)
			}
		}
	})
}

// A trace with too many events, or too long, is refused: to read it could take for ever.
func TestReadIsBounded(t *testing.T) {
	f := invent()
	for range mostEvents + 1 {
		f.Events = append(f.Events, traceevent.Event{Phase: 'i'})
	}
	if _, err := FromTrace(f.File); err == nil || !strings.Contains(err.Error(), "20001 events") {
		t.Errorf("too many: %v", err)
	}
	f = invent()
	if err := Join(f.File, played([2]float64{1, 70_000})); err != nil {
		t.Fatal(err)
	}
	if _, err := FromTrace(f.File); err == nil || !strings.Contains(err.Error(), "play for 1m10s") {
		t.Errorf("too long: %v", err)
	}
}

func TestLoad(t *testing.T) {
	f := invent()
	f.lane(1, 1, "loop")
	f.slice(1, "turn", "client 1", 1, 2, "client", 1)
	var plain, packed bytes.Buffer
	if err := Write(&plain, f.File); err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(&packed)
	z.Write(plain.Bytes())
	z.Close()
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"plain.json": {plain.Bytes(), ""}, "packed.json.gz": {packed.Bytes(), ""},
		"torn.json.gz": {packed.Bytes()[:packed.Len()-9], "torn.json.gz: unexpected EOF"}, "torn.json": {plain.Bytes()[:99], "torn.json: no file of trace events"},
		"none.json.gz": {nil, "none.json.gz: EOF"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, c.text, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ReadTrace(path)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || !slices.Equal(slices.Sorted(maps.Keys(got.Lanes)), []int{1}) || len(got.Events) != 1 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	if _, err := ReadTrace("testdata/missing.json"); err == nil {
		t.Error("a file that is not there")
	}
}
