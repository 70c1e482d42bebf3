// Package control is chapter 2: who has control.
package control

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"carousel/internal/portrait"
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/traceevent"
	"carousel/internal/wire"
	"carousel/lessons/inside"
	"carousel/servers/blocking"
	"carousel/servers/selectloop"
)

const ms = time.Millisecond

// roles are three clients: the first is silent for a while, the others ask.
var roles = []portrait.Role{
	{Client: 1, Silent: 80 * ms, Steps: []portrait.Step{{Path: "/"}, {Think: 8 * ms, Path: "/spin/5ms"}}},
	{Client: 2, Connects: 4 * ms, Steps: []portrait.Step{{Path: "/"}, {Think: 8 * ms, Path: "/sleep/20ms"}, {Think: 8 * ms, Path: "/"}}},
	{Client: 3, Connects: 8 * ms, Steps: []portrait.Step{{Path: "/spin/5ms"}, {Think: 8 * ms, Path: "/"}, {Think: 8 * ms, Path: "/"}}},
}

// Example has the same three clients talk to two models, and draws who had control.
func Example(out io.Writer) error {
	fmt.Fprint(out, `Three clients talk to a server. The first is silent for 80 ms, the others ask at once, and think between
requests. The last row is the server's only flow of control: whose turn it is. See whom the others wait for:
`)
	for _, m := range []struct {
		name  string
		serve func(ln int, open func() *wire.Talk) error
		words string
	}{
		{"blocking", blocking.Serve, "Control is handed over when a client leaves, and not before: the thread waits for one client at a time."},
		{"select", selectloop.Serve, "Control comes back to the loop after every turn, and the loop waits for all clients at once."},
	} {
		p, err := draw(m.name, m.serve)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(out, "\n%s\n%s\n", portrait.Text(p, 76), m.words)
	}
	return nil
}

// draw has the clients talk to a model, and makes a portrait of it.
func draw(name string, model func(ln int, open func() *wire.Talk) error) (portrait.Portrait, error) {
	s := story.Begin(story.Options{Trace: true, Peer: sock.Peer})
	defer s.End()
	addr, stop, err := inside.Serve(model)
	if err != nil {
		return portrait.Portrait{}, err
	}
	play := portrait.Perform(context.Background(), addr, roles)
	if err := stop(); err != nil {
		return portrait.Portrait{}, err
	}
	var trace bytes.Buffer
	if _, err := s.Write(&trace, "servers "+name, map[string]any{"model": name}, nil); err != nil {
		return portrait.Portrait{}, err
	}
	f, err := traceevent.Parse(trace.Bytes())
	if err != nil {
		return portrait.Portrait{}, err
	}
	if err := portrait.Join(f, play); err != nil {
		return portrait.Portrait{}, err
	}
	return portrait.FromTrace(f)
}
