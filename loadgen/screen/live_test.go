package screen

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

func progress() record.Progress {
	return record.Progress{Elapsed: 4200 * time.Millisecond, Answered: 130_000, Errors: 1, RatePerSecond: 31_204.4, P50: 1520 * time.Microsecond, P99: 3100 * time.Microsecond}
}

func TestBarLine(t *testing.T) {
	s := result.DefaultSpec()
	want := "4.2s of 10s  31,204/s  p50 1.52ms  p99 3.10ms  1 error"
	b := newBar(whole(s))
	line := func(p record.Progress, columns int) string { return b.line(done(s, p), columns, figures(s, p)) }
	wide := line(progress(), 120)
	if !strings.HasSuffix(wide, want) || !strings.Contains(wide, "42%") || !strings.Contains(wide, "=>") {
		t.Errorf("line %q, want a bar at 42%% and %q", wide, want)
	}
	if strings.ContainsAny(wide, "\r\n\x1b") {
		t.Errorf("line %q moves the cursor by itself", wide)
	}
	if narrow := line(progress(), 60); narrow != want {
		t.Errorf("at 60 columns %q, want the figures alone", narrow)
	}
	if tiny := line(progress(), 10); len(tiny) != 9 {
		t.Errorf("at 10 columns %q", tiny)
	}
	late := progress()
	late.Elapsed = 12 * time.Second // the last replies are awaited
	if line := line(late, 120); !strings.Contains(line, "99%") {
		t.Errorf("after its time the bar is %q, want it there still", line)
	}
}

func TestFiguresByCount(t *testing.T) {
	s := result.DefaultSpec()
	s.Duration, s.Requests = 0, 260_000
	want := "4.2s, 130,000 of 260,000  31,204/s  p50 1.52ms  p99 3.10ms  1 error"
	if got := figures(s, progress()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if line := newBar(whole(s)).line(done(s, progress()), 120, want); !strings.Contains(line, "50%") {
		t.Errorf("%q, want a bar at 50%%", line)
	}
	p := progress()
	p.Warming = true
	if got := figures(s, p); !strings.HasPrefix(got, "4.2s warming up  ") {
		t.Errorf("%q does not say that it warms up", got)
	}
}

// Where there is no terminal, there is one plain line every 10 s and nothing that moves a cursor.
func TestWatchPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := new(record.Live)
		live.Begin(0)
		r, w := io.Pipe()
		text := make(chan string)
		go func() {
			all, _ := io.ReadAll(r)
			text <- string(all)
		}()
		stop := Watch(w, result.DefaultSpec(), live)
		time.Sleep(35 * time.Second)
		stop()
		w.Close()
		got := <-text
		if lines := strings.Count(got, "\n"); lines != 3 || strings.ContainsAny(got, "\r\x1b") {
			t.Errorf("in 35 s %d lines, want 3 plain ones: %q", lines, got)
		}
		if !strings.HasPrefix(got, "loadgen: 10s of 10s  0/s  p50 0ns") {
			t.Errorf("the first line is %q", got)
		}
	})
}
