// Package portraittest makes portraits of invented servers, the same every time, for tests of what draws them.
package portraittest

import (
	"fmt"
	"sort"
	"time"

	"carousel/internal/portrait"
)

const (
	ms    = time.Millisecond
	short = 200 * time.Microsecond // a turn in which nothing computes
)

// All returns portraits of five invented servers: a loop, one that serves a client until it closes, a thread per client, two processes, and
// one without a trace of its turns.
func All() []portrait.Portrait {
	return []portrait.Portrait{Loop(), Blocking(), Threads(), Prefork(), Silent()}
}

// Loop returns a portrait of one loop for all clients: a sleeping request is awaited, a spinning one keeps the loop.
func Loop() portrait.Portrait {
	i := begin("epoll", "loop")
	type job struct {
		client int
		ready  time.Duration
		wakes  bool
	}
	var jobs []job
	for _, r := range portrait.Script() {
		jobs = append(jobs, job{r.Client, r.Connects + r.Silent, false})
	}
	for len(jobs) > 0 {
		sort.SliceStable(jobs, func(a, b int) bool { return jobs[a].ready < jobs[b].ready })
		j := jobs[0]
		jobs = jobs[1:]
		c := i.client(j.client)
		if !j.wakes {
			c.asks(j.ready)
		}
		i.lane(0).until(max(j.ready, i.lane(0).now()), portrait.Idle, 0, "epoll_wait")
		c.until(i.lane(0).now(), portrait.Waits, "its turn is over")
		why := fmt.Sprintf("fd %d is readable", j.client+6)
		if j.wakes {
			why = "its timer has fired"
		}
		c.turn(0, short, portrait.Turn, why)
		if path := c.path(); !j.wakes && path == "/sleep/20ms" {
			c.say("sleeps for 20 ms")
			c.until(c.now()+20*ms, portrait.Asleep, "a timer")
			jobs = append(jobs, job{j.client, c.now(), true})
			continue
		} else if path == "/spin/5ms" {
			c.turn(0, 5*ms, portrait.Works, "works")
		}
		if c.replies() {
			jobs = append(jobs, job{j.client, c.next(), false})
		}
	}
	return i.end()
}

// Blocking returns a portrait of one thread that serves a client until it closes.
func Blocking() portrait.Portrait { return keeping("blocking", "main") }

// Threads returns a portrait of a thread per client.
func Threads() portrait.Portrait {
	var names []string
	for i := range portrait.Script() {
		names = append(names, fmt.Sprintf("thread %d", i+1))
	}
	return keeping("thread", names...)
}

// Prefork returns a portrait of two processes with a worker each, which serve a client until it closes.
func Prefork() portrait.Portrait {
	p := keeping("prefork", "worker 1", "worker 2")
	for i := range p.Lanes {
		p.Lanes[i].Process = i + 2
	}
	for i := range p.Clients {
		c := &p.Clients[i]
		c.Process = c.Requests[0].Spans[0].Lane + 2
	}
	return p
}

// Silent returns a portrait of a server without a trace of its turns.
func Silent() portrait.Portrait {
	p := Loop()
	p.Model, p.Command, p.Lanes, p.Lines = "nethttp", "servers --model nethttp", nil, nil
	for i := range p.Clients {
		c := &p.Clients[i]
		c.Accepted, c.Process = 0, 0
		for j := range c.Requests {
			r := &c.Requests[j]
			r.Spans = []portrait.Span{{From: r.From, To: r.To, State: portrait.Unknown, Lane: -1}}
		}
		fill(c)
	}
	return p
}

// keeping makes a portrait in which each lane serves a client until that closes, then the next client that waits.
func keeping(model string, lanes ...string) portrait.Portrait {
	i := begin(model, lanes...)
	for _, role := range portrait.Script() {
		c := i.client(role.Client)
		n := 0
		for k := range lanes {
			if max(role.Connects, i.lane(k).now()) < max(role.Connects, i.lane(n).now()) {
				n = k
			}
		}
		l := i.lane(n)
		l.until(max(role.Connects, l.now()), portrait.Idle, 0, "accept")
		accepted := l.now()
		for asks := role.Connects + role.Silent; ; asks = c.next() {
			c.asks(asks)
			l.until(max(asks, l.now()), portrait.Waits, role.Client, "read")
			if asks < accepted {
				c.until(accepted, portrait.Unaccepted, "accept")
				last(c.Requests).Spans[0].Lane, last(c.Requests).Spans[0].Behind = n, (role.Client+7)%8
			}
			c.turn(n, short, portrait.Turn, fmt.Sprintf("read: %d bytes", 40+role.Client))
			switch c.path() {
			case "/sleep/20ms":
				c.say("sleeps for 20 ms")
				c.until(c.now()+20*ms, portrait.Asleep, "nanosleep")
				l.until(c.now(), portrait.Waits, role.Client, "nanosleep")
			case "/spin/5ms":
				c.turn(n, 5*ms, portrait.Works, "works")
			}
			if !c.replies() {
				break
			}
		}
	}
	return i.end()
}

