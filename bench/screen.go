package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"carousel/internal/result"
)

// screen says how far a run is: one line that is written over on a terminal, else a plain line every ten seconds and at the end
// of a round. It writes only between trials, so that nothing but server and client runs during one.
type screen struct {
	w        io.Writer
	live     bool
	jobs     int
	rounds   int
	gap      time.Duration // after each trial
	began    time.Time
	left     time.Duration // forecast of what is still to be done
	behind   time.Duration // forecast of what was done since began
	lastLine time.Time
	troubles int // trials that failed
}

func newScreen(w io.Writer, p *Plan, jobs []job, left time.Duration) *screen {
	now := time.Now()
	return &screen{w: w, live: isTerminal(w), jobs: len(jobs), rounds: int(p.Rounds), gap: time.Duration(p.Gap), began: now, lastLine: now, left: left}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// eta is the forecast of the rest, corrected by how the forecast has done so far.
func (s *screen) eta() time.Duration {
	if s.behind == 0 {
		return s.left
	}
	return time.Duration(float64(s.left) * float64(time.Since(s.began)) / float64(s.behind))
}

func (s *screen) begin(j job) {
	if !s.live {
		return
	}
	line := s.line(j)
	if width, _, err := term.GetSize(int(s.w.(*os.File).Fd())); err == nil && width > 1 {
		line = line[:min(len(line), width-1)] // a line that wraps cannot be written over
	}
	fmt.Fprintf(s.w, "\r%s\x1b[K", line)
}

func (s *screen) end(j job, t result.Trial) {
	took := j.forecast() + s.gap
	s.left, s.behind = s.left-took, s.behind+took
	if t.Failed != "" {
		s.troubles++
		s.note(fmt.Sprintf("trial %d failed: %s: %s", j.order, cellName(t.Cell), t.Failed))
	}
	if s.live || j.order == s.jobs {
		return
	}
	if endOfRound := j.order%(s.jobs/s.rounds) == 0; endOfRound || time.Since(s.lastLine) >= 10*time.Second {
		s.lastLine = time.Now()
		fmt.Fprintln(s.w, s.line(j))
	}
}

func (s *screen) line(j job) string {
	return fmt.Sprintf("round %d of %d, trial %d of %d, about %s left: %s", j.round, s.rounds, j.order, s.jobs, roughly(s.eta()), cellName(j.cell))
}

// note prints a line of its own.
func (s *screen) note(text string) {
	s.close()
	say(s.w, "%s", text)
}

// close leaves the terminal with an empty line to write on.
func (s *screen) close() {
	if s.live {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}

// cellName is a cell for people: epoll hello 64, shared.
func cellName(c result.Cell) string {
	name := fmt.Sprintf("%s %s %d", c.Model, c.Scenario, c.Connections)
	if c.RateRPS > 0 {
		name += fmt.Sprintf(" at %.0f/s", c.RateRPS)
	}
	if c.Engine != "" {
		name += " by " + c.Engine
	}
	if c.Mode != "" {
		name += ", " + c.Mode
	}
	if c.Placement == result.Shared {
		name += ", shared"
	}
	if c.Control {
		name += ", again"
	}
	return name
}

// roughly is a duration as people say it: 45s, 4m30s, 1h20m.
func roughly(d time.Duration) string {
	if d < time.Hour {
		return d.Round(time.Second).String()
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}
