package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"carousel/bench/plan"
	"carousel/bench/protocol"
	"carousel/internal/result"
)

// forecastStand is a stand whose jobs take their forecast, on a virtual clock.
type forecastStand struct {
	failed string // the reason in every trial
}

func (s forecastStand) Measure(_ context.Context, j protocol.Job) []result.Trial {
	trials := j.Trials(time.Now())
	for i := range trials {
		trials[i].Load = &result.Load{RateRPS: 80000, Connections: result.Connections{Answered: int64(trials[i].Cell.Connections)}}
		trials[i].Failed = s.failed
	}
	time.Sleep(j.Forecast())
	return trials
}

func defaultJobs(t *testing.T) []protocol.Job {
	t.Helper()
	p, err := plan.Read("default")
	if err != nil {
		t.Fatal(err)
	}
	jobs := protocol.Jobs(p.Cells([]string{"blocking", "select", "epoll", "goroutine"}, true), int(p.Rounds), 1)
	protocol.AllotCycles(jobs, 0, 8)
	return jobs
}

// screenOf runs jobs and returns what the screen shows.
func screenOf(t *testing.T, jobs []protocol.Job, s forecastStand) string {
	t.Helper()
	var out bytes.Buffer
	screen := newScreen(&out, jobs, nil)
	r := &protocol.Run{Jobs: jobs, Cycles: 8, Stand: s, Watch: screen, Save: func([]result.Trial) error { return nil }, Note: func(string) error { return nil }}
	if err := r.Complete(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestScreenSaysHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := defaultJobs(t)
		whole := protocol.TotalForecast(jobs)
		text := screenOf(t, jobs, forecastStand{})
		lines := strings.Split(strings.TrimSpace(text), "\n")
		last := map[int]int{} // of a round
		for _, j := range jobs {
			last[j.Round] = j.Order
		}
		for round := 1; round < 6; round++ {
			left := protocol.TotalForecast(jobs[last[round]:])
			end := fmt.Sprintf("round %d of 6, cell %d of %d, about %s left: ", round, last[round], len(jobs), approximate(left))
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, end) }) {
				t.Errorf("no line says %q\n%s", end, text)
			}
		}
		if most := int(whole/(10*time.Second)) + 6; len(lines) > most {
			t.Errorf("%d lines, want at most %d: one every ten seconds and one a round", len(lines), most)
		}
	})
}

// The output of a server is shown with control characters escaped.
func TestScreenEscapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := defaultJobs(t)[:1]
		text := screenOf(t, jobs, forecastStand{"it printed: \x1b[2Jwiped\nbench: all is well"})
		for _, cell := range jobs[0].Cell.Trials() {
			want := fmt.Sprintf("round 1: %s failed: ", protocol.TrialName(cell)) + `it printed: \x1b[2Jwiped\nbench: all is well` + "\n"
			if !strings.Contains(text, want) {
				t.Errorf("%q is not on the screen:\n%q", want, text)
			}
		}
	})
}

// The time left is scaled by what cells really took, and does not include cells of an earlier run.
func TestScreenLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := defaultJobs(t)
		s := newScreen(&bytes.Buffer{}, jobs, map[int][]result.Trial{1: nil, len(jobs): nil})
		rest := jobs[1 : len(jobs)-1]
		if got := s.eta(0); got != protocol.TotalForecast(rest) {
			t.Errorf("at the start %v, want the forecast", got)
		}
		half := len(rest) / 2
		for _, j := range rest[:half] {
			time.Sleep(2 * j.Forecast())
			s.End(j, nil)
		}
		if got, want := s.eta(half+1), 2*protocol.TotalForecast(rest[half:]); got.Round(time.Second) != want.Round(time.Second) {
			t.Errorf("half-way at double the time %v are left, want %v", got, want)
		}
	})
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{45400 * time.Millisecond: "45s", 270 * time.Second: "4m30s", 80*time.Minute + 29*time.Second: "1h20m", 0: "0s"} {
		if got := approximate(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}
