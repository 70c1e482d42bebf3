package kept

import (
	"fmt"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// together is the share of the longest window that all windows must have in common for rates to be added up: what was served while
// others did not load the server is then no more than a tenth.
const together = 0.90

// once says which run is in the records twice, as itself or as part of a merged one.
func once(records []Record) error {
	type run struct {
		start, elapsed, ok int64
	}
	seen := map[run]string{}
	for _, r := range records {
		for _, p := range partsOf(r) {
			id := run{p.Window.Start.UnixNano(), p.Window.ElapsedNS, p.OK}
			if other, twice := seen[id]; twice {
				return fmt.Errorf("%s and %s are one run, or have one in common: leave one of them out, it would count twice", other, r.Name)
			}
			seen[id] = r.Name
		}
	}
	return nil
}

// fit says whether windows lie as they must, and what share of the longest they have in common. Machines whose clocks differ have windows that
// do as well.
func fit(records []Record, sequence bool) (overlap float64, err error) {
	first, last := records[0], records[0] // to begin
	end, longest := records[0].end(), time.Duration(0)
	for _, r := range records {
		if r.start().Before(first.start()) {
			first = r
		}
		if r.start().After(last.start()) {
			last = r
		}
		if r.end().Before(end) {
			end = r.end()
		}
		longest = max(longest, r.end().Sub(r.start()))
	}
	overlap = max(0, float64(end.Sub(last.start()))/float64(longest))
	if sequence {
		for i, a := range records {
			for _, b := range records[i+1:] {
				if a.start().Before(b.end()) && b.start().Before(a.end()) {
					return 0, fmt.Errorf("--sequence: %s and %s ran at the same time, in part at least: leave it out, or leave one of them out", a.Name, b.Name)
				}
			}
		}
		return overlap, nil
	}
	if overlap < together {
		return 0, fmt.Errorf("the windows have %.0f %% of the longest in common, and rates are added up from %.0f %% on: %s began %s after %s; --sequence adds up loads that came one after another",
			100*overlap, 100*together, last.Name, units.Short(float64(last.start().Sub(first.start()))), first.Name)
	}
	return overlap, nil
}

// window is that of the whole. Side by side its length is the mean of the windows, by how many replies came in each, so that the sum of the
// rates times it is the sum of the replies.
func window(records []Record, sequence bool) (w result.Window) {
	w.Start = records[0].start()
	replies, rate, total := 0.0, 0.0, int64(0)
	for _, r := range records {
		l := r.Load
		if r.start().Before(w.Start) {
			w.Start = r.start()
		}
		w.ElapsedNS = max(w.ElapsedNS, l.Window.ElapsedNS)
		total += l.Window.ElapsedNS
		replies += l.RateRPS * float64(l.Window.ElapsedNS)
		rate += l.RateRPS
	}
	switch {
	case sequence:
		w.ElapsedNS = total
	case rate > 0:
		w.ElapsedNS = int64(replies/rate + 0.5)
	}
	return w
}

// specOf is what was asked for in all. Fields that differ and do not add up are left out, but for the target, which is that of the first.
func specOf(records []Record, sequence bool) result.Spec {
	s := records[0].Load.Spec
	s.Stages = append([]result.Stage(nil), s.Stages...)
	for _, r := range records[1:] {
		o := r.Load.Spec
		if sequence {
			s.Duration += o.Duration
			s.Stages = append(s.Stages, o.Stages...)
		} else {
			s.Connections, s.First, s.Idle, s.Threads = s.Connections+o.Connections, s.First+o.First, s.Idle+o.Idle, s.Threads+o.Threads
			s.Rate += o.Rate
			s.Duration, s.Warmup, s.Grace, s.Spin = max(s.Duration, o.Duration), max(s.Warmup, o.Warmup), max(s.Grace, o.Grace), max(s.Spin, o.Spin)
			for i := range s.Stages {
				s.Stages[i].From, s.Stages[i].To = s.Stages[i].From+o.Stages[i].From, s.Stages[i].To+o.Stages[i].To
			}
		}
		s.Requests += o.Requests
		if s.Seed != o.Seed {
			s.Seed = 0
		}
		if s.PID != o.PID {
			s.PID = 0
		}
		if text(s.Source) != text(o.Source) {
			s.Source = nil
		}
	}
	return s
}
