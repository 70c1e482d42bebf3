package kept

import (
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// aligned is the share of a step by which the steps of two records may be offset and still be added up.
const aligned = 0.10

// grid aligns the steps (bins or intervals) of several records by the clock. width is the length of a step of the sum, and first[i] the step in which
// record i begins, counted from the earliest beginning.
type grid struct {
	width int64
	first []int64
}

// align finds the shortest step of the sum, a multiple of the step of every record, at which all records are offset by at most a tenth of a step. ok is
// false if that step would be longer than longest.
func align(records []Record, longest int64, widthOf func(*result.Load) int64) (g grid, ok bool) {
	origin := records[0].start()
	for _, r := range records {
		if r.start().Before(origin) {
			origin = r.start()
		}
		width := widthOf(r.Load)
		if width <= 0 {
			return grid{}, false
		}
		g.width = max(g.width, width)
	}
	for ; g.width <= longest; g.width *= 2 {
		if g.first = firstSteps(records, origin, g.width, widthOf); g.first != nil {
			return g, true
		}
	}
	return grid{}, false
}

// firstSteps returns the step of that width in which each record begins; nil if one is offset too far.
func firstSteps(records []Record, origin time.Time, width int64, widthOf func(*result.Load) int64) (first []int64) {
	for _, r := range records {
		at := int64(r.start().Sub(origin))
		nearest := (at + width/2) / width
		if off := at - nearest*width; float64(max(off, -off)) > aligned*float64(width) || width%widthOf(r.Load) != 0 {
			return nil
		}
		first = append(first, nearest)
	}
	return first
}

// overTime adds up the series, over the time that all records share, and the intervals. Each is left out if a record lacks it or they cannot be aligned.
func overTime(m *result.Load, records []Record) {
	if g, ok := align(records, m.Window.ElapsedNS, func(l *result.Load) int64 {
		if l.Series == nil {
			return 0
		}
		return l.Series.BinNS
	}); ok {
		m.Series = series(records, g)
	}
	some := false
	for _, r := range records {
		some = some || r.Load.Intervals != nil
	}
	if !some {
		return
	}
	g, ok := align(records, max(m.Window.ElapsedNS, int64(time.Second)), func(l *result.Load) int64 {
		if l.Intervals == nil {
			return 0
		}
		return l.Intervals.LengthNS
	})
	if ok {
		m.Intervals = intervals(records, g)
	}
}

// outOfStep is the remark that intervals are left out; nil if they are not.
func outOfStep(m *result.Load, records []Record, sequence bool) *result.Reason {
	if m.Intervals != nil || records[0].Load.Intervals == nil {
		return nil
	}
	text := "intervals are left out: a record has none, or the records are offset by more than a tenth of an interval"
	advice := "start the loads within " + units.Short(aligned*float64(records[0].Load.Intervals.LengthNS)) + " of each other"
	if sequence {
		text, advice = "intervals are left out: the loads ran one after another", "see those of each record"
	}
	return &result.Reason{Check: "intervals", State: result.Valid, Text: text, Advice: advice}
}

// series adds up bins over the time that all records share; nil if there is none.
func series(records []Record, g grid) *result.Series {
	from, to := g.first[0], int64(1)<<62
	for i, r := range records {
		s := r.Load.Series
		from, to = max(from, g.first[i]), min(to, g.first[i]+int64(min(len(s.Replies), len(s.BusyNS)))*s.BinNS/g.width)
	}
	if to <= from {
		return nil
	}
	all := &result.Series{BinNS: g.width, Replies: make([]int64, to-from), BusyNS: make([]int64, to-from)}
	for i, r := range records {
		s := r.Load.Series
		each := g.width / s.BinNS
		for k := range (to - from) * each {
			at := k + (from-g.first[i])*each
			all.Replies[k/each] += s.Replies[at]
			all.BusyNS[k/each] += s.BusyNS[at]
		}
	}
	return all
}

// intervals adds up the intervals of all records; nil if a histogram cannot be decoded.
func intervals(records []Record, g grid) *result.Intervals {
	all := &result.Intervals{LengthNS: g.width}
	var texts [][]string // histograms, by interval of the sum
	for i, r := range records {
		v := r.Load.Intervals
		for k, one := range v.List {
			at := int(g.first[i] + int64(k)*v.LengthNS/g.width)
			for len(all.List) <= at {
				all.List, texts = append(all.List, result.Interval{}), append(texts, nil)
			}
			sum := &all.List[at]
			sum.OK, sum.Errors, sum.Bytes, sum.MaxNS = sum.OK+one.OK, sum.Errors+one.Errors, sum.Bytes+one.Bytes, max(sum.MaxNS, one.MaxNS)
			if one.Histogram != "" {
				texts[at] = append(texts[at], one.Histogram)
			}
		}
	}
	h := result.NewHistogram()
	for i := range all.List {
		h.Reset()
		for _, text := range texts[i] {
			one, err := result.Decode(text)
			if err != nil {
				return nil
			}
			h.Merge(one)
		}
		if h.Count() == 0 {
			continue
		}
		text, err := h.Encode()
		if err != nil {
			return nil
		}
		all.List[i].Histogram = text
	}
	return all
}
