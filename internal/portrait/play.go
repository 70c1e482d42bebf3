package portrait

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"carousel/internal/traceevent"
)

// Play is what the clients of a script did and saw.
type Play struct {
	Began   int64 // traceevent.Now when the play began; all other instants count from there
	Clients []Played
}

// Played is what one client did and saw.
type Played struct {
	Client int
	Port   int // its local port, by which the server's trace identifies it; 0: it could not connect
	Events []Event
}

// Event is something that a client did for a while. The events of a client are in order and do not overlap.
type Event struct {
	Kind     string // connect, silent, think or request: its category in a trace
	From, To time.Duration
	Path     string // of a request
	Status   int    // of the reply; 0: none
	Error    string // "": none
}

const (
	connecting = "connect"
	silence    = "silent"
	thinking   = "think"
	requesting = "request"
)

// Perform plays the roles on addr, one client each, within Limit. An error is in the events of its client, which stops there.
func Perform(ctx context.Context, addr string, roles []Role) *Play {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	p := &Play{Began: traceevent.Now(), Clients: make([]Played, len(roles))}
	var all sync.WaitGroup
	turn := make(chan struct{}, 1) // clients connect one after another, in their order
	turn <- struct{}{}
	for i, role := range roles {
		<-turn
		c := &actor{Played: &p.Clients[i], began: p.Began, ctx: ctx}
		c.Client = role.Client
		c.rest(role.Connects - c.now())
		all.Go(func() { c.act(addr, role, turn) })
	}
	all.Wait()
	return p
}

// actor is a client that plays its role.
type actor struct {
	*Played
	began int64
	ctx   context.Context
}

func (c *actor) act(addr string, role Role, turn chan<- struct{}) {
	from := c.now()
	conn, err := new(net.Dialer).DialContext(c.ctx, "tcp", addr)
	c.add(Event{Kind: connecting, From: from, Error: c.errorText(err)})
	turn <- struct{}{}
	if err != nil {
		return
	}
	defer conn.Close()
	stop := context.AfterFunc(c.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.Port = conn.LocalAddr().(*net.TCPAddr).Port
	if role.Silent > 0 {
		c.pass(silence, role.Silent)
	}
	r := bufio.NewReader(conn)
	for _, a := range role.Steps {
		if a.Think > 0 {
			c.pass(thinking, a.Think)
		}
		from := c.now()
		status, err := ask(conn, r, a.Path)
		c.add(Event{Kind: requesting, From: from, Path: a.Path, Status: status, Error: c.errorText(err)})
		if err != nil {
			return
		}
	}
}

func (c *actor) now() time.Duration { return time.Duration(traceevent.Now() - c.began) }

// add adds an event that ends now.
func (c *actor) add(e Event) {
	e.To = c.now()
	c.Events = append(c.Events, e)
}

// pass waits for d and records it as an event.
func (c *actor) pass(kind string, d time.Duration) {
	from := c.now()
	c.rest(d)
	c.add(Event{Kind: kind, From: from})
}

func (c *actor) rest(d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.ctx.Done():
	}
}

// ask sends a request and reads its reply, which must be hello.
func ask(conn net.Conn, r *bufio.Reader, path string) (status int, err error) {
	const hello = "Hello world\n"
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: portrait\r\n\r\n"); err != nil {
		return 0, err
	}
	reply, err := http.ReadResponse(r, nil)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, 1<<10))
	switch {
	case err != nil:
		return 0, err
	case reply.StatusCode != http.StatusOK:
		return reply.StatusCode, fmt.Errorf("its status is %d", reply.StatusCode)
	case string(body) != hello:
		return reply.StatusCode, fmt.Errorf("its body is %.40q", body)
	}
	return reply.StatusCode, nil
}

// errorText returns the text of err, "" if it is nil.
func (c *actor) errorText(err error) string {
	switch {
	case err == nil:
		return ""
	case c.ctx.Err() == context.DeadlineExceeded:
		return fmt.Sprintf("not there within %v of the beginning", Limit)
	}
	return err.Error()
}
