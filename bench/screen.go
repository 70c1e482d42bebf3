package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"carousel/bench/protocol"
	"carousel/internal/result"
)

// screen says how far a run is: one line that is written over on a terminal, else a plain line every ten seconds and at the end
// of a round. It writes only between cells, so that nothing but servers and client runs during one.
type screen struct {
	w        io.Writer
	live     bool
	jobs     []protocol.Job
	done     map[int][]result.Trial
	began    time.Time
	behind   time.Duration // forecast of what was done since began
	lastLine time.Time
	troubles int // trials that failed
}

func newScreen(w io.Writer, jobs []protocol.Job, done map[int][]result.Trial) *screen {
	now := time.Now()
	return &screen{w: w, live: isTerminal(w), jobs: jobs, done: done, began: now, lastLine: now}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// eta is the forecast of the jobs from one on, corrected by how the forecast has done so far.
func (s *screen) eta(from int) time.Duration {
	var left time.Duration
	for _, j := range s.jobs[from:] {
		if _, have := s.done[j.Order]; !have {
			left += j.Forecast()
		}
	}
	if s.behind == 0 {
		return left
	}
	return time.Duration(float64(left) * float64(time.Since(s.began)) / float64(s.behind))
}

// Begin implements protocol.Watcher.
func (s *screen) Begin(j protocol.Job) {
	if !s.live {
		return
	}
	line := s.line(j, j.Order-1)
	if width, _, err := term.GetSize(int(s.w.(*os.File).Fd())); err == nil && width > 1 {
		line = line[:min(len(line), width-1)] // a line that wraps cannot be written over
	}
	fmt.Fprintf(s.w, "\r%s\x1b[K", line)
}

// End implements protocol.Watcher.
func (s *screen) End(j protocol.Job, trials []result.Trial) {
	s.behind += j.Forecast()
	for _, t := range trials {
		if t.Failed != "" {
			s.troubles++
			s.Say(fmt.Sprintf("round %d: %s failed: %s", j.Round, protocol.TrialName(t.Cell), t.Failed))
		}
	}
	if s.live || j.Order == len(s.jobs) {
		return
	}
	if endOfRound := s.jobs[j.Order].Round > j.Round; endOfRound || time.Since(s.lastLine) >= 10*time.Second {
		s.lastLine = time.Now()
		fmt.Fprintln(s.w, s.line(j, j.Order))
	}
}

func (s *screen) line(j protocol.Job, from int) string {
	return fmt.Sprintf("round %d of %d, cell %d of %d, about %s left: %s", j.Round, s.jobs[len(s.jobs)-1].Round, j.Order, len(s.jobs), roughly(s.eta(from)), j.Name())
}

// Say implements protocol.Watcher: it prints a line of its own.
func (s *screen) Say(text string) {
	s.close()
	say(s.w, "%s", text)
}

// close leaves the terminal with an empty line to write on.
func (s *screen) close() {
	if s.live {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}

// roughly is a duration as people say it: 45s, 4m30s, 1h20m.
func roughly(d time.Duration) string {
	if d < time.Hour {
		return d.Round(time.Second).String()
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}
