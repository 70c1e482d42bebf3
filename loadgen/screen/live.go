package screen

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/record"
)

// How often progress is printed: redrawn in place on a terminal, a new line elsewhere.
const (
	redraw = 250 * time.Millisecond
	plainy = 10 * time.Second
)

// Watch prints the progress of the load s on stderr until stop is called, which clears a terminal's line.
func Watch(stderr io.Writer, s result.Spec, live *record.Live) (stop func()) {
	bar := newBar(whole(s))
	return watch(stderr, func() string { return figures(s, live.Read()) }, func(columns int) string {
		p := live.Read()
		return bar.line(done(s, p), columns, figures(s, p))
	})
}

// watch prints fitting(columns) on a terminal, and all() elsewhere, until stop is called.
func watch(stderr io.Writer, all func() string, fitting func(columns int) string) (stop func()) {
	every, show, clear := plainy, func() { fmt.Fprintln(stderr, "loadgen: "+all()) }, func() {}
	if f, ok := stderr.(*os.File); ok && Terminal(f) {
		every = redraw
		show = func() { fmt.Fprint(stderr, "\r\x1b[K"+fitting(columns(f))) }
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
				show()
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// whole is the length of a load, in nanoseconds or in requests, and done how much of it has passed.
func whole(s result.Spec) int64 {
	if s.Duration > 0 {
		return int64(s.Warmup + s.Duration)
	}
	return s.Requests
}

func done(s result.Spec, p record.Progress) int64 {
	if s.Duration > 0 {
		return int64(p.Elapsed)
	}
	return p.Answered + p.Errors
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

// bar is the progress bar of one run.
type bar struct {
	all int64
	bar *progressbar.ProgressBar
}

func newBar(all int64) *bar {
	return &bar{all, progressbar.NewOptions64(all,
		progressbar.OptionSetWriter(io.Discard), // rendered to a string, so that a redraw is one write
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
	)}
}

// line returns the first of figures, which go from long to short, that fits so many columns. The bar stands only before the longest.
func (b *bar) line(done int64, columns int, figures ...string) string {
	// At its end the bar would finish and print no more; a run that drains has not ended.
	err := b.bar.Set64(min(done, b.all-1))
	if drawn := strings.TrimSpace(b.bar.String()); err == nil && drawn != "" { // there is no bar before the first step
		figures = append([]string{drawn + "  " + figures[0]}, figures...)
	}
	for _, line := range figures {
		if utf8.RuneCountInString(line) < columns {
			return line
		}
	}
	least := []rune(figures[len(figures)-1])
	return string(least[:min(len(least), max(columns-1, 0))])
}

// columns is the width of the terminal f: COLUMNS if set, else what the terminal reports, else 80.
func columns(f *os.File) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return 80
}
