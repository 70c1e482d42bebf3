package search

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"carousel/internal/result"
)

// rates returns the levels of a search over rates that begins at first.
func rates(first float64) Levels { return Levels{First: first, Least: 1, Most: 1e7} }

// upTo returns a server that holds up to a level; it counts the steps.
func upTo(capacity float64, steps *int) Step {
	return func(level float64, _ bool) (string, float64, error) {
		*steps++
		if level <= capacity {
			return result.Holds, 0, nil
		}
		return result.Fails, capacity, nil
	}
}

func TestFind(t *testing.T) {
	for _, first := range []float64{1, 10, 100, 317, 500, 700, 999, 1000, 1001, 5000, 1e6} {
		for _, capacity := range []float64{37, 1000, 4321, 65432} {
			steps := 0
			a, err := Find(rates(first), upTo(capacity, &steps))
			if err != nil || !a.Confirmed || a.GaveUp || a.Ended != result.Fails || a.Level > capacity || a.Above <= capacity || a.Above/a.Level > near {
				t.Errorf("%v from %v: %+v, %v", capacity, first, a, err)
			}
			if first >= capacity/16 && first <= 100*capacity && steps > 12 {
				t.Errorf("%v from %v takes %d steps", capacity, first, steps)
			}
		}
	}
}

// The search tries the rate that a server kept up with when it fell behind. It is the answer only if it holds and a little more fails.
func TestWhatWasServedIsTried(t *testing.T) {
	for _, c := range []struct{ holds, served, most float64 }{{1000, 1000, 8}, {1000, 700, 12}, {600, 1000, 12}} {
		steps := 0
		a, err := Find(rates(400), func(level float64, _ bool) (string, float64, error) {
			steps++
			switch {
			case level <= c.holds:
				return result.Holds, 0, nil
			case level <= c.served: // served, but too slowly
				return result.Fails, 0, nil
			}
			return result.Fails, c.served, nil
		})
		if err != nil || !a.Confirmed || a.Level > c.holds || a.Above <= c.holds || a.Above/a.Level > near || float64(steps) > c.most {
			t.Errorf("%+v: %+v in %d steps, %v", c, a, steps, err)
		}
	}
}

func TestFindWholeNumbers(t *testing.T) {
	for capacity := 1; capacity <= 3000; capacity = capacity*9/8 + 1 {
		for _, first := range []float64{1, 2, 7, 50} {
			steps, seen := 0, map[float64]bool{}
			server := upTo(float64(capacity), &steps)
			a, err := Find(Levels{First: first, Least: 1, Most: 60000, Whole: true}, func(level float64, confirms bool) (string, float64, error) {
				if level != math.Floor(level) {
					t.Errorf("%d from %v: level %v", capacity, first, level)
				}
				if !confirms && seen[level] && level <= float64(capacity) {
					t.Errorf("%d from %v: %v held already", capacity, first, level)
				}
				seen[level] = true
				return server(level, confirms)
			})
			if err != nil || !a.Confirmed || a.Level > float64(capacity) || a.Above <= float64(capacity) || a.Above-a.Level > max(1, a.Level*(near-1)) {
				t.Errorf("%d from %v: %+v, %v", capacity, first, a, err)
			}
		}
	}
}

func TestBounds(t *testing.T) {
	steps := 0
	a, err := Find(Levels{First: 300, Least: 10, Most: 5000}, upTo(math.Inf(1), &steps))
	if want := (Answer{Level: 5000, Confirmed: true}); a != want || err != nil {
		t.Errorf("everything holds: %+v, %v", a, err)
	}
	a, err = Find(Levels{First: 300, Least: 10, Most: 5000}, upTo(0, &steps))
	if want := (Answer{Above: 10, Ended: result.Fails}); a != want || err != nil {
		t.Errorf("nothing holds: %+v, %v", a, err)
	}
	a, err = Find(Levels{First: 1, Least: 1, Most: 1, Whole: true}, upTo(1, &steps))
	if want := (Answer{Level: 1, Confirmed: true}); a != want || err != nil {
		t.Errorf("there is one level: %+v, %v", a, err)
	}
}

