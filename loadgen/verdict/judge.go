// Package verdict checks whether the figures of a load can be believed, and evaluates the gates of --fail-if. Both are pure functions of a load's
// record, which has its specification too.
package verdict

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/record"
)

// checks are in the order of the reasons: who was served comes before how fast. Each looks at one thing and returns the state that it puts the
// figures in, what it found and what to do about it; no text if all is well.
var checks = []check[*result.Load]{
	{"starved", checkStarved},
	{"answers", checkAnswers},
	{"interrupted", checkInterrupted},
	{"descriptors", checkDescriptors},
	{"ports", checkPorts},
	{"connects", checkConnects},
	{"errors", checkErrors},
	{"unanswered", checkUnanswered},
	{"resent", checkResent},
	{"hey", checkHey},
	{"offered", checkOffered},
	{"little", checkLittle},
	{"own-share", checkOwnShare},
	{"ceiling", checkCeiling},
	{"run-delay", checkRunDelay},
	{"throttled", checkThrottled},
	{"lateness", checkLateness},
	{"arrivals", checkArrivals},
	{"stall", checkStall},
	{"gc", checkGC},
	{"beside", checkOthers},
	{"steal", checkSteal},
	{"drops", checkDrops},
	{"retransmits", checkRetransmits},
	{"pause", checkPause},
	{"steady", checkSteady},
	{"nagle", checkNagle},
	{"support", checkSupport},
}

// Judge returns the verdict on the record of a load. Of two limits below, a value above the first adds a remark, one above the second makes the
// figures suspect:
//
//   - the target: errors 0 and 0.1 % (invalid: 1 %), requests unanswered 1 and 10 %, offered rate 1 and 2 %, requests sent twice 0 and 1 %,
//     no reply for as long as 20 usually take a remark, change within the window 5 and 10 % where chance makes one as clear in 1 of 1,000 windows;
//   - the books: Little's law 2 and 5 %;
//   - loadgen itself: its processor share 70 and 85 %, its rate over its ceiling 70 and 85 %, run delay of its threads 1 and 5 % of their
//     time, send lateness 10 and 25 % of the median, arrivals 5 and 10 % of the gaps, own stalls and collections 0 and 1 % of the requests, any
//     period throttled by a quota suspect;
//   - this machine: steal 2 and 5 %, other programs 10 and 25 % of the processors, descriptors and ports 80 % in use a remark and none left
//     suspect (invalid: as often as there are connections), any listen drop suspect, retransmits 0 and 1 % of the requests.
//
// Limits are shares of the run's own time, requests or median where they can be: a fixed limit would make every run on a shared machine suspect.
func Judge(l *result.Load) result.Verdict {
	return weigh(checks, l)
}

// check looks at one thing in a record.
type check[T any] struct {
	name string
	look func(T) (state, text, advice string)
}

// weigh returns the verdict of all checks on a record.
func weigh[T any](checks []check[T], of T) result.Verdict {
	v := result.Verdict{State: result.Valid, Reasons: []result.Reason{}}
	for _, check := range checks {
		state, text, advice := check.look(of)
		if text == "" {
			continue
		}
		v.Reasons = append(v.Reasons, result.Reason{Check: check.name, State: state, Text: text, Advice: advice})
		v.State = Worse(v.State, state)
	}
	return v
}

