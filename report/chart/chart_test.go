package chart

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"

	"carousel/internal/result"
	"carousel/report/study"
)

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		name      string
		ticker    plot.Ticker
		low, high float64
		want      []string
	}{
		{"levels", levels{1, 16, 1024}, 0.8, 1200, []string{"1", "16", "1,024"}},
		{"nines", nines{}, 0, 0.9995, []string{"50\u00a0%", "75\u00a0%", "90\u00a0%", "95\u00a0%", "99\u00a0%", "99.5\u00a0%", "99.9\u00a0%"}},
		{"durations", durations{}, 3e5, 3e6, []string{"500\u00a0µs", "1\u00a0ms", "2\u00a0ms"}},
		{"wide durations", durations{}, 1e3, 1e9, []string{"1\u00a0µs", "", "", "10\u00a0µs", "", "", "100\u00a0µs", "", "", "1\u00a0ms", "", "", "10\u00a0ms", "", "", "100\u00a0ms", "", "", "1\u00a0s"}},
		{"amounts", amounts{}, 0, 7000, []string{"0", "1,000", "2,000", "3,000", "4,000", "5,000", "6,000", "7,000"}},
		{"amounts by unit", amounts{1000}, 0, 43000, []string{"0", "10", "20", "30", "40"}},
		{"small amounts", amounts{}, 0, 0.9, []string{"0", "0.2", "0.4", "0.6", "0.8"}},
		{"nothing", amounts{}, 0, 0, nil},
	} {
		var got []string
		for _, tick := range test.ticker.Ticks(test.low, test.high) {
			got = append(got, tick.Label)
			if tick.Value < test.low-1e-9 || tick.Value > test.high+1e-9 {
				t.Errorf("%s: tick %v is outside %v to %v", test.name, tick.Value, test.low, test.high)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestScalesAreEvenInTheirSteps(t *testing.T) {
	for _, test := range []struct {
		name      string
		scale     plot.Normalizer
		low, high float64
		at        []float64
		want      []float64
	}{
		{"log2", log2{}, 1, 256, []float64{1, 16, 256}, []float64{0, 0.5, 1}},
		{"nines", nines{}, 0, 0.9999, []float64{0, 0.9, 0.99, 0.999, 0.9999}, []float64{0, 0.25, 0.5, 0.75, 1}},
		{"durations", durations{}, 1e3, 1e9, []float64{1e3, 1e6, 1e9}, []float64{0, 0.5, 1}},
	} {
		for i, x := range test.at {
			if got := test.scale.Normalize(test.low, test.high, x); math.Abs(got-test.want[i]) > 1e-9 {
				t.Errorf("%s at %v is %v, want %v", test.name, x, got, test.want[i])
			}
		}
	}
}

// Every model must be told from every other by two of colour, dash and marker, so also without colour.
func TestFourteenModelsLookDifferent(t *testing.T) {
	for i := range 14 {
		for j := range i {
			a, b := lookOf(i, 14), lookOf(j, 14)
			same := 0
			for _, alike := range []bool{a.color == b.color, slices.Equal(a.dashes, b.dashes), a.marker == b.marker} {
				if alike {
					same++
				}
			}
			if same > 1 {
				t.Errorf("models %d and %d share %d of colour, dash and marker", j, i, same)
			}
		}
	}
}

func TestNothingMeasuredDrawsNothing(t *testing.T) {
	failed := result.Trial{Round: 1, Cell: result.Cell{Model: "epoll", Scenario: "hello", Connections: 64, Placement: result.Split}, Failed: "no"}
	for _, trials := range [][]result.Trial{nil, {failed}} {
		pictures, err := Draw(study.New(result.Run{}, trials, nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pictures {
			t.Errorf("%d failed trials draw %s", len(trials), p.Name)
		}
	}
}

// One trial that fell behind, whose latency is withheld, does not make its model vanish from the picture.
func TestMostTrialsDrawALine(t *testing.T) {
	h := result.NewHistogram()
	h.RecordN(1e6, 5000)
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	h.Reset()
	for i := range int64(5000) {
		h.Record(i * 1e5)
	}
	waits, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for behind, want := range map[int]bool{0: true, 1: true, 2: true, 4: false} {
		var trials []result.Trial
		for round := range 6 {
			l := &result.Load{Complete: true, Window: result.Window{ElapsedNS: 5e9}, RateRPS: 1000, Requests: result.Requests{OK: 5000},
				Histogram: text, Latency: h.Latency(), Connections: result.Connections{Answered: 64, Asked: 64}}
			if round < behind {
				l.RateRPS, l.Requests.Unsent, l.Histogram = 900, 500, waits
			}
			trials = append(trials, result.Trial{Round: round + 1, Load: l,
				Cell: result.Cell{Model: "epoll", Scenario: "paced", Connections: 64, RateRPS: 1000, Placement: result.Split}})
		}
		f, ok := pacedLatency(study.New(result.Run{}, trials, nil))
		if ok != want || want && len(f.legend) != 1 {
			t.Errorf("%d of 6 fell behind: drawn %v with %d lines, want %v", behind, ok, len(f.legend), want)
		}
	}
}

// No connections have no place on an axis of powers of two: a rasterizer sent that far left does not come back.
func TestALevelOfNoConnectionsIsNotDrawn(t *testing.T) {
	var trials []result.Trial
	for _, connections := range []int{0, 64} {
		for _, model := range []string{"epoll", result.Null} {
			trials = append(trials, result.Trial{Round: 1, Cell: result.Cell{Model: model, Scenario: "hello", Connections: connections, Placement: result.Split},
				Load: &result.Load{RateRPS: 1000, Requests: result.Requests{OK: 1000}, Connections: result.Connections{Answered: 64}}})
		}
	}
	f, ok := throughput(study.New(result.Run{}, trials, nil))
	if !ok || !(f.plot.X.Min > 1) || f.plot.X.Max > 100 {
		t.Errorf("drawn: %v, from %v to %v connections", ok, f.plot.X.Min, f.plot.X.Max)
	}
}

// TestTheNullResponderIsNoBound has a model answer more than a server that does nothing: no server can do less, so the picture has to
// call that noise, and must not call what the null responder reached a ceiling.
func TestTheNullResponderIsNoBound(t *testing.T) {
	for share, want := range map[float64]string{
		1.15: "What stands above its line is noise, since no server can do less: here up to 115\u00a0% of it (epoll at 64 connections).",
		0.9:  "What stands above its line is noise, since no server can do less.",
	} {
		var trials []result.Trial
		for round := range 6 {
			for model, rate := range map[string]float64{"epoll": share * 1000, "select": 500, result.Null: 1000} {
				trials = append(trials, result.Trial{Round: round + 1, Cell: result.Cell{Model: model, Scenario: "hello", Connections: 64, Placement: result.Split},
					Load: &result.Load{RateRPS: rate, Requests: result.Requests{OK: 1000}, Connections: result.Connections{Answered: 64}}})
			}
		}
		f, ok := throughput(study.New(result.Run{}, trials, nil))
		if !ok || !strings.Contains(f.caption, want) || strings.Contains(f.caption, "ceiling") {
			t.Errorf("a model at %v of the null responder is drawn: %v, with the caption %q, want %q", share, ok, f.caption, want)
		}
		for _, e := range f.legend {
			if strings.Contains(e.name, "ceiling") {
				t.Errorf("the legend says %q", e.name)
			}
		}
	}
}
