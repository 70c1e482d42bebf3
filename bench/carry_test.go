package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"carousel/internal/result"
)

// bed is a test's stand-in for processes and files: trials take the time they are forecast to take, of a virtual clock, and
// are kept in memory.
type bed struct {
	schedule
	saved  []result.Trial
	notes  []string
	screen bytes.Buffer
	before func(job) // runs as a trial begins
}

func newBed(p *Plan, jobs []job) *bed {
	b := &bed{}
	b.schedule = schedule{
		jobs: jobs, gap: time.Duration(p.Gap),
		measure: func(_ context.Context, j job) result.Trial {
			if b.before != nil {
				b.before(j)
			}
			time.Sleep(j.forecast())
			t := j.trial()
			t.Load = &result.Load{RateRPS: 80000, Connections: result.Connections{Answered: int64(j.cell.Connections)}}
			return t
		},
		save:   func(t result.Trial) error { b.saved = append(b.saved, t); return nil },
		said:   func(note string) error { b.notes = append(b.notes, note); return nil },
		screen: newScreen(&b.screen, p, jobs, p.length(jobs)),
	}
	return b
}

func orders(trials []result.Trial) []int {
	var list []int
	for _, t := range trials {
		list = append(list, t.Order)
	}
	return list
}

func upTo(n int) []int {
	var list []int
	for i := 1; i <= n; i++ {
		list = append(list, i)
	}
	return list
}

func TestCarrySavesEveryTrialInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		b, began := newBed(p, jobs), time.Now()
		b.before = func(j job) {
			if len(b.saved) != j.order-1 {
				t.Errorf("trial %d begins with %d trials saved", j.order, len(b.saved))
			}
		}
		if err := b.carry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := orders(b.saved); !slices.Equal(got, upTo(len(jobs))) {
			t.Errorf("saved %v", got)
		}
		if took := time.Since(began); took != p.length(jobs) {
			t.Errorf("took %v, the forecast was %v", took, p.length(jobs))
		}
		for _, s := range b.saved {
			if want := map[string]float64{"paced": 40000, "download": downloadRate}[s.Cell.Scenario]; s.Cell.RateRPS != want {
				t.Fatalf("%s in round %d is offered %v, want %v", cellName(s.Cell), s.Round, s.Cell.RateRPS, want)
			}
		}
		if len(b.notes) != 1 || !strings.Contains(b.notes[0], "40000 requests a second") {
			t.Errorf("notes: %q", b.notes)
		}
	})
}

// A trial that came to nothing is an outcome: it is kept, and not tried again.
func TestCarryKeepsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		b, tried := newBed(p, jobs), 0
		b.measure = func(_ context.Context, j job) result.Trial {
			tried++
			s := j.trial()
			s.Failed = "it broke"
			return s
		}
		if err := b.carry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(b.saved) != len(jobs) {
			t.Errorf("%d of %d failures were kept", len(b.saved), len(jobs))
		}
		pacedCells := 0
		for _, s := range b.saved {
			if s.Failed == "" {
				t.Fatal("a failure was lost")
			}
			pacedCells += paced(job{cell: s.Cell})
		}
		if tried != len(jobs)-pacedCells {
			t.Errorf("%d trials were tried, want all %d but the %d paced ones, which had no rate", tried, len(jobs), pacedCells)
		}
		if text := b.screen.String(); !strings.Contains(text, "it broke") || !strings.Contains(text, "no rate to pace at") {
			t.Errorf("the failures were not said:\n%.300s", text)
		}
	})
}

func TestCarrySaysThatProcessorTimeIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		b := newBed(p, jobs)
		measure := b.measure
		b.measure = func(ctx context.Context, j job) result.Trial {
			s := measure(ctx, j)
			if j.cell.Model == "epoll" {
				s.Load.TargetCPULacks = "the kernel forgot"
			}
			return s
		}
		if err := b.carry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := "the processor time of epoll is not known: the kernel forgot"; !slices.Contains(b.notes, want) {
			t.Errorf("the notes do not say %q: %q", want, b.notes)
		}
	})
}

