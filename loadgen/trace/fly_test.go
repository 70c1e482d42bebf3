package trace_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/traceevent"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
)

// The replies of an unreliable server.
const (
	good    = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
	last    = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
	busy    = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
	moved   = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
	farther = "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
	endless = "HTTP/1.1 200 OK\r\n\r\nabc"
	noReply = "no reply\r\n\r\n"
)

// happening is an event of a connection at an instant. It is dropped if the connection is closed before.
type happening struct {
	at    int64
	shard *flight.Shard
	conn  *flight.Conn
	era   uint32
	what  func()
}

// world is a load and a simulated server, on a simulated clock.
type world struct {
	*rand.Rand
	now     int64
	run     *flight.Run
	shards  []*flight.Shard
	pending []happening
	until   map[*flight.Conn]int64 // when the last pending event of a connection is due
}

// later adds an event of c after all its pending events.
func (w *world) later(d *flight.Shard, c *flight.Conn, what func()) {
	at := max(w.now, w.until[c]) + w.Int64N(3)*w.Int64N(2_000_000)
	w.until[c] = at
	w.pending = append(w.pending, happening{at, d, c, c.Era, what})
}

// act carries out the actions that a shard returns.
func (w *world) act(d *flight.Shard, size int) {
	for c, do := d.Next(); do != flight.Nothing; c, do = d.Next() {
		switch do {
		case flight.Connect:
			w.until[c] = 0
			if w.IntN(8) == 0 {
				w.later(d, c, func() { d.Refused(c, record.ConnectRefused, nil) })
			} else if w.IntN(20) > 0 { // else the connect never ends
				w.later(d, c, func() { d.Connected(c) })
			}
		case flight.Send:
			n := len(c.Out())
			c.Sent(n)
			for range n / size {
				w.answer(d, c)
			}
		}
	}
}

// answer adds the events of a random reply to a request on c.
func (w *world) answer(d *flight.Shard, c *flight.Conn) {
	feed := func(text string) {
		w.later(d, c, func() {
			for era := c.Era; len(text) > 0 && c.Era == era; {
				n := min(len(text), 1+w.IntN(len(text)))
				d.Feed(c, []byte(text[:n]))
				text = text[n:]
				if w.IntN(2) == 0 {
					w.now += w.Int64N(1000)
				}
			}
		})
	}
	eof := func() { w.later(d, c, func() { d.Closed(c, record.ReadEOF) }) }
	switch w.IntN(40) {
	case 0:
		feed(last)
	case 1:
		feed(busy)
	case 2, 3:
		feed(moved)
	case 4:
		feed(farther)
	case 5:
		feed(endless)
		eof()
	case 6:
		feed(good[:len(good)-1])
		w.later(d, c, func() { d.Closed(c, record.ReadReset) })
	case 7:
		eof()
	case 8:
		feed(noReply)
	case 9: // no reply
	default:
		feed(good)
	}
}

// any returns a random load.
func (w *world) any() result.Spec {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections = "http://127.0.0.1:1/", result.Net, 1+w.IntN(4)
	s.Duration, s.Grace = 20*time.Millisecond, time.Duration(w.IntN(2))*5*time.Millisecond
	s.Warmup, s.Timeout = time.Duration(w.IntN(2))*8*time.Millisecond, time.Duration(2+w.IntN(9))*time.Millisecond
	s.Idle = w.IntN(3)
	switch w.IntN(5) {
	case 0:
		s.Rate, s.Spin = 500+9000*w.Float64(), 0
	case 1:
		s.Pipeline = 2 + w.IntN(4)
		return s
	case 2:
		s.NoKeepalive, s.MaxRedirects = true, w.IntN(3)
	case 3:
		s.Think = time.Millisecond
	}
	if w.IntN(2) == 0 {
		s.Paths = []string{"/a?b=c&d=<e>", "/é"}
	}
	s.MaxRedirects = w.IntN(3)
	if w.IntN(4) == 0 {
		s.Requests, s.Duration = 1+w.Int64N(60), 0
	}
	return s
}

// fly runs a random load, and returns its trace and its record.
func fly(t *testing.T, seed uint64, limit int) (*traceevent.File, *result.Load, trace.Tally) {
	t.Helper()
	w := &world{Rand: rand.New(rand.NewPCG(seed, 0)), until: map[*flight.Conn]int64{}}
	s := w.any()
	requests := client.New(s)
	w.run = flight.New(s, requests, nil, func() int64 { return w.now })
	tr := trace.New(limit)
	tr.Room(2)
	w.run.Trace = tr.Process("a server", s.Connections, s.Idle, s.Pipeline, w.run.Names())
	for k, n := 0, 1+w.IntN(min(2, s.Connections)); k < n; k++ {
		w.shards = append(w.shards, w.run.Shard(k, n, nil))
	}
	size := len(requests[0].Bytes)
	phase := func(begin func(*flight.Shard)) {
		for _, d := range w.shards {
			begin(d)
		}
		for going, turns := slices.Clone(w.shards), 0; len(going) > 0; turns++ {
			if turns > 1_000_000 {
				t.Fatalf("seed %d: it does not end", seed)
			}
			wake := int64(record.Never)
			going = slices.DeleteFunc(going, func(d *flight.Shard) bool {
				goes := d.Turn()
				if w.act(d, max(1, size)); goes {
					wake = min(wake, d.Wake())
				}
				return !goes
			})
			slices.SortStableFunc(w.pending, func(a, b happening) int { return int(min(max(a.at-b.at, -1), 1)) })
			if len(w.pending) > 0 {
				wake = min(wake, w.pending[0].at)
			}
			if len(going) > 0 {
				w.now = max(w.now, wake)
			}
			if len(w.pending) > 0 && w.pending[0].at <= w.now {
				h := w.pending[0]
				w.pending = w.pending[1:]
				if h.conn.Era == h.era && len(going) > 0 {
					h.what()
					w.act(h.shard, max(1, size))
				}
			}
		}
	}
	phase(func(d *flight.Shard) { d.Try(true) })
	phase(func(d *flight.Shard) { d.Try(false) })
	w.run.Flow(w.now)
	if w.IntN(5) == 0 { // an interrupt
		h := w.now + w.Int64N(25_000_000)
		w.pending = append(w.pending, happening{h, w.shards[0], w.shards[0].Conn(0), w.shards[0].Conn(0).Era, w.run.Stop})
	}
	phase((*flight.Shard).Start)
	end := w.run.Until()
	if end == record.Never {
		end = w.now
	}
	flight.Settle(w.shards, end, record.NoConnection)
	var records []*record.Recorder
	for _, d := range w.shards {
		records = append(records, d.Record)
	}
	l, err := record.Merge(records, time.Duration(max(1, end-w.run.Opens)))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	tally, err := tr.Write(&text, map[string]any{"seed": seed})
	if err != nil {
		t.Fatal(err)
	}
	f, err := traceevent.Parse(text.Bytes())
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return f, l, tally
}