// Worse returns the worse of two states.
func Worse(a, b string) string {
	order := []string{result.Valid, result.Suspect, result.Invalid}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

func checkAnswers(l *result.Load) (state, text, advice string) {
	if l.Requests.OK > 0 {
		return "", "", ""
	}
	if endedInWarmup(l) {
		return result.Invalid, "nothing was measured: the run was ended before its window opened", "let it finish, or use a shorter --warmup"
	}
	text = fmt.Sprintf("no request succeeded (%s sent, %s failed, %s unanswered)",
		units.Count(l.Requests.Sent), units.Count(l.Requests.Errors), units.Count(l.Requests.Unanswered))
	if c := l.Connections; l.Requests.Sent == 0 && c.Used > 0 && c.Answered == 0 {
		text = fmt.Sprintf("no request succeeded: %s were sent in the warm-up and never answered", units.Count(c.Used))
	}
	if l.Requests.Unanswered > 0 && l.Spec.ReadRate > 0 {
		return result.Invalid, text, fmt.Sprintf("at --read-rate %d a reply takes a second for so many bytes: read faster, or give the run more time (-d, --grace, --timeout)", l.Spec.ReadRate)
	}
	if l.Requests.Unanswered > 0 && l.Requests.Errors == 0 {
		return result.Invalid, text, fmt.Sprintf("no reply came within %s, give the run more time (-d) or a longer --grace", units.Short(float64(l.Latency.Max)))
	}
	return result.Invalid, text, "ask the target once with curl -v"
}

// endedInWarmup reports whether requests were sent, but none in the measured window.
func endedInWarmup(l *result.Load) bool {
	return !l.Complete && l.Window.ElapsedNS == 0 && l.Connections.Used > 0
}

func checkInterrupted(l *result.Load) (state, text, advice string) {
	switch {
	case l.Complete, endedInWarmup(l):
		return "", "", ""
	case l.Spec.Requests > 0 && l.UnsentBy["interrupted"] == 0 && l.Requests.Unsent > 0:
		return result.Suspect, fmt.Sprintf("the run was given up after %s with %s of %s requests never sent: no connection could be opened any more",
			units.Short(float64(l.Window.ElapsedNS)), units.Count(l.Requests.Unsent), units.Count(l.Requests.Planned)), "look whether the target died"
	}
	if l.Window.ElapsedNS == 0 {
		return result.Suspect, "the run did not begin", "see whether the target listens"
	}
	return result.Suspect, fmt.Sprintf("the run was ended after %s", units.Short(float64(l.Window.ElapsedNS))), "let it finish"
}

// checkConnects reports that attempts to connect failed. If no server listened for a while, the figures are of the time before and after.
func checkConnects(l *result.Load) (state, text, advice string) {
	failed := unreached(l)
	if failed == 0 || l.Requests.OK == 0 {
		return "", "", ""
	}
	text = fmt.Sprintf("%s of %s attempts to connect failed", units.Count(failed), units.Count(l.Connections.Failed+l.Connections.Opened))
	if l.Gone {
		return result.Invalid, text + ", and at the end nothing listened any more", "look why the target ended"
	}
	if l.ConnectErrors[record.ConnectTimeout.String()] == failed {
		return lackOf(l, failed), text, "none was refused, and none answered: look at the listen queue"
	}
	return lackOf(l, failed), text, "the target was not there all the time, look whether it died"
}

func checkErrors(l *result.Load) (state, text, advice string) {
	if l.Requests.Errors == 0 || l.Requests.Sent == 0 || l.Requests.OK == 0 {
		return "", "", ""
	}
	share := float64(l.Requests.Errors) / float64(l.Requests.Sent)
	return grade(share, 0.001, 0.01), fmt.Sprintf("%s of %s requests failed (%s)", units.Count(l.Requests.Errors), units.Count(l.Requests.Sent), Percent(share)),
		"their classes say how, mend the target or lower the load"
}

// checkUnanswered reports that many requests had no answer when the run ended: the target or the reader is slow for a run of that length. What
// they would have added to the rate is not known.
func checkUnanswered(l *result.Load) (state, text, advice string) {
	share := float64(l.Requests.Unanswered) / float64(max(l.Requests.Sent, 1))
	if share <= 0.01 || l.Requests.OK == 0 || result.Starved(l) != "" {
		return "", "", ""
	}
	advice = "give the run more time (-d) or a longer --grace"
	if l.Spec.ReadRate > 0 {
		advice = "read faster than at --read-rate " + strconv.FormatInt(l.Spec.ReadRate, 10) + ", or give the run more time (-d, --grace)"
	}
	return grade(share, 0.10, 1), fmt.Sprintf("%s of %s requests (%s) were unanswered at the end: the rate leaves them out, and times hold what they had waited by then",
		units.Count(l.Requests.Unanswered), units.Count(l.Requests.Sent), Percent(share)), advice
}

// checkResent reports that the server closed connections on which a request was under way, without a byte of a reply. Between two replies a
// server may close; one that does so often may have dropped requests that it had read.
func checkResent(l *result.Load) (state, text, advice string) {
	if l.Resent == 0 || l.Requests.Sent == 0 || l.Requests.OK == 0 {
		return "", "", ""
	}
	share := float64(l.Resent) / float64(l.Requests.Sent)
	return grade(share, 0.01, 1), fmt.Sprintf("sent a second time: %s (%s), as the server closed their connection without a reply and may have dropped them",
		units.Plural(l.Resent, "request"), Percent(share)), "look at its idle timeout and its log"
}

// grade is suspect above the first limit and invalid above the second.
func grade(share, suspect, invalid float64) string {
	switch {
	case share > invalid:
		return result.Invalid
	case share > suspect:
		return result.Suspect
	}
	return result.Valid
}

// checkHey reports that a run by time ended early, because hey keeps no more results.
func checkHey(l *result.Load) (state, text, advice string) {
	full := result.HeyResults / int64(max(l.Spec.Connections, 1)) * int64(l.Spec.Connections)
	if l.Spec.Engine != result.Hey || l.Spec.Duration == 0 || l.Requests.Sent < full {
		return "", "", ""
	}
	return result.Valid, fmt.Sprintf("hey keeps %s results, so the run ended after %s of %v", units.Count(result.HeyResults), units.Short(float64(l.Window.ElapsedNS)), l.Spec.Duration),
		"use a shorter -d"
}

func checkOffered(l *result.Load) (state, text, advice string) {
	lag := result.Shortfall(l)
	if lag <= 0.01 || l.Gone { // checkConnects reports that
		return "", "", ""
	}
	text = fmt.Sprintf("%s of %s requests per second offered were served", units.Rate(l.RateRPS), units.Rate(result.Offered(l)))
	if result.Starved(l) != "" {
		return grade(lag, 0.02, 1), text, "see first why connections were not answered"
	}
	if lag <= 0.02 {
		return result.Valid, text, "a longer -d tells whether the target keeps up"
	}
	if len(l.Spec.Stages) > 0 {
		return result.Suspect, text, "the target could not keep up with some of the rates: find out with -r which, or use more connections (-c)"
	}
	if l.Spec.Requests == 0 && !result.Overloaded(l) {
		return result.Suspect, text, "the target stood still for a while, the slowest requests say for how long"
	}
	return result.Suspect, text, fmt.Sprintf("the target cannot keep up over %s connections, use more (-c) or offer less (-r)", units.Count(l.Spec.Connections))
}

// checkLittle checks the record against Little's law (Little 1961): in a closed loop the requests in flight, N, are the rate X times the mean
// response time R. N must be the connections times the pipeline depth, minus the connections that rest between requests (--think): on
// average X times the rest, though the end of the run may have cut short the last rest of each connection. A smaller N means that the client spent
// time between requests, or that time was not recorded.
func checkLittle(l *result.Load) (state, text, advice string) {
	if l.Window.ElapsedNS <= 0 || l.Requests.OK == 0 {
		return "", "", ""
	}
	if l.Spec.Rate > 0 {
		return checkLittleOpen(l)
	}
	room := l.Spec.Connections * max(1, l.Spec.Pipeline)
	rest := l.RateRPS * l.Spec.Think.Seconds()
	cut := min(rest, float64(room)*l.Spec.Think.Seconds()/time.Duration(l.Window.ElapsedNS).Seconds())
	off := max(float64(room)-l.InFlight-rest, l.InFlight+rest-cut-float64(room)) / float64(room)
	if off <= 0.02 {
		return "", "", ""
	}
	advice = "give the run more time (-d)"
	switch {
	case l.Connections.Failed > 0:
		advice = "some connections were not there all the time, see the errors"
	case l.Host.OwnShare > 0.7:
		advice = "loadgen itself took the time, give it more processors and threads (-t) or fewer connections"
	}
	state = result.Valid
	if off > 0.05 {
		state = result.Suspect
	}
	text = fmt.Sprintf("Little's law: rate times mean response time is %s requests in flight, ", units.Rate(l.InFlight))
	switch {
	case l.Spec.Pipeline > 1:
		return state, fmt.Sprintf("%s%s connections have room for %s", text, units.Count(l.Spec.Connections), units.Count(room)), advice
	case rest > 0:
		return state, fmt.Sprintf("%s%s connections rest, of %s", text, units.Rate(rest), units.Count(l.Spec.Connections)), advice
	}
	return state, fmt.Sprintf("%sthe connections are %s", text, units.Count(l.Spec.Connections)), advice
}

// checkLittleOpen does so in an open loop. It compares the average number of requests under way, summed up during the run, with the rate of the
// replies times their mean response time. The two are counted independently, and may differ by the requests under way at the edges of the
// window: at most those of twice the p99. It skips runs with requests that had no good answer, which only one of the two counts.
func checkLittleOpen(l *result.Load) (state, text, advice string) {
	q := l.Requests
	if q.Errors+q.Unsent+q.Unanswered > 0 || l.SliceNS > 0 {
		return "", "", ""
	}
	product := l.RateRPS * l.Latency.Mean / 1e9
	most := max(product, l.InFlight)
	edges := 2 * float64(l.Latency.P99) / float64(l.Window.ElapsedNS)
	off := math.Abs(product-l.InFlight)/most - edges
	if !(off > 0.02) {
		return "", "", ""
	}
	return grade(off, 0.05, math.Inf(1)), fmt.Sprintf("Little's law: rate times mean response time is %.3g requests in flight, %.3g were under way", product, l.InFlight),
		"give the run more time (-d); if it stays so, some requests are not in the figures"
}

func checkSteal(l *result.Load) (state, text, advice string) {
	share := l.Host.StealShare
	if share <= 0.02 {
		return "", "", ""
	}
	return grade(share, 0.05, 1), fmt.Sprintf("the hypervisor took %s of the processors' time", Percent(share)), "repeat on a quieter host"
}

// checkSupport names the percentiles that too few requests lie beyond.
func checkSupport(l *result.Load) (state, text, advice string) {
	if l.Requests.OK == 0 || result.Starved(l) != "" {
		return "", "", ""
	}
	response := result.Response(l)
	var lacking []string
	for _, f := range response.Figures {
		if f.Withheld != response.Withheld {
			lacking = append(lacking, result.Label(f.Name))
		}
	}
	if len(lacking) == 0 {
		return "", "", ""
	}
	advice = "give the run more time (-d) or requests (-n)"
	if l.SliceNS > 0 { // servers are compared by time
		advice = "give the run more time (-d)"
	}
	few := units.Plural(response.Count, "request") + " are"
	if response.Count == 1 {
		few = "1 request is"
	}
	return result.Valid, fmt.Sprintf("%s too few for %s (fewer than %d lie beyond)", few, strings.Join(lacking, ", "), result.Support), advice
}

// Percent writes a share with two digits: 0.34 is 34 %.
func Percent(share float64) string {
	if share > 0 && share < 0.001 {
		return fmt.Sprintf("%.2g %%", share*100)
	}
	return fmt.Sprintf("%.3g %%", share*100)
}
