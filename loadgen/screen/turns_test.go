package screen

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"carousel/internal/result"
	"carousel/loadgen/turns"
)

func TestTurnsLine(t *testing.T) {
	steady := func(server string, ratio, low, high float64) result.Ratio {
		return result.Ratio{Server: server, To: "a", Metric: result.MetricSteady, Ratio: ratio, Low: low, High: high}
	}
	two := turns.Progress{Loaded: 3200 * time.Millisecond, Rates: []float64{81_200, 78_100}, Ratios: []result.Ratio{steady("b", 1.0861, 1.0705, 1.1018)}}
	three := turns.Progress{Loaded: 3200 * time.Millisecond, Rates: []float64{81_200, 78_100, 99.5}, Ratios: []result.Ratio{two.Ratios[0], steady("c", 2.5, 2.25, 2.75)}}
	young, warming, lacking := two, two, three
	young.Ratios = nil
	warming.Ratios, warming.Warming = nil, true
	lacking.Ratios = []result.Ratio{{Server: "b", To: "a", Metric: result.MetricSteady, Lacks: "b died"}, three.Ratios[1]}
	rate := two
	rate.Ratios = []result.Ratio{{Server: "b", To: "a", Metric: result.MetricRate, Ratio: 0.96, Low: 0.95, High: 0.97}}
	for _, c := range []struct {
		name    string
		names   string
		p       turns.Progress
		columns int
		want    string
	}{
		{"two, narrow", "a b", two, 80, "3.2s of 10s  a 81,200/s  b 78,100/s  b/a cpu 1.086 (1.071 to 1.102)"},
		{"two, wide", "a b", two, 120, "32% [=====>              ]  3.2s of 10s  a 81,200/s  b 78,100/s  b/a cpu 1.086 (1.071 to 1.102)"},
		{"two, no room for both rates", "a b", two, 60, "3.2s of 10s  a 81,200/s  b/a cpu 1.086 (1.071 to 1.102)"},
		{"two, no room for rates", "a b", two, 50, "3.2s of 10s  b/a cpu 1.086 (1.071 to 1.102)"},
		{"two, no room", "a b", two, 10, "3.2s of 1"},
		{"three", "a b c", three, 80, "3.2s of 10s  b/a cpu 1.086 (1.071 to 1.102)  c/a cpu 2.500 (2.250 to 2.750)"},
		{"three, no room for both ratios", "a b c", three, 70, "3.2s of 10s  b/a cpu 1.086 (1.071 to 1.102)"},
		{"one is not known", "a b c", lacking, 70, "3.2s of 10s  a 81,200/s  b 78,100/s  c/a cpu 2.500 (2.250 to 2.750)"},
		{"by rate", "a b", rate, 80, "3.2s of 10s  a 81,200/s  b 78,100/s  b/a rate 0.960 (0.950 to 0.970)"},
		{"no ratio yet", "a b", young, 60, "3.2s of 10s  a 81,200/s  b 78,100/s"},
		{"warming up", "a b", warming, 60, "warming up  a 81,200/s  b 78,100/s"},
		{"connecting", "a b", turns.Progress{}, 60, "connecting"},
		{"a long name that just fits", "a carousel-with-generators", two, 83, "3.2s of 10s  a 81,200/s  carousel…erators 78,100/s  b/a cpu 1.086 (1.071 to 1.102)"},
	} {
		got := newBar(int64(10*time.Second)).line(int64(c.p.Loaded), c.columns, turnsFigures(strings.Fields(c.names), 10*time.Second, c.p)...)
		if got != c.want {
			t.Errorf("%s, at %d columns:\n%q, want\n%q", c.name, c.columns, got, c.want)
		}
		if utf8.RuneCountInString(got) >= c.columns {
			t.Errorf("%s: %q fills %d columns, and the cursor goes to the next line", c.name, got, c.columns)
		}
	}
}

// At the end of its time the bar still stands, since the last replies are taken in.
func TestTurnsBarAtItsEnd(t *testing.T) {
	p := turns.Progress{Loaded: 10 * time.Second, Rates: []float64{1, 2}}
	if got := newBar(int64(10*time.Second)).line(int64(p.Loaded), 120, turnsFigures([]string{"a", "b"}, 10*time.Second, p)...); !strings.Contains(got, "99%") {
		t.Errorf("%q", got)
	}
}

func TestWatchTurnsPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		text := make(chan string)
		go func() {
			all, _ := io.ReadAll(r)
			text <- string(all)
		}()
		stop := WatchTurns(w, []string{"a", "b"}, time.Minute, new(turns.Live))
		time.Sleep(35 * time.Second)
		stop()
		w.Close()
		if got, want := <-text, strings.Repeat("loadgen: connecting\n", 3); got != want {
			t.Errorf("in 35 s %q, want %q", got, want)
		}
	})
}
