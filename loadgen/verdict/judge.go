// Package verdict says whether the figures of a load can be believed: checks that travel with the number, and the gates
// of --fail-if. All of it is a pure function of what was asked and what was recorded.
package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"carousel/internal/result"
	"carousel/loadgen/spec"
)

// The states of a verdict. A valid one may still carry remarks.
const (
	Valid   = "valid"
	Suspect = "suspect"
	Invalid = "invalid"
)

// check looks at one thing: how far it hurts and why, "" when all is well. A reason ends in what the user can do.
type check func(spec.Spec, *result.Load) (state, reason string)

// checks are in the order of the reasons: who was served comes before how fast.
var checks = []check{
	checkStarved, checkAnswers, checkInterrupted, checkConnects, checkErrors, checkResent, checkHey, checkOffered, checkLittle,
	checkOwnShare, checkLateness, checkStall, checkSteal, checkDrops, checkSupport,
}

// Judge weighs the record l of a load s. The thresholds are those of the project's measuring rules: Little's law 2 and
// 5 %, own processor share 70 and 85 %, steal 2 and 5 %, offered rate 1 and 2 %, lateness 10 and 25 % of the median,
// requests sent twice and own stall 1 %, errors 0, 0.1 and 1 %: the lower one is a remark, the upper one makes the figures suspect.
func Judge(s spec.Spec, l *result.Load) result.Verdict {
	order := []string{Valid, Suspect, Invalid}
	v := result.Verdict{State: Valid, Reasons: []string{}}
	for _, look := range checks {
		state, reason := look(s, l)
		if reason == "" {
			continue
		}
		v.Reasons = append(v.Reasons, reason)
		if slices.Index(order, state) > slices.Index(order, v.State) {
			v.State = state
		}
	}
	return v
}

func checkStarved(s spec.Spec, l *result.Load) (string, string) {
	who := result.Starved(s.Asked(), l)
	if who == "" {
		return Valid, ""
	}
	return Invalid, who + ": no percentile speaks for those; compare with -c 1, or look at how the server takes turns"
}

func checkAnswers(_ spec.Spec, l *result.Load) (string, string) {
	if l.Requests.OK > 0 {
		return Valid, ""
	}
	return Invalid, fmt.Sprintf("no request succeeded (%d sent, %d failed, %d unanswered): ask the target once with curl -v",
		l.Requests.Sent, l.Requests.Errors, l.Requests.Unanswered)
}

func checkInterrupted(s spec.Spec, l *result.Load) (string, string) {
	switch {
	case l.Complete:
		return Valid, ""
	case s.Requests > 0 && l.UnsentBy["interrupted"] == 0 && l.Requests.Unsent > 0:
		return Suspect, fmt.Sprintf("the run was given up after %s with %d of %d requests never sent, for nobody could be connected to any more: look whether the target died",
			Short(float64(l.Window.ElapsedNS)), l.Requests.Unsent, l.Requests.Planned)
	}
	return Suspect, fmt.Sprintf("the run was ended after %s: let it finish", Short(float64(l.Window.ElapsedNS)))
}

// checkConnects says that nobody listened for a while: what was measured is what was served before and after.
func checkConnects(s spec.Spec, l *result.Load) (string, string) {
	c := l.Connections
	if c.Failed == 0 || l.Requests.OK == 0 {
		return Valid, ""
	}
	state := Suspect
	if c.Failed >= int64(s.Connections) {
		state = Invalid
	}
	return state, fmt.Sprintf("%d of %d attempts to connect failed: the target was not there all the time, look whether it died",
		c.Failed, c.Failed+c.Opened)
}

func checkErrors(_ spec.Spec, l *result.Load) (string, string) {
	if l.Requests.Errors == 0 || l.Requests.Sent == 0 || l.Requests.OK == 0 {
		return Valid, ""
	}
	share := float64(l.Requests.Errors) / float64(l.Requests.Sent)
	return grade(share, 0.001, 0.01), fmt.Sprintf("%d of %d requests failed (%s): their classes say how, mend the target or lower the load",
		l.Requests.Errors, l.Requests.Sent, Percent(share))
}

// checkResent says that a server closed connections without a word. Between two replies that is its right; one that does so often may
// well have dropped what it had read.
func checkResent(_ spec.Spec, l *result.Load) (string, string) {
	if l.Resent == 0 || l.Requests.Sent == 0 || l.Requests.OK == 0 {
		return Valid, ""
	}
	share := float64(l.Resent) / float64(l.Requests.Sent)
	return grade(share, 0.01, 1), fmt.Sprintf("%d requests (%s) were sent a second time, for the server had closed their connection without a word and may have dropped them: look at its idle timeout and its log",
		l.Resent, Percent(share))
}

