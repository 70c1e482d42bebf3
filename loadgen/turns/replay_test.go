package turns

import (
	"context"
	"encoding/csv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"carousel/internal/result"
)

// recorded returns recorded slices of two processes of one program, by run: 5 s of `servers --model epoll` each, 64 connections.
func recorded(t *testing.T) (runs [][][2]result.Slice) {
	f, err := os.Open("testdata/twins.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		var n [8]int64
		for i, text := range line {
			if n[i], err = strconv.ParseInt(text, 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		slice := func(v []int64) result.Slice {
			return result.Slice{LengthNS: n[1] * int64(time.Millisecond), OK: v[0], WindowOK: v[1], TargetCPUNS: v[2]}
		}
		if int(n[0]) == len(runs) {
			runs = append(runs, nil)
		}
		run := len(runs) - 1
		runs[run] = append(runs[run], [2]result.Slice{slice(n[2:5]), slice(n[5:8])})
	}
	return runs
}

// replay is a stand without servers: its slices are those of a recorded run. It begins at any slice and wraps around; swap exchanges the two
// servers.
type replay struct {
	fake
	run         [][2]result.Slice
	begin, swap int
	done        [2]int
}

func (r *replay) Slice(k int, t Turn) result.Slice {
	if t.Warm {
		return result.Slice{}
	}
	s := r.run[(r.begin+r.done[k])%len(r.run)][k^r.swap]
	r.done[k]++
	return s
}

func (r *replay) Harvest(int, func(low, width, n int64)) {}

// Of a thousand comparisons of a program with itself, at most one in twenty finds a difference, whether it runs for its full length or ends early.
// As a control, testing after every pair of cycles finds far more.
//
// processSpread was derived from the same runs, but the share of false alarms was not.
func TestFalseAlarms(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand comparisons")
	}
	runs := recorded(t)
	random := rand.New(rand.NewPCG(8, 8))
	const comparisons = 1000
	differs := func(r *result.Ratio) bool { return r.Outcome == result.Higher || r.Outcome == result.Lower }
	rules := []string{"lasts", "until 1 %", "naive watch"}
	alarms := map[string]map[string]int{}
	for _, rule := range rules {
		alarms[rule] = map[string]int{}
	}
	for range comparisons {
		run := runs[random.IntN(len(runs))]
		begin, swap := 2*random.IntN(len(run)/2), random.IntN(2)
		for _, rule := range rules[:2] {
			p := plan(2, time.Duration(len(run)/2)*Pair(25*time.Millisecond))
			if rule == "until 1 %" {
				p.Until = 0.01
			}
			c, err := Compare(context.Background(), p, &replay{fake: fake{servers: make([]model, 2)}, run: run, begin: begin, swap: swap}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, metric := range []string{result.MetricRate, result.MetricSteady, result.MetricWhole} {
				if differs(c.Ratio("b", metric)) {
					alarms[rule][metric]++
				}
			}
		}
		if alarmWatching(run, begin, swap) {
			alarms["naive watch"][result.MetricWhole]++
		}
	}
	t.Log(alarms)
	for _, rule := range rules[:2] {
		for metric, n := range alarms[rule] {
			if n > comparisons/20 {
				t.Errorf("%s: %d of %d comparisons find a difference in %s", rule, n, comparisons, metric)
			}
		}
	}
	if n := alarms["naive watch"][result.MetricWhole]; n <= comparisons/20 {
		t.Errorf("who watches is alarmed in %d of %d comparisons, which should be far too often", n, comparisons)
	}
}

// alarmWatching reports whether a test after every pair of cycles finds a difference in the whole cost at least once.
func alarmWatching(run [][2]result.Slice, begin, swap int) bool {
	c := &Results{Slices: make([][]result.Slice, 2), Slice: 25 * time.Millisecond, Lead: Lead(25 * time.Millisecond), times: newTimes(2)}
	for i := range run {
		for k := range 2 {
			s := run[(begin+i)%len(run)][k^swap]
			s.Cycle = i
			c.Slices[k] = append(c.Slices[k], s)
		}
		c.Cycles = i + 1
		if i%2 == 1 && i/2+1 >= MinPairs {
			if r := c.ratios(plan(2, 0), result.MetricWhole, alpha)[0]; r.Outcome == result.Higher || r.Outcome == result.Lower {
				return true
			}
		}
	}
	return false
}
