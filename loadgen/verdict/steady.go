package verdict

import (
	"fmt"
	"math"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
)

const (
	fewestBins   = 30                     // the shortest series that is checked
	steadyBlocks = 32                     // blocks that the bins are merged into, up to twice as many: a disturbance lasts for several bins
	surelyChange = 0.001                  // p-value at which a change is reported
	hardlyLonger = 200 * time.Microsecond // response times may drift by that much on any machine
)

// checkSteady reports that the rate of a closed loop, or the response time of an open one, changed its level within the window or drifted. The
// figures then mix two levels. A stall is no such change.
func checkSteady(l *result.Load) (state, text, advice string) {
	if l.Series == nil || len(l.Series.Replies) < fewestBins || len(l.Spec.Stages) > 0 || l.Gone || result.Overloaded(l) {
		return "", "", ""
	}
	each := max(1, len(l.Series.Replies)/steadyBlocks)
	replies, busy := blocks(l.Series.Replies, each), blocks(l.Series.BusyNS, each)
	of := replies
	if l.Spec.Rate > 0 {
		of = busy
	}
	at, p := stats.Change(of)
	if p > surelyChange {
		return "", "", ""
	}
	before, after := stats.Median(of[:at]), stats.Median(of[at:])
	when := fmt.Sprintf("after %s of the window", units.Short(float64(at*each)*float64(l.Series.BinNS)))
	if first, last := thirds(of); apart(first, last) > apart(before, after) {
		before, after, when = first, last, "from its first third to its last"
	}
	shift := apart(before, after)
	what, unit := "rate", func(v float64) string { return units.Rate(v/(float64(each)*float64(l.Series.BinNS))*1e9) + "/s" }
	if l.Spec.Rate > 0 {
		n := stats.Median(replies)
		if math.Abs(after-before) < n*float64(hardlyLonger) {
			return "", "", ""
		}
		what, unit = "mean response time", func(v float64) string { return units.Short(v / n) }
	}
	if shift <= 0.05 {
		return "", "", ""
	}
	return grade(shift, 0.10, 1), fmt.Sprintf("the %s changed by %s %s: %s and then %s", what, Percent(shift), when, unit(before), unit(after)),
		"load it for a while before (--warmup), or look what else changed then"
}

// Improves reports whether the last third of the window of l was better than its first: a higher rate of a closed loop, a shorter response
// time of an open one.
func Improves(l *result.Load) bool {
	if l.Series == nil {
		return false
	}
	if l.Spec.Rate > 0 {
		first, last := thirds(blocks(l.Series.BusyNS, 1))
		return last < first
	}
	first, last := thirds(blocks(l.Series.Replies, 1))
	return last > first
}

// thirds returns the medians of the first and the last third of a series.
func thirds(of []float64) (first, last float64) {
	n := len(of) / 3
	return stats.Median(of[:n]), stats.Median(of[len(of)-n:])
}

// apart returns the difference of two levels, as a share of the higher one.
func apart(a, b float64) float64 { return math.Abs(a-b) / max(a, b, math.SmallestNonzeroFloat64) }

// blocks returns the sums of each consecutive each bins. An incomplete last block is left out.
func blocks(bins []int64, each int) (sums []float64) {
	for ; len(bins) >= each; bins = bins[each:] {
		sum := 0.0
		for _, n := range bins[:each] {
			sum += float64(n)
		}
		sums = append(sums, sum)
	}
	return sums
}
