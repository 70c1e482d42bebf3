package fasthttp

import (
	"fmt"
	"net"
	"runtime"
	"sync"

	"github.com/valyala/fasthttp"

	"carousel/internal/story"
)

// workers are the lanes of the goroutines that fasthttp uses again, by their numbers in the runtime.
var workers struct {
	sync.Mutex
	lanes map[int]*story.Lane
}

// begin finds, or makes, the lane of the goroutine that it is called on, which serves c from now on.
func (c *counted) begin() {
	var number int
	var stack [64]byte
	fmt.Sscanf(string(stack[:runtime.Stack(stack[:], false)]), "goroutine %d", &number)
	workers.Lock()
	defer workers.Unlock()
	if workers.lanes == nil {
		workers.lanes = map[int]*story.Lane{}
	}
	if c.Lane = workers.lanes[number]; c.Lane == nil {
		c.Lane = story.NewLane("worker %d", len(workers.lanes)+1)
		workers.lanes[number] = c.Lane
	}
	c.Parks("StateNew, parked in Read until its first byte")
}

// states says, for the story, what fasthttp tells of its connections.
func states(lane *story.Lane) func(net.Conn, fasthttp.ConnState) {
	return func(conn net.Conn, state fasthttp.ConnState) {
		c := conn.(*counted)
		switch state {
		case fasthttp.StateNew:
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