// A server with noise: near its capacity it holds or fails by chance, less so in the longer step.
func TestNoise(t *testing.T) {
	long := 0
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		first := 300 + 400*random.Float64()
		steps := 0
		a, err := Find(rates(first), func(level float64, confirms bool) (string, float64, error) {
			steps++
			spread := 0.01
			if confirms {
				spread /= math.Sqrt(3)
			}
			if level*(1+spread*random.NormFloat64()) <= 1000 {
				return result.Holds, 0, nil
			}
			return result.Fails, 1000, nil
		})
		if err != nil || !a.Confirmed || math.Abs(a.Level/1000-1) > 0.05 {
			t.Errorf("seed %d: %+v, %v", seed, a, err)
		}
		if steps > 12 {
			long++
		}
	}
	if long > 20 {
		t.Errorf("%d of 200 searches took more than 12 steps", long)
	}
}

// A level that failed by chance is tried again.
func TestFalseAlarm(t *testing.T) {
	for at := range 4 {
		steps := 0
		server := upTo(1000, &steps)
		a, err := Find(rates(300), func(level float64, confirms bool) (string, float64, error) {
			if o, served, err := server(level, confirms); steps != at+1 {
				return o, served, err
			}
			return result.Fails, 0, nil
		})
		if err != nil || !a.Confirmed || math.Abs(a.Level/1000-1) > 0.03 || steps > 18 {
			t.Errorf("step %d failed: %+v after %d steps, %v", at+1, a, steps, err)
		}
	}
}

// A level at the capacity itself fails and holds by chance. If it failed first and then holds, the search continues with a small step and does
// not double the level.
func TestALevelThatWavers(t *testing.T) {
	steps, tries := 0, map[float64]int{}
	a, err := Find(rates(248.5), func(level float64, confirms bool) (string, float64, error) {
		steps++
		tries[level]++
		switch {
		case level < 497, level == 497 && tries[level] == 2:
			return result.Holds, 0, nil
		}
		return result.Fails, 0, nil
	})
	if err != nil || !a.Confirmed || a.Level < 0.95*497 || a.Level > 497 || steps > 12 {
		t.Errorf("%+v in %d steps, %v", a, steps, err)
	}
}

