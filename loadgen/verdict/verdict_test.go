package verdict

import (
	"os"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/usage"
)

// closed returns the record of a closed loop of 10 connections for 10 s, in which each of 100,000 requests took 1 ms: Little's law holds exactly, and
// p99.9 is supported.
func closed(t *testing.T) *result.Load {
	s := result.DefaultSpec()
	s.Connections, s.Engine = 10, result.Net
	return loadOf(t, s, 10*time.Second, 10, repeat(100_000, time.Millisecond), 0)
}

// paced returns the record of an open loop of 1,000 requests per second for 10 s, all served in 1 ms.
func paced(t *testing.T) *result.Load {
	s := result.DefaultSpec()
	s.Connections, s.Engine, s.Rate = 10, result.Net, 1000
	return loadOf(t, s, 10*time.Second, 10, repeat(10_000, time.Millisecond), 0)
}

func repeat(n int64, d time.Duration) map[time.Duration]int64 { return map[time.Duration]int64{d: n} }

// loadOf returns a consistent record of requests with these latencies; so many of the longest are unanswered.
func loadOf(t *testing.T, s result.Spec, elapsed time.Duration, connections int64, latencies map[time.Duration]int64, unanswered int64) *result.Load {
	t.Helper()
	h := result.NewHistogram()
	for d, n := range latencies {
		h.RecordN(d.Nanoseconds(), n)
	}
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	ok := h.Count() - unanswered
	return &result.Load{
		Schema: result.Schema, Complete: true, Spec: s,
		Window:           result.Window{ElapsedNS: elapsed.Nanoseconds()},
		Requests:         result.Requests{Planned: h.Count(), Sent: h.Count(), OK: ok, Unanswered: unanswered},
		UnsentBy:         map[string]int64{},
		Errors:           map[string]int64{},
		RateRPS:          float64(ok) / elapsed.Seconds(),
		InFlight:         h.Latency().Mean * float64(h.Count()) / float64(elapsed),
		Latency:          h.Latency(),
		Service:          h.Latency(),
		Histogram:        text,
		ServiceHistogram: text,
		Connections:      result.Connections{Opened: connections, Used: connections, Answered: connections, Fewest: ok / connections, Most: ok / connections},
		CPU:              usage.CPU{UserNS: 1e9, SystemNS: 1e9},
	}
}

