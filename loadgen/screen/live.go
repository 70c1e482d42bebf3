package screen

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/record"
)

// How often progress is shown: a line redrawn on a terminal, lines of their own elsewhere.
const (
	redraw = 250 * time.Millisecond
	plainy = 10 * time.Second
)

// Watch shows the progress of the load s on stderr until the function it returns is called, which leaves a terminal's
// line empty.
func Watch(stderr io.Writer, s result.Spec, live *record.Live) (stop func()) {
	every, show, clear := plainy, func(p record.Progress) { fmt.Fprintln(stderr, plainLine(s, p)) }, func() {}
	if f, ok := stderr.(*os.File); ok && Terminal(f) {
		bar := newBar(s)
		every = redraw
		show = func(p record.Progress) { fmt.Fprint(stderr, "\r\x1b[K"+bar.line(p, columns(f))) }
		clear = func() { fmt.Fprint(stderr, "\r\x1b[K") }
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				clear()
				return
			case <-tick.C:
				show(live.Read())
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func plainLine(s result.Spec, p record.Progress) string {
	return "loadgen: " + figures(s, p)
}

func figures(s result.Spec, p record.Progress) string {
	elapsed := p.Elapsed.Round(100 * time.Millisecond).String()
	switch {
	case p.Elapsed == 0:
		return "connecting"
	case p.Warming:
		elapsed += " warming up"
	case s.Duration > 0 && p.Elapsed > s.Warmup+s.Duration:
		elapsed += ", waiting for replies"
	case s.Duration > 0:
		elapsed += " of " + (s.Warmup + s.Duration).String()
	default:
		elapsed += ", " + units.Count(p.Answered) + " of " + units.Count(s.Requests)
	}
	return fmt.Sprintf("%s  %s/s  p50 %s  p99 %s  %s", elapsed, units.Rate(p.RatePerSecond),
		units.Short(float64(p.P50)), units.Short(float64(p.P99)), units.Plural(p.Errors, "error"))
}

// bar is the progress bar of one run, by time or by count.
type bar struct {
	s   result.Spec
	all int64
	bar *progressbar.ProgressBar
}

func newBar(s result.Spec) *bar {
	all := s.Requests
	if s.Duration > 0 {
		all = int64(s.Warmup + s.Duration)
	}
	return &bar{s, all, progressbar.NewOptions64(all,
		progressbar.OptionSetWriter(io.Discard), // rendered to a string, so that a redraw is one write
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
	)}
}

// line is the bar with p's figures, cut to so many columns.
func (b *bar) line(p record.Progress, columns int) string {
	done := p.Answered + p.Errors
	if b.s.Duration > 0 {
		done = int64(p.Elapsed)
	}
	// At its end the bar would finish and print no more; a run that drains has not ended.
	if err := b.bar.Set64(min(done, b.all-1)); err != nil {
		return figures(b.s, p)
	}
	drawn := strings.TrimSpace(b.bar.String())
	line := drawn + "  " + figures(b.s, p)
	if len(line) >= columns {
		line = figures(b.s, p)
	}
	return line[:min(len(line), max(columns-1, 0))]
}

// columns is the width of the terminal f: COLUMNS where that is set, else what f says, else 80.
func columns(f *os.File) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return 80
}
