package kept

import (
	"fmt"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// together is the share of the longest window for which all windows must overlap, so that at most a tenth of the replies came while some loadgens
// did not load the server.
const together = 0.90

// once returns an error if a run is in the records twice, by itself or as part of a merged record.
func once(records []Record) error {
	type run struct {
		start, elapsed, ok int64
	}
	seen := map[run]string{}
	for _, r := range records {
		for _, p := range partsOf(r) {
			id := run{p.Window.Start.UnixNano(), p.Window.ElapsedNS, p.OK}
			if other, twice := seen[id]; twice {
				return fmt.Errorf("%s and %s are the same run, or share one: leave one of them out, or it counts twice", other, r.Name)
			}
			seen[id] = r.Name
		}
	}
	return nil
}

// fit returns the share of the longest window for which all overlap, or an error if that is too little, or if those of a sequence overlap. It relies on the
// clocks of the machines.
func fit(records []Record, sequence bool) (overlap float64, err error) {
	first, last := records[0], records[0]
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
					return 0, fmt.Errorf("--sequence: %s and %s ran at the same time, at least in part: leave out --sequence, or one of them", a.Name, b.Name)
				}
			}
		}
		return overlap, nil
	}
	if overlap < together {
		return 0, fmt.Errorf("the windows overlap for %.0f %% of the longest, less than %.0f %%: %s began %s after %s; --sequence adds up loads that ran one after another",
			100*overlap, 100*together, last.Name, units.Short(float64(last.start().Sub(first.start()))), first.Name)
	}
	return overlap, nil
}

// window is the window of the sum. For loads at the same time its length is the mean of the windows, weighted by rate, so that the summed rate times the
// length is the number of replies.
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

// specOf is the spec of the sum. Fields that differ and do not add up are left out; the target is that of the first record.
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
