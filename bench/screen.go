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

// screen shows the progress of a run: on a terminal one line, rewritten; elsewhere a line every ten seconds and at the end of each
// round. It writes only between cells, so that it takes no processor time from servers and client.
type screen struct {
	w            io.Writer
	live         bool
	jobs         []protocol.Job
	done         map[int][]result.Trial
	began        time.Time
	forecastDone time.Duration // forecast of the jobs that ended since began
	lastLine     time.Time
}

func newScreen(w io.Writer, jobs []protocol.Job, done map[int][]result.Trial) *screen {
	now := time.Now()
	return &screen{w: w, live: isTerminal(w), jobs: jobs, done: done, began: now, lastLine: now}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// eta returns the forecast of the jobs from index from on, scaled by how long the jobs so far took against their forecast.
func (s *screen) eta(from int) time.Duration {
	var left time.Duration
	for _, j := range s.jobs[from:] {
		if _, have := s.done[j.Order]; !have {
			left += j.Forecast()
		}
	}
	if s.forecastDone == 0 {
		return left
	}
	return time.Duration(float64(left) * float64(time.Since(s.began)) / float64(s.forecastDone))
}

// Begin implements protocol.Watcher.
func (s *screen) Begin(j protocol.Job) {
	if !s.live {
		return
	}
	line := s.line(j, j.Order-1)
	if width, _, err := term.GetSize(int(s.w.(*os.File).Fd())); err == nil && width > 1 {
		line = line[:min(len(line), width-1)] // a line that wraps cannot be rewritten
	}
	fmt.Fprintf(s.w, "\r%s\x1b[K", line)
}

// End implements protocol.Watcher.
func (s *screen) End(j protocol.Job, trials []result.Trial) {
	s.forecastDone += j.Forecast()
	for _, t := range trials {
		if t.Failed != "" {
			s.Print(fmt.Sprintf("round %d: %s failed: %s", j.Round, protocol.TrialName(t.Cell), t.Failed))
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
	return fmt.Sprintf("round %d of %d, cell %d of %d, about %s left: %s", j.Round, s.jobs[len(s.jobs)-1].Round, j.Order, len(s.jobs), approximate(s.eta(from)), j.Name())
}

// Print implements protocol.Watcher.
func (s *screen) Print(text string) {
	s.close()
	printLine(s.w, "%s", text)
}

// close clears the progress line of a terminal.
func (s *screen) close() {
	if s.live {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}

// approximate formats d as 45s, 4m30s or 1h20m.
func approximate(d time.Duration) string {
	if d < time.Hour {
		return d.Round(time.Second).String()
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}
