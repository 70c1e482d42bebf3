package kept

import "carousel/internal/result"

// aligned is by what share of a bin two series may be apart and still be added up, bin by bin.
const aligned = 0.10

// series adds up those of all by the clock: bins of as many of the parts as make them lie beside each other within a tenth of one. It is nil
// where that leaves too few, or some record has none.
func series(m *result.Load, records []Record) *result.Series {
	for _, r := range records {
		if s := r.Load.Series; s == nil || s.BinNS <= 0 || len(s.BusyNS) != len(s.Replies) {
			return nil
		}
	}
	width := records[0].Load.Series.BinNS
	for _, r := range records {
		width = max(width, r.Load.Series.BinNS)
	}
	for ; width <= m.Window.ElapsedNS; width *= 2 {
		if all := addUp(records, width); all != nil {
			return all
		}
	}
	return nil
}

// addUp adds up the series in bins of that width, over the time that all have; nil where they do not lie beside each other.
func addUp(records []Record, width int64) *result.Series {
	origin := records[0].start()
	from, to := 0, int(^uint(0)>>1) // bins since the origin
	for _, r := range records {
		s := r.Load.Series
		at := int64(r.start().Sub(origin))
		first := floor(at+width/2, width)
		if off := at - first*width; float64(max(off, -off)) > aligned*float64(width) || width%s.BinNS != 0 {
			return nil
		}
		from, to = max(from, int(first)), min(to, int(first)+len(s.Replies)*int(s.BinNS)/int(width))
	}
	if to <= from {
		return nil
	}
	all := &result.Series{BinNS: width, Replies: make([]int64, to-from), BusyNS: make([]int64, to-from)}
	for _, r := range records {
		s := r.Load.Series
		each := int(width / s.BinNS)
		skip := (from - int(floor(int64(r.start().Sub(origin))+width/2, width))) * each
		for i := range all.Replies {
			for k := skip + i*each; k < skip+(i+1)*each; k++ {
				all.Replies[i] += s.Replies[k]
				all.BusyNS[i] += s.BusyNS[k]
			}
		}
	}
	return all
}

// floor is a over b, rounded down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