func TestJudge(t *testing.T) {
	type load = func(*testing.T) *result.Load
	h := result.NewHistogram() // even up to 300 ms: the backlog if for 10 s the offered rate is 3 % too high
	for i := range int64(10_000) {
		h.Record(i * 30_000)
	}
	waits, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		base   load
		change func(*result.Load)
		state  string
		reason string // part of the first reason; "" for no reason at all
	}{
		{"closed loop", closed, nil, result.Valid, ""},
		{"paced", paced, nil, result.Valid, ""},

		{"one starved", closed, func(l *result.Load) {
			l.Connections.Answered, l.Connections.LongestWaitNS = 9, 10e9
		}, result.Invalid, "9 of 10 connections were ever answered; the other waited 10 s: no percentile speaks for those"},
		{"all but one starved", closed, func(l *result.Load) {
			l.Connections.Answered, l.Connections.LongestWaitNS = 1, 10e9
		}, result.Invalid, "1 of 10 connections was ever answered; the others waited 10 s:"},
		{"a schedule that needs half of them", paced, func(l *result.Load) {
			l.Connections.Used, l.Connections.Answered = 5, 5
		}, result.Valid, ""},
		{"a number that half of them use up", closed, func(l *result.Load) {
			l.Spec.Duration, l.Spec.Requests, l.Connections.Used, l.Connections.Answered = 0, l.Requests.Planned, 5, 5
		}, result.Valid, ""},
		{"a number that starves one", closed, func(l *result.Load) {
			l.Spec.Duration, l.Spec.Requests, l.Connections.Used, l.Connections.Answered = 0, l.Requests.Planned, 5, 4
		}, result.Invalid, "4 of 5 connections that were given a request were ever answered"},
		{"a schedule that starves one", paced, func(l *result.Load) {
			l.Connections.Used, l.Connections.Answered = 5, 4
		}, result.Invalid, "4 of 5 connections that were given a request were ever answered"},

		{"nothing succeeded", closed, func(l *result.Load) {
			l.Requests = result.Requests{Planned: 7, Sent: 7, Errors: 7}
		}, result.Invalid, "no request succeeded (7 sent, 7 failed, 0 unanswered): ask the target once"},
		{"nothing was answered in the warm-up either", closed, func(l *result.Load) {
			l.Requests, l.Connections = result.Requests{}, result.Connections{Opened: 4, Used: 4}
		}, result.Invalid, "no request succeeded: 4 were sent in the warm-up and never answered: ask the target once"},
		{"it was ended in the warm-up", closed, func(l *result.Load) {
			l.Complete, l.Window.ElapsedNS = false, 0
			l.Requests, l.Connections = result.Requests{}, result.Connections{Opened: 4, Used: 4}
		}, result.Invalid, "nothing was measured: the run was ended before its window opened: let it finish"},
		{"it ended in the warm-up", closed, func(l *result.Load) {
			l.Requests, l.Connections = result.Requests{}, result.Connections{Opened: 10, Used: 10, Answered: 10}
		}, result.Invalid, "no request succeeded (0 sent, 0 failed, 0 unanswered)"},
		{"interrupted", closed, func(l *result.Load) { l.Complete = false }, result.Suspect, "the run was ended after 10.0s: let it finish"},
		{"given up", closed, func(l *result.Load) {
			l.Spec.Duration, l.Spec.Requests, l.Complete = 0, 100_100, false
			l.Requests.Planned, l.Requests.Unsent, l.UnsentBy = 100_100, 100, map[string]int64{"no-connection": 100}
		}, result.Suspect, "the run was given up after 10.0s with 100 of 100,100 requests never sent"},

		{"a reconnect", closed, func(l *result.Load) { l.Connections.Failed = 9 }, result.Suspect, "9 of 19 attempts to connect failed: the target was not there"},
		{"a dead server", closed, func(l *result.Load) { l.Connections.Failed = 10 }, result.Invalid, "10 of 20 attempts to connect failed"},

		{"a few errors", closed, func(l *result.Load) { fail(l, 100) }, result.Valid, "100 of 100,000 requests failed (0.1 %)"},
		{"some errors", closed, func(l *result.Load) { fail(l, 101) }, result.Suspect, "101 of 100,000"},
		{"many errors", closed, func(l *result.Load) { fail(l, 1001) }, result.Invalid, "1,001 of 100,000"},

		{"a dead server that stays dead", closed, func(l *result.Load) { l.Connections.Failed, l.Gone = 1, true },
			result.Invalid, "1 of 11 attempts to connect failed, and at the end nothing listened any more: look why the target ended"},

		{"a few unanswered", closed, func(l *result.Load) { unanswer(l, 1_000) }, result.Valid, ""},
		{"some unanswered", closed, func(l *result.Load) { unanswer(l, 1_001) }, result.Valid, "1,001 of 100,000 requests (1 %) were unanswered at the end"},
		{"many unanswered", closed, func(l *result.Load) { unanswer(l, 10_001) }, result.Suspect, "and times hold what they had waited by then: give the run more time (-d) or a longer --grace"},
		{"many unanswered to slow readers", closed, func(l *result.Load) { unanswer(l, 50_000); l.Spec.ReadRate = 4096 }, result.Suspect,
			"50,000 of 100,000 requests (50 %) were unanswered at the end: the rate leaves them out, and times hold what they had waited by then: read faster than at --read-rate 4096"},

		{"a few sent again", closed, func(l *result.Load) { l.Resent = 1000 }, result.Valid, "sent a second time: 1,000 requests (1 %)"},
		{"many sent again", closed, func(l *result.Load) { l.Resent = 1001 }, result.Suspect, "look at its idle timeout"},

		{"Little holds to 2 %", closed, func(l *result.Load) { l.InFlight = 9.8 }, result.Valid, ""},
		{"Little is off by 3 %", closed, func(l *result.Load) { l.InFlight = 9.71 }, result.Valid, "Little's law: rate times mean response time is 9.71 requests in flight, the connections are 10: give the run more time"},
		{"Little is off by 6 %", closed, func(l *result.Load) { l.InFlight = 9.4 }, result.Suspect, "Little's law"},
		{"Little has too many", closed, func(l *result.Load) { l.InFlight = 10.6 }, result.Suspect, "Little's law: rate times mean response time is 10.6"},
		{"Little counts all that may be on the way", closed, func(l *result.Load) { l.Spec.Pipeline, l.InFlight = 4, 40 }, result.Valid, ""},
		{"and not as many as connections", closed, func(l *result.Load) { l.Spec.Pipeline, l.InFlight = 4, 10 }, result.Suspect, "10 connections have room for 40"},
		{"Little counts who rests", closed, func(l *result.Load) { l.Spec.Think, l.RateRPS, l.InFlight = 100*time.Microsecond, 50_000, 5 }, result.Valid, ""},
		{"readers too slow for a reply", closed, func(l *result.Load) {
			l.Requests.OK, l.Requests.Errors, l.Requests.Unanswered, l.Spec.ReadRate = 0, 0, l.Requests.Sent, 1024
		}, result.Invalid, "at --read-rate 1024"},
		{"whose last rest the end cut off", closed, func(l *result.Load) {
			l.Spec.Think, l.RateRPS, l.InFlight, l.Window.ElapsedNS = 700*time.Millisecond, 15, 0, int64(2*time.Second)
		}, result.Valid, ""},
		{"and not more than who can", closed, func(l *result.Load) {
			l.Spec.Think, l.RateRPS, l.InFlight, l.Window.ElapsedNS = 700*time.Millisecond, 30, 0, int64(2*time.Second)
		}, result.Suspect, "21 connections rest, of 10"},
		{"and who neither rests nor waits", closed, func(l *result.Load) { l.Spec.Think, l.RateRPS, l.InFlight = 100*time.Microsecond, 50_000, 4 }, result.Suspect, "5 connections rest, of 10"},
		{"Little holds of a schedule to 2 %", paced, func(l *result.Load) { l.InFlight = 0.981 }, result.Valid, ""},
		{"Little is off by 3 % of a schedule", paced, func(l *result.Load) { l.InFlight = 0.97 }, result.Valid, "Little's law: rate times mean response time is 1 requests in flight, 0.97 were under way"},
		{"Little is off by 6 % of a schedule", paced, func(l *result.Load) { l.InFlight = 1.07 }, result.Suspect, "Little's law"},
		{"Little leaves out what the edges hold", paced, func(l *result.Load) { l.InFlight, l.Latency.P99 = 0.94, 300e6 }, result.Valid, ""},
		{"Little does not count what failed", paced, func(l *result.Load) { l.InFlight, l.Requests.OK, l.Requests.Errors = 2, 9999, 1 }, result.Valid, "1 of 10,000 requests failed"},

		{"loadgen busy", closed, func(l *result.Load) { l.Host.OwnShare = 0.70 }, result.Valid, ""},
		{"loadgen busier", closed, func(l *result.Load) { l.Host.OwnShare = 0.71 }, result.Valid, "loadgen used 71 % of its own processor time"},
		{"loadgen full", closed, func(l *result.Load) { l.Host.OwnShare = 0.86 }, result.Suspect, "loadgen used 86 %"},

		{"below its ceiling", closed, func(l *result.Load) { l.CeilingRPS = 15_000 }, result.Valid, ""},
		{"near its ceiling", closed, func(l *result.Load) { l.CeilingRPS = 13_000 }, result.Valid, "the rate is 76.9 % of the 13,000/s that loadgen reached against a server that does nothing"},
		{"at its ceiling", closed, func(l *result.Load) { l.CeilingRPS = 11_000 }, result.Suspect, "the rate is 90.9 %"},

		{"waiting for a processor now and then", closed, func(l *result.Load) { l.Host.RunDelayShare = 0.01 }, result.Valid, ""},
		{"waiting for a processor", closed, func(l *result.Load) { l.Host.RunDelayShare = 0.03 }, result.Valid, "waited for a processor for 3 % of the time"},
		{"waiting for a processor at length", closed, func(l *result.Load) { l.Host.RunDelayShare = 0.5 }, result.Suspect, "waited for a processor for 50 %"},
		{"waiting for a processor in no time", closed, func(l *result.Load) { l.Host.RunDelayShare, l.Window.ElapsedNS, l.InFlight = 0.5, 9e6, 10 }, result.Valid, ""},

		{"throttled", closed, func(l *result.Load) { l.Host.Throttled, l.Host.ThrottledNS = 1, 50e6 }, result.Suspect, "the processor quota of loadgen's control group was used up in 1 period, for which its threads stood still for 50.0ms in all"},

		{"a collection", closed, func(l *result.Load) { l.GC = &result.GC{Cycles: 1, PauseNS: 50e3} }, result.Valid, "loadgen collected garbage 1 time, which stopped it for 50.0us in all: engine net does so as it goes"},
		{"a long collection of few connections", closed, func(l *result.Load) { l.GC = &result.GC{Cycles: 1, PauseNS: 5e6} }, result.Valid, "5.00ms"},
		{"long collections", closed, func(l *result.Load) { l.GC = &result.GC{Cycles: 101, PauseNS: 505e6} }, result.Suspect, "loadgen collected garbage 101 times"},
		{"short collections", closed, func(l *result.Load) { l.GC = &result.GC{Cycles: 101, PauseNS: 101 * 90e3} }, result.Valid, "loadgen collected garbage 101 times"},
		{"a pause of a schedule", paced, func(l *result.Load) { l.GC = &result.GC{Cycles: 1, PauseNS: 100e6} }, result.Suspect, "100ms"},
		{"those of an engine that makes none", closed, func(l *result.Load) { l.Spec.Engine, l.GC = result.Uring, &result.GC{Cycles: 9, PauseNS: 1} }, result.Valid, "fewer connections or a shorter run"},

		{"few others", closed, func(l *result.Load) { l.Host.BesideShare = 0.10 }, result.Valid, ""},
		{"others", closed, func(l *result.Load) { l.Host.BesideShare = 0.11 }, result.Valid, "other programs used 11 % of the processors"},
		{"many others", closed, func(l *result.Load) { l.Host.BesideShare = 0.26 }, result.Suspect, "other programs used 26 %"},

		{"room", closed, func(l *result.Load) { l.Room = room(80, 100, 80, 100) }, result.Valid, ""},
		{"nobody knows how much room", closed, func(l *result.Load) { l.Room = room(80, 0, 80, 0) }, result.Valid, ""},
		{"few descriptors left", closed, func(l *result.Load) { l.Room = room(81, 100, 0, 100) }, result.Valid, "loadgen had 81 descriptors open (its limit is 100): raise"},
		{"few ports left", closed, func(l *result.Load) { l.Room = room(0, 100, 81, 100) }, result.Valid, "held 81 of the 100 local ports that one address has"},
		{"no descriptor left", closed, func(l *result.Load) {
			l.Room = room(100, 100, 0, 0)
			l.Connections.Failed, l.ConnectErrors = 3, map[string]int64{"connect-nofile": 3}
		}, result.Suspect, "3 attempts to connect failed as loadgen had no descriptor left (its limit is 100): raise \"ulimit -n\""},
		{"no descriptor left for anybody", closed, func(l *result.Load) {
			l.Connections.Failed, l.ConnectErrors = 10, map[string]int64{"connect-nofile": 10}
		}, result.Invalid, "10 attempts to connect failed as loadgen had no descriptor left: raise"},
		{"no port left", closed, func(l *result.Load) {
			l.Connections.Failed, l.ConnectErrors = 3, map[string]int64{"connect-noport": 3}
		}, result.Suspect, "3 attempts to connect failed as no local port was left: widen net.ipv4.ip_local_port_range"},
		{"nor a server", closed, func(l *result.Load) {
			l.Connections.Failed, l.ConnectErrors = 12, map[string]int64{"connect-refused": 12}
		}, result.Invalid, "12 of 22 attempts to connect failed: the target was not there"},

		{"sent once more", closed, func(l *result.Load) { l.Host.Retransmits = 2000 }, result.Valid, "this machine sent 2,000 TCP segments once more: look at the network"},
		{"attempts to connect sent once more", slow(10, 1005*time.Millisecond), func(l *result.Load) { l.Host.Retransmits, l.Host.SynRetransmits = 12, 11 }, result.Valid,
			"this machine sent 12 TCP segments once more, 11 of them to connect; 10 requests took 1.00s or a little more, which is how long TCP waits before it sends again: look"},
		{"sent once more beside requests that were never sent", slow(10, 1005*time.Millisecond), func(l *result.Load) {
			l.Host.Retransmits, l.ServiceHistogram = 12, closed(t).ServiceHistogram
		}, result.Valid, "this machine sent 12 TCP segments once more: look"},
		{"many sent once more", slow(2000, 205*time.Millisecond), func(l *result.Load) { l.Host.Retransmits = 3000 }, result.Suspect, "2,000 requests took 200ms or a little more"},
		{"slow for another reason", slow(2000, 300*time.Millisecond), func(l *result.Load) { l.Host.Retransmits = 3 }, result.Valid, "3 TCP segments once more: look"},
		{"slow and nothing sent once more", slow(2000, 205*time.Millisecond), nil, result.Valid, ""},

		{"replies in two parts", slow(2000, 41*time.Millisecond), nil, result.Valid, "1.96 % of the requests took 38 to 48 ms, and hardly any about as long, with a median of 1.00ms: so do replies sent in parts"},
		{"few replies in two parts", slow(900, 41*time.Millisecond), nil, result.Valid, ""},
		{"all replies in two parts", func(t *testing.T) *result.Load { return all(t, 41*time.Millisecond) }, nil, result.Valid, "100 % of the requests took 38 to 48 ms"},
		{"replies that take anything up to 300 ms", func(t *testing.T) *result.Load { return all(t, time.Millisecond) }, func(l *result.Load) { l.ServiceHistogram = waits }, result.Valid, ""},

		{"some steal", closed, func(l *result.Load) { l.Host.StealShare = 0.03 }, result.Valid, "took 3 % of the processors' time"},
		{"much steal", closed, func(l *result.Load) { l.Host.StealShare = 0.06 }, result.Suspect, "took 6 %"},
		{"drops", closed, func(l *result.Load) { l.Host.ListenDrops = 3 }, result.Suspect, "3 attempts to connect were dropped because a listen queue of this machine was full"},

		{"behind a target that is gone", paced, func(l *result.Load) {
			l.RateRPS, l.Gone, l.Connections.Failed = 500, true, 30
		}, result.Invalid, "at the end nothing listened any more: look why the target ended"},
		{"behind with connections that were never answered", paced, func(l *result.Load) {
			l.RateRPS, l.Connections.Answered = 500, 1
		}, result.Invalid, "1 of 10 connections was ever answered"},
		{"none refused, none answered", closed, func(l *result.Load) {
			l.Connections.Failed, l.ConnectErrors = 3, map[string]int64{"connect-timeout": 3}
		}, result.Suspect, "none was refused, and none answered: look at the listen queue"},
		{"achieved to 1 %", paced, func(l *result.Load) { l.RateRPS = 991 }, result.Valid, ""},
		{"behind by 1.5 %", paced, func(l *result.Load) { l.RateRPS = 985 }, result.Valid, "985 of 1,000 requests per second offered were served: a longer -d"},
		{"behind by 3 %", paced, func(l *result.Load) { l.RateRPS = 970 }, result.Suspect, "970 of 1,000 requests per second offered were served: the target stood still for a while"},
		{"behind by 3 % all along", paced, func(l *result.Load) {
			l.RateRPS, l.Requests.Unsent, l.Histogram = 970, 300, waits
		}, result.Suspect, "970 of 1,000 requests per second offered were served: the target cannot keep up"},
		{"a number that took nearly twice its schedule", paced, func(l *result.Load) {
			l.Spec.Duration, l.Spec.Requests, l.Window.ElapsedNS, l.RateRPS = 0, 10_000, 17e9, 588
		}, result.Suspect, "588 of 1,000 requests per second offered were served: the target cannot keep up"},
		{"a number whose last request took a while", paced, func(l *result.Load) {
			l.Spec.Duration, l.Spec.Requests, l.Window.ElapsedNS, l.RateRPS, l.Service.Max = 0, 10_000, 11e9, 909, 1e9
			l.InFlight = 0.909
		}, result.Valid, ""},
		{"a schedule of few requests", paced, func(l *result.Load) {
			l.Spec.Rate, l.Spec.Duration = 0.3, 10*time.Second // due at 0, 3.3, 6.7 and 10 s, and the last is not in the window
			l.Requests.Planned, l.RateRPS, l.InFlight = 3, 0.3, 0.0003
		}, result.Valid, ""},

		{"late by little in itself", paced, func(l *result.Load) { l.PacerLateness.P99 = 190e3; l.Latency.P50 = 50e3 }, result.Valid, ""},
		{"late by 20 % of the median", paced, func(l *result.Load) { l.PacerLateness.P99 = 210e3 }, result.Valid, "loadgen was late: it sent 1 % of the requests 210us or more"},
		{"late by 30 % of the median", paced, func(l *result.Load) { l.PacerLateness.P99 = 300e3 }, result.Suspect, "loadgen was late"},
		{"arrivals as asked", paced, func(l *result.Load) { l.Arrivals = &result.Arrivals{Gaps: 10_000, OffShare: 0.05} }, result.Valid, ""},
		{"arrivals a little off", paced, func(l *result.Load) {
			l.Arrivals = &result.Arrivals{Gaps: 10_000, OffShare: 0.06, ToleranceNS: 25_000}
		}, result.Valid, "arrivals were not as scheduled: 6 % of the gaps between requests were off by more than 25.0us"},
		{"arrivals off", paced, func(l *result.Load) { l.Arrivals = &result.Arrivals{Gaps: 10_000, OffShare: 0.4} }, result.Suspect, "arrivals were not as scheduled: 40 %"},
		{"arrivals of a few", paced, func(l *result.Load) { l.Arrivals = &result.Arrivals{Gaps: 20, OffShare: 0.4} }, result.Valid, ""},
		{"arrivals that waited", paced, func(l *result.Load) {
			l.Arrivals = &result.Arrivals{Gaps: 100, Waited: l.Requests.Sent / 10}
		}, result.Valid, "10 % of the requests waited for a connection"},
		{"late because the connections were busy", paced, func(l *result.Load) { l.Lateness.P99 = 300e6 }, result.Valid, ""},

		{"stopped for as long as it waits anyway", paced, func(l *result.Load) { l.OwnStallNS = 100e6 }, result.Valid, ""},
		{"stopped for 1.5 s of a schedule", paced, func(l *result.Load) { l.OwnStallNS = 1.5e9 }, result.Suspect, "loadgen itself stood still for 1.50s, for which up to 15.1 % of the requests"},
		{"stopped, with few of many requests under way", closed, func(l *result.Load) { l.OwnStallNS = 1.5e9 }, result.Valid, "up to 0.01 %"},
		{"stopped for little of what a response takes", paced, func(l *result.Load) { l.OwnStallNS, l.Latency.P50 = 110e6, 1.2e9 }, result.Valid, ""},
		{"stopped by files", paced, func(l *result.Load) { l.OwnStallNS, l.Spec.SaveMode = 1.5e9, result.Inline }, result.Valid, ""},

		{"hey at its cap", closed, func(l *result.Load) {
			l.Spec.Engine, l.Spec.Duration, l.Requests.Sent = result.Hey, 30*time.Second, 1_000_000
		}, result.Valid, "hey keeps 1,000,000 results, so the run ended after 10.0s of 30s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.base(t)
			if c.change != nil {
				c.change(l)
			}
			v := Judge(l)
			if v.State != c.state {
				t.Errorf("state %s, want %s: %q", v.State, c.state, v.Reasons)
			}
			switch {
			case c.reason == "" && len(v.Reasons) > 0:
				t.Errorf("reasons %q, want none", v.Reasons)
			case c.reason != "" && (len(v.Reasons) == 0 || !strings.Contains(v.Reasons[0].String(), c.reason)):
				t.Errorf("reasons %q, want the first to hold %q", v.Reasons, c.reason)
			}
			if v.Reasons == nil {
				t.Error("reasons are null in JSON")
			}
		})
	}
}

