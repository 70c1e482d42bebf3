package nethttp

import (
	"net"
	"net/http"

	"carousel/internal/story"
)

// states narrates the states of connections that net/http reports.
func states(lane *story.Lane) func(net.Conn, http.ConnState) {
	started := 0
	return func(conn net.Conn, state http.ConnState) {
		c := conn.(*counted)
		switch state {
		case http.StateNew:
			started++
			lane.Turn(nil, -1, "Accept returns, and net/http starts goroutine %d for the connection", started)
			c.Lane = story.NewLane("goroutine %d", started)
			c.Parks("ConnState new, parked in Read until it sends")
		case http.StateActive:
			c.Wakes("the request has come with the last one")
			c.Lane.Say("ConnState active: the head of the request is read")
		case http.StateIdle:
			c.Parks("ConnState idle, parked in Read until it sends again")
		case http.StateClosed:
			c.Talk.Client().Closes("ConnState closed: its goroutine ends")
		}
	}
}