// grade is suspect above the first limit and invalid above the second.
func grade(share, suspect, invalid float64) string {
	switch {
	case share > invalid:
		return Invalid
	case share > suspect:
		return Suspect
	}
	return Valid
}

// checkHey says that a run by time ended early because hey keeps no more results.
func checkHey(s spec.Spec, l *result.Load) (string, string) {
	full := spec.HeyResults / int64(max(s.Connections, 1)) * int64(s.Connections)
	if s.Engine != spec.Hey || s.Duration == 0 || l.Requests.Sent < full {
		return Valid, ""
	}
	return Valid, fmt.Sprintf("hey keeps %d results, so the run ended after %s of %v: use a shorter -d", spec.HeyResults,
		Short(float64(l.Window.ElapsedNS)), s.Duration)
}

func checkOffered(s spec.Spec, l *result.Load) (string, string) {
	lag := result.Behind(s.Asked(), l)
	if lag <= 0.01 {
		return Valid, ""
	}
	reason := fmt.Sprintf("%.0f of %.0f requests per second offered were served: ", l.RateRPS, s.Rate)
	if lag <= 0.02 {
		return Valid, reason + "a longer -d tells whether the target keeps up"
	}
	return Suspect, reason + fmt.Sprintf("the target cannot keep up over %d connections, use more (-c) or offer less (-r)", s.Connections)
}

// checkLittle holds the record to Little's law (Little 1961): in a closed loop the requests in flight, N, are as many as
// the rate X times the mean response time R, and N is the connections. What lacks is time the client spent between
// requests, or time that was not recorded.
func checkLittle(s spec.Spec, l *result.Load) (string, string) {
	if s.Rate > 0 || l.Window.ElapsedNS <= 0 || l.Requests.OK == 0 {
		return Valid, ""
	}
	off := math.Abs(1 - l.InFlight/float64(s.Connections))
	if off <= 0.02 {
		return Valid, ""
	}
	advice := "give the run more time (-d)"
	switch {
	case l.Connections.Failed > 0:
		advice = "some connections were not there all the time, see the errors"
	case l.Host.OwnShare > 0.7:
		advice = "loadgen itself took the time, give it more processors (-t) or fewer connections"
	}
	state := Valid
	if off > 0.05 {
		state = Suspect
	}
	return state, fmt.Sprintf("Little's law: rate times mean response time is %.3g requests in flight, the connections are %d: %s",
		l.InFlight, s.Connections, advice)
}

func checkSteal(_ spec.Spec, l *result.Load) (string, string) {
	share := l.Host.StealShare
	if share <= 0.02 {
		return Valid, ""
	}
	state := Valid
	if share > 0.05 {
		state = Suspect
	}
	return state, fmt.Sprintf("the hypervisor took %s of the processors' time: repeat on a quieter host", Percent(share))
}

func checkDrops(_ spec.Spec, l *result.Load) (string, string) {
	if l.Host.ListenDrops == 0 {
		return Valid, ""
	}
	return Suspect, fmt.Sprintf("the host dropped %d connection attempts because a listen queue was full: raise the server's backlog and net.core.somaxconn, or use fewer connections",
		l.Host.ListenDrops)
}

// checkSupport names the percentiles that too few requests lie beyond.
func checkSupport(s spec.Spec, l *result.Load) (string, string) {
	if l.Requests.OK == 0 || result.Starved(s.Asked(), l) != "" {
		return Valid, ""
	}
	response := result.Response(s.Asked(), l)
	var lacking []string
	for _, f := range response.Figures {
		if f.Lacks != response.Lacks {
			lacking = append(lacking, f.Name)
		}
	}
	if len(lacking) == 0 {
		return Valid, ""
	}
	return Valid, fmt.Sprintf("%d requests are too few for %s (fewer than %d lie beyond): give the run more time (-d) or requests (-n)",
		response.Count, strings.Join(lacking, ", "), result.Support)
}

// Percent writes a share with two digits: 0.34 is 34 %.
func Percent(share float64) string {
	if share > 0 && share < 0.001 {
		return fmt.Sprintf("%.2g %%", share*100)
	}
	return fmt.Sprintf("%.3g %%", share*100)
}
