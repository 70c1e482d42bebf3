package verdict

import (
	"fmt"
	"math"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// turnChecks are those of a comparison, in the order of the reasons.
var turnChecks = []check[*result.Comparison]{
	{"servers", checkServers},
	{"interrupted", checkCycles},
	{"client", checkClient},
	{"slices", checkSlices},
	{"idle", checkIdle},
	{"twin", checkTwin},
	{"beside", checkBeside},
	{"disturbed", checkDisturbed},
	{"throttled", ofHost(checkThrottled)},
	{"steal", ofHost(checkSteal)},
}

// ofHost makes of a check of the host, which is for a load, a check for a whole comparison.
func ofHost(look func(*result.Load) (state, text, advice string)) func(*result.Comparison) (state, text, advice string) {
	return func(c *result.Comparison) (state, text, advice string) { return look(&result.Load{Host: c.Host}) }
}

// ofTheWhole names the checks of a load that a comparison makes once, for all its servers.
var ofTheWhole = []string{"interrupted", "own-share"}

// JudgeComparison judges a comparison: the load of each server, and whether the servers can be compared. It writes all verdicts into c.
//
// Beyond the checks of Judge, it adds a remark where a server used more than 1 % of a processor in the slices of others, where other programs used
// more than 10 % of the machine (suspect if an interval is then wider than 5 % to either side), and where pairs of cycles were measured again.
func JudgeComparison(c *result.Comparison) {
	for _, s := range c.Servers {
		if len(s.Slices) == 0 && !s.Gone { // nothing is known of it
			s.Load.Verdict = result.Verdict{State: result.Valid, Reasons: []result.Reason{}}
			continue
		}
		own := slices.DeleteFunc(slices.Clone(checks), func(check check[*result.Load]) bool { return slices.Contains(ofTheWhole, check.name) })
		s.Load.Verdict = weigh(own, s.Load)
	}
	c.Verdict = weigh(turnChecks, c)
}

// checkServers reports the servers whose own figures are in doubt.
func checkServers(c *result.Comparison) (state, text, advice string) {
	state = result.Valid
	var doubtful []string
	for _, s := range c.Servers {
		if s.Load.Verdict.State != result.Valid || s.Trouble != "" {
			doubtful = append(doubtful, s.Name)
			state = Worse(state, Worse(s.Load.Verdict.State, result.Suspect))
		}
	}
	if len(doubtful) == 0 {
		return "", "", ""
	}
	return state, fmt.Sprintf("the figures of %s are in doubt", units.List(doubtful)), "see why below"
}

func checkCycles(c *result.Comparison) (state, text, advice string) {
	if c.Complete {
		return "", "", ""
	}
	return result.Suspect, fmt.Sprintf("the comparison was ended after %s", units.Plural(c.Cycles, "cycle")), "let it finish"
}

// checkClient reports that loadgen itself limited the rates.
func checkClient(c *result.Comparison) (state, text, advice string) {
	var limited []string
	share := 0.0
	for _, s := range c.Servers {
		if own := s.Load.Host.OwnShare; own > 0.70 && s.Load.Spec.Rate == 0 {
			limited = append(limited, s.Name)
			share = max(share, own)
		}
	}
	if len(limited) == 0 {
		return "", "", ""
	}
	return grade(share, 0.85, 1e9), fmt.Sprintf("loadgen's threads were busy for up to %s of the slices of %s, so the rates may be its own limit", Percent(share), units.List(limited)),
		"compare what requests cost at a fixed rate (-r), or give the client more processors and threads (-t)"
}

// checkSlices reports that requests take too long for the slices, whose length --slice or -d limits.
func checkSlices(c *result.Comparison) (state, text, advice string) {
	if c.NeededNS <= c.SliceNS || len(c.Servers) == 0 {
		return "", "", ""
	}
	text = fmt.Sprintf("requests take too long for slices of %s", units.Short(float64(c.SliceNS)))
	if c.SliceNS == c.GivenNS { // the number of cycles is given, or -d is as short as can be
		wanted := time.Duration(math.Ceil(float64(c.NeededNS)/1e6)) * time.Millisecond
		return result.Suspect, text, fmt.Sprintf("use --slice %v or longer", wanted)
	}
	d := float64(c.Servers[0].Load.Spec.Duration) * float64(c.NeededNS) / float64(c.SliceNS)
	return result.Suspect, text,
		fmt.Sprintf("use -d %v or longer", time.Duration(math.Ceil(d/1e9))*time.Second)
}

// checkIdle reports the servers that used processor time in the slices of others.
func checkIdle(c *result.Comparison) (state, text, advice string) {
	var restless []string
	share := 0.0
	for _, s := range c.Servers {
		if s.IdleShare > 0.01 {
			restless = append(restless, s.Name)
			share = max(share, s.IdleShare)
		}
	}
	if len(restless) == 0 {
		return "", "", ""
	}
	return grade(share, 0.05, 1e9), fmt.Sprintf("%s used up to %s of a processor in the slices of others", units.List(restless), Percent(share)),
		"look what it does without requests; the others' figures bear some of it"
}

// checkTwin reports that the target differs from its twin, the same server under a second name.
func checkTwin(c *result.Comparison) (state, text, advice string) {
	for _, r := range c.Ratios {
		if r.Server == c.Twin && r.Lacks == "" && (r.Outcome == result.Higher || r.Outcome == result.Lower) {
			return result.Valid, fmt.Sprintf("the target differs from itself in %s (%.3f to %.3f)", r.Metric, r.Low, r.High),
				"a difference of that size means nothing; one twin in twenty differs by chance"
		}
	}
	return "", "", ""
}

// checkBeside reports that other programs used the processors. That is known only if the processes of all servers are.
func checkBeside(c *result.Comparison) (state, text, advice string) {
	for _, s := range c.Servers {
		if s.Load.TargetCPU == nil {
			return "", "", ""
		}
	}
	if c.BesideShare <= 0.10 {
		return "", "", ""
	}
	state = result.Valid
	for _, r := range c.Ratios {
		if r.Metric != result.MetricP99 && r.Outcome == result.Undecided && r.Lacks == "" && r.High/r.Low > 1.10 {
			state = result.Suspect
		}
	}
	return state, fmt.Sprintf("other programs used %s of the processors", Percent(c.BesideShare)), "this widens the intervals; repeat on a calmer machine"
}

// checkDisturbed reports that pairs of cycles were measured again, because other programs used the processors in them.
func checkDisturbed(c *result.Comparison) (state, text, advice string) {
	again := map[int]bool{} // pairs
	for _, server := range c.Servers {
		for _, s := range server.Slices {
			if s.Disturbed {
				again[s.Cycle/2] = true
			}
		}
	}
	if len(again) == 0 {
		return "", "", ""
	}
	n := len(again)
	return result.Valid, fmt.Sprintf("%s of %s of cycles count nowhere, as other programs took over 10 %% of the processors in them", units.Count(n), units.Plural(c.Cycles/2+n, "pair")),
		"they were measured again; on a calmer machine none is repeated"
}