// unanswer leaves n requests of l unanswered.
func unanswer(l *result.Load, n int64) { l.Requests.OK -= n; l.Requests.Unanswered += n }

// slow returns the record of the closed loop with n more requests that took longer.
func slow(n int64, took time.Duration) func(*testing.T) *result.Load {
	return func(t *testing.T) *result.Load {
		s := closed(t).Spec
		times := repeat(100_000, time.Millisecond)
		times[took] = n
		l := loadOf(t, s, 10*time.Second, 10, times, 0)
		l.InFlight = 10
		return l
	}
}

func room(files, ofFiles, ports, ofPorts int64) *result.Room {
	return &result.Room{Descriptors: files, DescriptorLimit: ofFiles, Ports: ports, PortLimit: ofPorts}
}

// all returns the record of a closed loop whose requests all took the same time.
func all(t *testing.T, took time.Duration) *result.Load {
	l := loadOf(t, closed(t).Spec, 10*time.Second, 10, repeat(10_000, took), 0)
	l.InFlight = 10
	return l
}

func fail(l *result.Load, n int64) {
	l.Requests.OK -= n
	l.Requests.Errors += n
	l.Errors["read-reset"] = n
}

// The class of a failed connect decides which check reports it: descriptors and ports are loadgen's, the others the target's.
func TestWhoseConnectsFailed(t *testing.T) {
	for class, want := range map[string]string{"connect-nofile": "descriptors", "connect-noport": "ports", "connect-timeout": "connects"} {
		l := closed(t)
		l.Connections.Failed, l.ConnectErrors = 3, map[string]int64{class: 3}
		if v := Judge(l); len(v.Reasons) != 1 || v.Reasons[0].Check != want {
			t.Errorf("%s: %+v, want %s alone", class, v.Reasons, want)
		}
	}
}

// results/README.md explains every check that a reason can name.
func TestEveryCheckIsExplained(t *testing.T) {
	text, err := os.ReadFile("../../results/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range checks {
		for _, want := range []string{"`" + check.name + "`", "\n| " + check.name + " | "} {
			if !strings.Contains(string(text), want) {
				t.Errorf("results/README.md lacks %q", want)
			}
		}
	}
}

func TestJudgeNamesUnsupportedPercentiles(t *testing.T) {
	s := closed(t).Spec
	v := Judge(loadOf(t, s, 50*time.Millisecond, 10, repeat(500, time.Millisecond), 0))
	want := "500 requests are too few for p99, p99.9 (fewer than 10 lie beyond): give the run more time (-d) or requests (-n)"
	if v.State != result.Valid || len(v.Reasons) != 1 || v.Reasons[0].String() != want {
		t.Errorf("%+v, want valid with %q", v, want)
	}
	l := loadOf(t, s, 50*time.Millisecond, 10, repeat(500, time.Millisecond), 0)
	l.SliceNS = 75e6
	if v := Judge(l); len(v.Reasons) != 1 || v.Reasons[0].Advice != "give the run more time (-d)" {
		t.Errorf("of a comparison, which has no -n: %+v", v)
	}
}