// What a server said is shown, and does nothing to the terminal.
func TestScreenEscapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		b := newBed(p, jobs[:1])
		b.measure = func(_ context.Context, j job) result.Trial {
			s := j.trial()
			s.Failed = "it said: \x1b[2Jwiped\nbench: all is well"
			return s
		}
		if err := b.carry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if text, want := b.screen.String(), `it said: \x1b[2Jwiped\nbench: all is well`; !strings.Contains(text, want) {
			t.Errorf("%q is not on the screen:\n%q", want, text)
		}
	})
}

func TestCarryStopsAtSaveError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		b, full := newBed(p, jobs), errors.New("disk full")
		b.save = func(result.Trial) error { return full }
		if err := b.carry(t.Context()); err != full {
			t.Errorf("got %v", err)
		}
	})
}

// Wherever a run is interrupted, the rest of it makes the same run: same trials, same order, same rate.
func TestCarryGoesOn(t *testing.T) {
	_, jobs := defaultJobs(t, true, 5)
	round := len(jobs) / 6
	for _, at := range []int{1, 2, round - 4, round - 1, round, round + 1, len(jobs)} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, jobs := defaultJobs(t, true, 5)
				b := newBed(p, jobs)
				ctx, cancel := context.WithCancelCause(t.Context())
				b.before = func(j job) {
					if j.order == at {
						cancel(stopped{syscall.SIGINT})
					}
				}
				err := b.carry(ctx)
				var early stopped
				if !errors.As(err, &early) || early.code() != 130 {
					t.Fatalf("carry returned %v", err)
				}
				if len(b.saved) != at-1 {
					t.Fatalf("%d trials were saved: the one that was cut short must not be", len(b.saved))
				}
				done, err := doneBy(b.saved, jobs)
				if err != nil {
					t.Fatal(err)
				}
				rest := newBed(p, jobs)
				rest.done = done
				if err := rest.carry(t.Context()); err != nil {
					t.Fatal(err)
				}
				all := append(b.saved, rest.saved...)
				if got := orders(all); !slices.Equal(got, upTo(len(jobs))) {
					t.Errorf("both parts together are %v", got)
				}
				for _, s := range all {
					if s.Cell.Scenario == "paced" && s.Cell.RateRPS != 40000 {
						t.Fatalf("trial %d is offered %v", s.Order, s.Cell.RateRPS)
					}
				}
			})
		})
	}
}

func TestScreenSaysHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		p.Gap = span(100 * time.Millisecond)
		b := newBed(p, jobs)
		if err := b.carry(t.Context()); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.screen.String()), "\n")
		for round := 1; round < int(p.Rounds); round++ {
			end := fmt.Sprintf("round %d of 6, trial %d of %d, ", round, round*len(jobs)/6, len(jobs))
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, end) }) {
				t.Errorf("no line says the end of round %d", round)
			}
		}
		if most := int(p.length(jobs)/(10*time.Second)) + int(p.Rounds); len(lines) > most {
			t.Errorf("%d lines, want at most %d: one every ten seconds and one a round", len(lines), most)
		}
		half := jobs[len(jobs)/2-1]
		want := fmt.Sprintf("round 3 of 6, trial %d of %d, about %s left", half.order, len(jobs), roughly(p.length(jobs[len(jobs)/2:])))
		if !strings.Contains(b.screen.String(), want) {
			t.Errorf("nowhere: %s\n%s", want, b.screen.String())
		}
	})
}

// The time left follows what trials really take, not what they were forecast to.
func TestScreenLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		s := newScreen(&bytes.Buffer{}, p, jobs, p.length(jobs))
		if got := s.eta(); got != p.length(jobs) {
			t.Errorf("at the start %v, want the forecast", got)
		}
		for _, j := range jobs[:len(jobs)/2] {
			time.Sleep(2 * j.forecast())
			s.end(j, j.trial())
		}
		if got, want := s.eta(), 2*p.length(jobs[len(jobs)/2:]); got.Round(time.Second) != want.Round(time.Second) {
			t.Errorf("half-way at double the time %v are left, want %v", got, want)
		}
	})
}