// A search also ends if a server fails at one level and holds at a higher one: its answer held, and a level above it did not.
func TestNotMonotonic(t *testing.T) {
	a, err := Find(rates(100), func(level float64, _ bool) (string, float64, error) {
		if level <= 250 || level >= 390 && level <= 1000 {
			return result.Holds, 0, nil
		}
		return result.Fails, 0, nil
	})
	if err != nil || !a.Confirmed || a.Level < 970 || a.Level > 1000 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestConfirmationFails(t *testing.T) {
	steps := 0
	a, err := Find(rates(500), func(level float64, confirms bool) (string, float64, error) {
		steps++
		if level <= 1000 || !confirms && level <= 1080 {
			return result.Holds, 0, nil
		}
		return result.Fails, 0, nil
	})
	if err != nil || !a.Confirmed || a.Level > 1000 || a.Level < 1000/near || a.Above <= 1000 {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := Find(rates(500), func(level float64, confirms bool) (string, float64, error) {
		if !confirms && level <= 1000 {
			return result.Holds, 0, nil
		}
		return result.Fails, 0, nil
	}); err != nil || a.Confirmed || !a.GaveUp || a.Level > 500 {
		t.Errorf("never confirmed: %+v, %v", a, err)
	}
}

// script gives outcomes in order, the last one for ever.
func script(outcomes ...string) (Step, *[]float64) {
	levels := new([]float64)
	return func(level float64, _ bool) (string, float64, error) {
		*levels = append(*levels, level)
		return outcomes[min(len(*levels), len(outcomes))-1], 0, nil
	}, levels
}

func TestWhatDoesNotCountIsRepeated(t *testing.T) {
	step, levels := script(result.Void, result.Void, result.Holds, result.Void, result.Fails)
	if _, err := Find(Levels{First: 100, Least: 100, Most: 200}, step); err != nil {
		t.Fatal(err)
	}
	if got := (*levels)[:5]; !slices.Equal(got, []float64{100, 100, 100, 200, 200}) {
		t.Errorf("levels %v", got)
	}
	step, levels = script(result.Void)
	if a, err := Find(rates(100), step); err != nil || a != (Answer{Above: 100, Ended: result.Void}) || len(*levels) != tries {
		t.Errorf("nothing counts: %+v after %v, %v", a, *levels, err)
	}
}

// A level whose outcome is undecided, or that loadgen cannot offer, bounds the search as one that fails does, and the answer says which.
func TestEdges(t *testing.T) {
	for _, o := range []string{result.Limited, result.Void} {
		a, err := Find(rates(600), func(level float64, _ bool) (string, float64, error) {
			if level <= 1000 {
				return result.Holds, 0, nil
			}
			return o, 0, nil
		})
		if err != nil || a.Ended != o || a.Level > 1000 || a.Above <= 1000 {
			t.Errorf("%s: %+v, %v", o, a, err)
		}
	}
	a, err := Find(rates(600), func(level float64, confirms bool) (string, float64, error) {
		switch {
		case confirms:
			return result.Void, 0, nil
		case level <= 1000:
			return result.Holds, 0, nil
		}
		return result.Fails, 0, nil
	})
	if err != nil || a.Confirmed || a.Ended != result.Fails || a.Level < 970 {
		t.Errorf("the confirmation is undecided: %+v, %v", a, err)
	}
}

func TestErrorEnds(t *testing.T) {
	broken := errors.New("broken")
	steps := 0
	a, err := Find(rates(100), func(level float64, _ bool) (string, float64, error) {
		if steps++; steps > 2 {
			return "", 0, broken
		}
		return result.Holds, 0, nil
	})
	if !errors.Is(err, broken) || a != (Answer{Level: 200}) {
		t.Errorf("%+v, %v", a, err)
	}
}

// Whatever a server does, a search ends, and its answer agrees with its steps.
func FuzzFind(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 1, 2, 3}, uint16(100), false)
	f.Add([]byte{1, 1, 1, 0, 0, 0, 0, 0}, uint16(50), true)
	f.Fuzz(func(t *testing.T, script []byte, first uint16, whole bool) {
		steps, seen := 0, map[float64][]string{}
		p := Levels{First: float64(max(first, 1)), Least: 1, Most: 65535, Whole: whole}
		a, _ := Find(p, func(level float64, confirms bool) (string, float64, error) {
			o := result.Holds
			if steps < len(script) {
				o = []string{result.Holds, result.Fails, result.Limited, result.Void}[script[steps]%4]
			}
			if steps++; steps > MostSteps {
				t.Fatal("it does not end")
			}
			if level < p.Least || level > p.Most {
				t.Fatalf("level %v", level)
			}
			seen[level] = append(seen[level], fmt.Sprint(o, confirms))
			return o, 0, nil
		})
		if a.Level > 0 && !slices.Contains(seen[a.Level], "holdsfalse") && !slices.Contains(seen[a.Level], "holdstrue") {
			t.Errorf("%+v, but it never held: %v", a, seen)
		}
		if a.Confirmed && !slices.Contains(seen[a.Level], "holdstrue") {
			t.Errorf("%+v, but it was not confirmed: %v", a, seen)
		}
		if a.Above > 0 && (a.Above <= a.Level || len(seen[a.Above]) == 0) {
			t.Errorf("%+v of %v", a, seen)
		}
	})
}