// invention is a portrait in the making.
type invention struct{ p portrait.Portrait }

func begin(model string, lanes ...string) *invention {
	i := &invention{portrait.Portrait{Model: model, Command: "servers --model " + model, Processors: 2}}
	for _, name := range lanes {
		i.p.Lanes = append(i.p.Lanes, portrait.Lane{Name: name, Process: 1})
	}
	for _, r := range portrait.Script() {
		i.p.Clients = append(i.p.Clients, portrait.Client{Number: r.Client, Accepted: r.Client, Process: 1, Connects: r.Connects})
	}
	return i
}

func (i *invention) end() portrait.Portrait {
	for k := range i.p.Clients {
		fill(&i.p.Clients[k])
		i.p.Length = max(i.p.Length, i.p.Clients[k].Closed)
	}
	for k := range i.p.Lanes {
		(&row{i, &i.p.Lanes[k]}).until(i.p.Length, portrait.Idle, 0, "accept")
	}
	sort.SliceStable(i.p.Lines, func(a, b int) bool { return i.p.Lines[a].At < i.p.Lines[b].At })
	return i.p
}

// fill makes the row of a client of its requests.
func fill(c *portrait.Client) {
	c.Spans = nil
	at, state := c.Connects, portrait.Idle
	if portrait.Script()[c.Number-1].Silent > 0 {
		state = portrait.Silent
	}
	for _, r := range c.Requests {
		if r.From > at {
			c.Spans = append(c.Spans, portrait.Span{From: at, To: r.From, State: state, Lane: -1})
		}
		c.Spans = append(c.Spans, r.Spans...)
		at, state = r.To, portrait.Idle
	}
	c.Closed = at
}

// row is a lane in the making.
type row struct {
	*invention
	*portrait.Lane
}

func (i *invention) lane(n int) *row { return &row{i, &i.p.Lanes[n]} }

func (l *row) now() time.Duration {
	if len(l.Spans) == 0 {
		return 0
	}
	return last(l.Spans).To
}

func (l *row) until(to time.Duration, s portrait.State, client int, why string) {
	if from := l.now(); to > from {
		l.Spans = append(l.Spans, portrait.Span{From: from, To: to, State: s, Why: why, Lane: -1, Client: client})
	}
}

// part is a client in the making.
type part struct {
	*invention
	*portrait.Client
}

func (i *invention) client(number int) *part { return &part{i, &i.p.Clients[number-1]} }

func (c *part) ask() portrait.Step {
	return portrait.Script()[c.Number-1].Steps[len(c.Requests)-1]
}
func (c *part) path() string { return c.ask().Path }

func (c *part) asks(at time.Duration) {
	c.Requests = append(c.Requests, portrait.Request{From: at, To: at, Status: 200})
	last(c.Requests).Path = c.path()
}

// now returns the end of what its request has done so far.
func (c *part) now() time.Duration { return last(c.Requests).To }

func (c *part) until(to time.Duration, s portrait.State, why string) {
	r := last(c.Requests)
	if to > r.To {
		r.Spans = append(r.Spans, portrait.Span{From: r.To, To: to, State: s, Why: why})
		if s == portrait.Waits {
			last(r.Spans).Behind = c.before(r.To)
		}
		r.To = to
	}
}

// before returns the client that has the first lane at an instant.
func (c *part) before(at time.Duration) int {
	for _, s := range c.p.Lanes[0].Spans {
		if s.From <= at && at < s.To {
			return s.Client
		}
	}
	return 0
}

// turn gives this client a turn of a lane, once the lane is free.
func (c *part) turn(lane int, d time.Duration, s portrait.State, why string) {
	l := c.lane(lane)
	c.until(l.now(), portrait.Waits, "")
	c.until(c.now()+d, s, why)
	last(last(c.Requests).Spans).Lane = lane
	l.until(c.now(), s, c.Number, why)
	c.say("%s, until %.1f ms", why, c.now().Seconds()*1000)
}

func (c *part) say(text string, n ...any) {
	c.p.Lines = append(c.p.Lines, portrait.Line{At: c.now(), Who: fmt.Sprintf("client %d", c.Number), Text: fmt.Sprintf(text, n...), Lane: -1, Client: c.Number})
}

// replies narrates the reply, and reports whether another request follows.
func (c *part) replies() bool {
	c.say("the reply is sent")
	return len(c.Requests) < len(portrait.Script()[c.Number-1].Steps)
}

// next returns when it sends its next request.
func (c *part) next() time.Duration {
	return c.now() + portrait.Script()[c.Number-1].Steps[len(c.Requests)].Think
}

func last[T any](s []T) *T { return &s[len(s)-1] }
