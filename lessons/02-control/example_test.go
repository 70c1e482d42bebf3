package control

import (
	"errors"
	"testing"

	"carousel/internal/portrait"
	"carousel/internal/wire"
	"carousel/lessons/inside"
	"carousel/servers/blocking"
	"carousel/servers/selectloop"
)

// On blocking the others wait until the first client has left. On select the loop waits for all clients at once, and none waits for the first
// while it is silent.
func TestControl(t *testing.T) {
	p := complete(t, "blocking", blocking.Serve)
	for _, c := range p.Clients[1:] {
		if first := c.Requests[0]; first.Spans[0].State != portrait.Unaccepted || first.To < p.Clients[0].Closed {
			t.Errorf("blocking: client %d is not left waiting until the first has gone: %+v", c.Number, first)
		}
	}
	p = complete(t, "select", selectloop.Serve)
	for _, s := range p.Lanes[0].Spans {
		if s.State == portrait.Waits {
			t.Errorf("select: the loop waits for client %d alone: %+v", s.Client, s)
		}
	}
	for _, c := range p.Clients[1:] {
		for _, s := range c.Spans {
			if s.Behind == 1 && s.From < p.Clients[0].Requests[0].From {
				t.Errorf("select: client %d waits for the first, who is silent: %+v", c.Number, s)
			}
		}
	}
}

// complete draws a model again until all its clients were answered: on a busy machine some may have given up.
func complete(t *testing.T, name string, model func(ln int, open func() *wire.Talk) error) portrait.Portrait {
	t.Helper()
	for range 10 {
		p, err := draw(name, model)
		if errors.Is(err, inside.ErrSystem) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
		if answered(p) {
			return p
		}
	}
	t.Fatalf("%s: in ten plays there was always a client that was not answered", name)
	return portrait.Portrait{}
}

func answered(p portrait.Portrait) bool {
	for i, c := range p.Clients {
		if len(c.Requests) < len(roles[i].Steps) {
			return false
		}
		for _, r := range c.Requests {
			if r.Status != 200 {
				return false
			}
		}
	}
	return true
}
