package fasthttp

import (
	"fmt"
	"net"
	"runtime"
	"sync"

	"github.com/valyala/fasthttp"

	"carousel/internal/story"
)

// workers are the lanes of the goroutines that fasthttp reuses, by their numbers in the runtime.
type workers struct {
	sync.Mutex
	lanes map[int]*story.Lane
}

// serve notes, once, that the calling goroutine serves c.
func (w *workers) serve(c *counted) {
	if c.Lane != nil {
		return
	}
	var number int
	var stack [64]byte
	fmt.Sscanf(string(stack[:runtime.Stack(stack[:], false)]), "goroutine %d", &number)
	w.Lock()
	defer w.Unlock()
	if w.lanes[number] == nil {
		w.lanes[number] = story.NewLane("worker %d", len(w.lanes)+1)
	}
	c.Lane = w.lanes[number]
	c.Parks("StateNew, parked in Read until its first byte")
}

// states narrates the states of connections that fasthttp reports.
func states(lane *story.Lane) func(net.Conn, fasthttp.ConnState) {
	all := &workers{lanes: map[int]*story.Lane{}}
	return func(conn net.Conn, state fasthttp.ConnState) {
		c := conn.(*counted)
		switch state {
		case fasthttp.StateNew:
			c.workers = all
			lane.Turn(nil, -1, "Accept returns: the connection goes to a worker, a goroutine that is free or a new one")
		case fasthttp.StateActive:
			c.Wakes("its next request was read with the last one")
			c.Lane.Say("StateActive: a request begins")
		case fasthttp.StateIdle:
			c.Parks("StateIdle, parked in Read until its next byte")
		case fasthttp.StateClosed:
			c.Talk.Client().Closes("StateClosed: its worker is free for another connection")
			c.Lane.Wait("in fasthttp's pool for a connection")
		}
	}
}
