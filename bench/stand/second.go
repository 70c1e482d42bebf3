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
	secondGrace = 2 * time.Second // for it to write its record after SIGTERM
)

// besideSecond measures a trial while a second client loads the server, from before the window until after it.
func (s *Stand) besideSecond(ctx context.Context, j protocol.Job, t *result.Trial, up *server) error {
	t.Second = &result.Second{Load: new(result.Load)}
	if up.process != nil {
		t.Second.RSSBefore = host.Resident(up.process.PID())
	}
	other, err := s.startSecond(j, up)
	if err != nil {
		t.Second = nil
		return err
	}
	select {
	case <-other.output.ready:
	case <-other.Done():
	case <-ctx.Done():
	case <-time.After(startLimit):
	}
	t.Load, err = s.loadOne(ctx, j, t.Cell, up)
	if up.process != nil {
		t.Second.RSSAfter = host.Resident(up.process.PID())
	}
	if failed := other.end(t.Second.Load); failed != nil {
		t.Second = nil
		return errors.Join(err, failed)
	}
	if err == nil {
		err = secondFault(t.Second.Load, t.Load)
	}
	return err
}

// secondClient is the running second client.
type secondClient struct {
	*child.Process
	recordFile *record
	output     *readyOutput
}

// readyOutput keeps the end of the output of a program and notices its READY line.
type readyOutput struct {
	tail
	ready   chan struct{} // closed after the READY line
	isReady bool
}

func (a *readyOutput) Write(p []byte) (int, error) {
	if !a.isReady && bytes.Contains(p, []byte("READY ")) {
		a.isReady = true
		close(a.ready)
	}
	return a.tail.Write(p)
}

// startSecond starts the second client of a job, on the client's processor. Its session has the usual share of it, much less than the session
// of the measured client, so that a flooding client does not delay the measured one.
func (s *Stand) startSecond(j protocol.Job, up *server) (*secondClient, error) {
	words := j.Scenario.SecondClient
	path := words[len(words)-1]
	if path == "/" {
		path = up.candidate.path()
	}
	recordFile, err := newRecord()
	if err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"-o", recordFile.file, "--quiet", "--ready", "-d", secondLimit.String(), "--grace", "0s"}, words[:len(words)-1])
	if s.checksBodies(j) {
		args = append(args, "--expect", "carousel")
	}
	c := &secondClient{recordFile: recordFile, output: &readyOutput{ready: make(chan struct{})}}
	cmd := exec.Command(s.loadgen, append(args, "http://"+up.addr+path)...)
	cmd.Stderr = c.output
	if c.Process, err = child.Start(cmd, s.placements[j.Common.Placement].client...); err != nil {
		recordFile.remove()
	}
	return c, err
}

// end stops the client and reads its record into to.
func (c *secondClient) end(to *result.Load) error {
	defer c.recordFile.remove()
	ended := c.Stop(secondGrace)
	if c.recordFile.read(to) != nil {
		return fmt.Errorf("the second client left no record (%v): %s", ended, c.output)
	}
	return nil
}

// secondFault returns an error if the second client had errors or did not load the server during the whole measured window.
func secondFault(second, measured *result.Load) error {
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
