package verdict

import (
	"fmt"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
)

// A pause is reported if missed replies would usually have come in it and it is at least muchLonger times the median service time: in a closed
// loop whose requests are answered together, replies come one service time apart.
const (
	missed     = 20
	muchLonger = 3
)

// checkPause reports a time without replies while requests were under way. Percentiles hide it in a closed loop, which sends nothing meanwhile,
// and in a long run, where few requests are affected.
func checkPause(l *result.Load) (state, text, advice string) {
	if l.Series == nil || l.Gone {
		return "", "", ""
	}
	bin := time.Duration(l.Series.BinNS)
	least := max(missed/max(stats.Median(blocks(l.Series.Replies, 1)), 1e-9), muchLonger*float64(l.Service.P50)/float64(bin))
	times, all, longest := 0, 0, pause{}
	for _, p := range pauses(l.Series) {
		if float64(p.bins) < least || 2*time.Duration(l.OwnStallNS) > time.Duration(p.bins)*bin { // loadgen itself stood still: checkStall reports that
			continue
		}
		times, all = times+1, all+p.bins
		if p.bins > longest.bins {
			longest = p
		}
	}
	if times == 0 {
		return "", "", ""
	}
	text = fmt.Sprintf("no reply came from %v to %v of the window, with requests under way", time.Duration(longest.first)*bin, time.Duration(longest.first+longest.bins)*bin)
	if times > 1 {
		text += fmt.Sprintf("; %s in all, for %v", units.Plural(int64(times), "pause"), time.Duration(all)*bin)
	}
	if l.Spec.Rate > 0 {
		return result.Valid, text, "look what the target did then"
	}
	return result.Valid, text, "a closed loop sends nothing meanwhile, so its percentiles hide it: those of a rate (-r) do not"
}

// pause is a time without a good reply: the first of its bins, and how many there are.
type pause struct{ first, bins int }

// pauses returns the runs of bins without a good reply in which requests were under way for at least half of each bin.
func pauses(s *result.Series) (found []pause) {
	within := false
	for i, n := range s.Replies {
		switch {
		case n > 0 || 2*s.BusyNS[i] < s.BinNS:
			within = false
			continue
		case !within:
			found, within = append(found, pause{first: i}), true
		}
		found[len(found)-1].bins++
	}
	return found
}
