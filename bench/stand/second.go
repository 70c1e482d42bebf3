package stand

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"carousel/bench/protocol"
	"carousel/internal/child"
	"carousel/internal/host"
	"carousel/internal/result"
)

const (
	secondLimit = 5 * time.Minute // longer than any window
	secondGrace = 2 * time.Second // for it to leave its record
)

// besideSecond measures a trial beside a second client, which is there from before the window until after it.
func (s *Stand) besideSecond(ctx context.Context, j protocol.Job, t *result.Trial, up *server) error {
	t.Second = &result.Second{Load: new(result.Load)}
	if up.process != nil {
		t.Second.RSSBefore = host.Resident(up.process.PID())
	}
	other, err := s.second(j, up)
	if err != nil {
		t.Second = nil
		return err
	}
	select {
	case <-other.said.ready:
	case <-other.Done():
	case <-ctx.Done():
	case <-time.After(startLimit):
	}
	t.Load, err = s.single(ctx, j, t.Cell, up)
	if up.process != nil {
		t.Second.RSSAfter = host.Resident(up.process.PID())
	}
	if failed := other.end(t.Second.Load); failed != nil {
		t.Second = nil
		return errors.Join(err, failed)
	}
	if err == nil {
		err = worked(t.Second.Load, t.Load)
	}
	return err
}

// client is a second one.
type client struct {
	*child.Process
	kept *record
	said *announced
}

// announced is what a program says until it is ready, and later.
type announced struct {
	tail
	ready chan struct{} // closed when it says so
	is    bool
}

func (a *announced) Write(p []byte) (int, error) {
	if !a.is && bytes.Contains(p, []byte("READY ")) {
		a.is = true
		close(a.ready)
	}
	return a.tail.Write(p)
}

// second starts the second client of a job, on the client's processor. Its session has the usual share of that, much less than the session of the
// client that is measured, so that a flooder does not keep that waiting.
func (s *Stand) second(j protocol.Job, up *server) (*client, error) {
	words := j.Scenario.SecondClient
	path := words[len(words)-1]
	if path == "/" {
		path = up.by.path()
	}
	kept, err := newRecord()
	if err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"-o", kept.file, "--quiet", "--ready", "-d", secondLimit.String(), "--grace", "0s"}, words[:len(words)-1])
	if s.hello(j) {
		args = append(args, "--expect", "carousel")
	}
	c := &client{kept: kept, said: &announced{ready: make(chan struct{})}}
	cmd := exec.Command(s.loadgen, append(args, "http://"+up.addr+path)...)
	cmd.Stderr = c.said
	if c.Process, err = child.Start(cmd, s.placements[j.Common.Placement].client...); err != nil {
		kept.remove()
	}
	return c, err
}

// end ends the client and reads its record into to.
func (c *client) end(to *result.Load) error {
	defer c.kept.remove()
	ended := c.Stop(secondGrace)
	if c.kept.read(to) != nil {
		return fmt.Errorf("the second client left no record (%v): %s", ended, c.said)
	}
	return nil
}

// worked says why a second client was none: it was turned away, had other trouble, or was not there all the time that was measured.
func worked(second, measured *result.Load) error {
	w := second.Window
	ends := func(w result.Window) time.Time { return w.Start.Add(time.Duration(w.ElapsedNS)) }
	switch q := second.Requests; {
	case second.Connections.Failed > 0 || q.Errors > 0 || q.Sent == 0:
		return fmt.Errorf("the second client had trouble: %d requests sent, %d errors %v, %d connects failed %v",
			q.Sent, q.Errors, second.Errors, second.Connections.Failed, second.ConnectErrors)
	case w.Start.After(measured.Window.Start):
		return fmt.Errorf("the second client began %v after the window", w.Start.Sub(measured.Window.Start))
	case ends(w).Before(ends(measured.Window)):
		return fmt.Errorf("the second client ended %v before the window", ends(measured.Window).Sub(ends(w)))
	}
	return nil
}
