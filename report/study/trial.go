package study

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unique"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// Trial is what a report keeps of a trial, so that a hundred thousand find room.
type Trial struct {
	Cell     result.Cell
	Round    int
	Started  time.Time
	NA       string
	Failed   string
	Probe    *result.Probe
	Crowds   []result.Crowd   // of scenarios ceiling and exhaust
	Exhaust  *result.Exhaust  // its crowd is among Crowds
	Portrait *result.Portrait // of scenario portrait
	Turns    *Turns           // nil: it had the client for itself

	Judged     string          // the state of its verdict; "": there is no load
	Reasons    []result.Reason // of that verdict
	Remarks    bool            // of schema 1, whose reasons may be mere remarks
	Answered   int64           // connections
	Asked      int64           // connections that had a right to be served
	WaitNS     int64           // the longest wait of a connection that was never answered
	Overloaded bool            // the server fell behind the offered rate, for which its response time is withheld
	Refused    bool            // connections, requests or a probe were turned away with a 503, and none of a crowd that stayed was broken
	Silent     *result.Silent  // nil: there were no silent connections
	Path       string          // that was asked for; "": the record does not say
	Seat       string          // where the server ran: "processor 0, GOMAXPROCS 1"
	Guest      bool            // the server was not started as one of our models
	Steal      float64         // share of the processors that the hypervisor took
	Drops      int64           // attempts to connect that were turned away
	StallNS    int64           // longest time for which loadgen stood still
	WindowNS   int64           // how long it was measured
	Miscount   *Miscount       // nil: server and client agree, or the server did not count
	Response   []float64       // response time along Grid in nanoseconds, as far as it is known and no lower bound

	Uncounted map[string]string // by metric, why a counter could not be had

	figures [len(metrics)]float64
	atLeast uint32 // bits by metric
	line    int
}

// Turns is what a report keeps of a load in turns.
type Turns struct {
	Servers, Place int
	Cycles         int
	SliceNS        int64
	Effects        map[string]float64
	Trouble        string
	Beside         float64 // share of all processors' time that other programs took
	Disturbed      int     // slices that were repeated for it
	Judged         string  // the state of the comparison's verdict
	Reasons        []result.Reason
}

// Miscount is where a server counted otherwise than its client: it served fewer or more replies than fit.
type Miscount struct{ Served, Least, Most int64 }

// Unpack makes a trial ready to be sorted: its figures are taken and the rest is let go.
func Unpack(t result.Trial) *Trial {
	u := &Trial{Cell: t.Cell, Round: t.Round, Started: t.Started, NA: t.NA, Failed: t.Failed, Probe: t.Probe, Seat: seat(t.Server), Guest: guest(t.Server)}
	for _, s := range []*string{&u.Cell.Model, &u.Cell.Scenario, &u.Cell.Rule, &u.Cell.Placement, &u.Cell.Engine, &u.Cell.Mode, &u.NA, &u.Failed} {
		*s = one(*s)
	}
	if t.Probe != nil {
		u.Refused = t.Probe.Status == unavailable
	}
	if n := len(t.Ceiling); n > 0 {
		u.Crowds, u.Refused = t.Ceiling, t.Ceiling[n-1].Refused > 0 && t.Ceiling[n-1].Broken == 0
	}
	if t.Portrait != nil {
		own := *t.Portrait // which Portraits may doubt
		u.Portrait = &own
	}
	if t.Exhaust != nil { // where a limit that was set is kept, to refuse is to be right
		u.Crowds, u.Exhaust = []result.Crowd{t.Exhaust.Crowd}, t.Exhaust
	}
	if t.Turns != nil {
		u.Turns = &Turns{Servers: t.Turns.Servers, Place: t.Turns.Place, Cycles: t.Turns.Cycles, SliceNS: t.Turns.SliceNS, Trouble: t.Turns.Trouble,
			Effects: t.Turns.Effects, Beside: t.Turns.BesideShare, Judged: one(t.Turns.Verdict.State), Reasons: doubts(t.Turns.Verdict)}
		for _, s := range t.Turns.Slices {
			if s.Disturbed {
				u.Turns.Disturbed++
			}
		}
	}
	if t.Load != nil {
		l := *t.Load // into which doubts are written, and the caller's is left as it is
		l.Paths = slices.Clone(l.Paths)
		t.Load = &l
		u.load(t)
	}
	u.measure(&t)
	return u
}

// unavailable is the HTTP status of a server that turns a client away.
const unavailable = 503

// load takes what the report wants of a load that is no figure.
func (u *Trial) load(t result.Trial) {
	l := t.Load
	u.Path = one(asked(l.Spec.Target))
	// Of what was asked a report looks at these; where a foreign record says otherwise, the cell holds.
	l.Spec = result.Spec{Warmup: l.Spec.Warmup, Requests: l.Spec.Requests, Connections: t.Cell.Connections, Rate: t.Cell.RateRPS}
	if l.Verdict.State == result.Invalid || !counts(t.Cell) { // else the doubt is about times
		u.Judged, u.Reasons = one(l.Verdict.State), doubts(l.Verdict)
	}
	if l.Counters != nil {
		for _, c := range Counts {
			if why := l.Counters.Lacks[c.Counter]; why != "" {
				if u.Uncounted == nil {
					u.Uncounted = map[string]string{}
				}
				u.Uncounted[c.Metric] = one(why)
			}
		}
	}
	u.Remarks = l.Schema == 1 && len(u.Reasons) > 0
	u.Answered, u.Asked, u.WaitNS = l.Connections.Answered, l.Eligible(), l.Connections.LongestWaitNS
	u.Overloaded = result.Overloaded(l)
	u.Silent = l.Silent
	u.Refused = l.Errors[fmt.Sprintf("status-%d", unavailable)] > 0 || l.Silent != nil && l.Silent.Refused > 0
	u.Steal, u.Drops, u.StallNS = l.Host.StealShare, l.Host.ListenDrops, l.OwnStallNS
	u.WindowNS = l.Window.ElapsedNS
	u.Miscount = miscount(t)

	doubted := l.Schema >= 2 // its writer did so by the same rules, for which histograms must be read
	switch {
	case u.drawn():
		for _, f := range l.AnnotateResponse(Grid...).Further {
			if f.AtLeast() {
				break
			}
			u.Response = append(u.Response, f.NS)
		}
	case !doubted:
		l.AnnotateResponse()
	}
	if t.Cell.RateRPS > 0 && !doubted {
		l.AnnotateService()
		l.AnnotateLateness()
	}
}

// drawn reports whether the trial's response time may be in a picture.
func (u *Trial) drawn() bool {
	shown := u.Cell.Scenario == "paced" || u.Cell.Scenario == "hello" && u.Cell.Connections == scenario.ReferenceLevel
	return shown && u.Believed() && !u.Starved() && !u.Cell.Control && u.Cell.Model != result.Null
}

// doubts are the reasons of a verdict without mere remarks, as far as it tells them apart.
func doubts(v result.Verdict) (reasons []result.Reason) {
	if v.State == result.Valid {
		return nil
	}
	for _, r := range v.Reasons {
		if r.State != result.Valid {
			reasons = append(reasons, result.Reason{Check: one(r.Check), State: one(r.State), Text: one(r.Text), Advice: one(r.Advice)})
		}
	}
	return reasons
}

// Believed reports whether nothing is known for which the trial cannot be believed.
func (t *Trial) Believed() bool { return t.Judged != result.Invalid }

// Starved reports whether a connection was never answered.
func (t *Trial) Starved() bool { return t.Answered < t.Asked }

// Name is the trial's cell for a person: "epoll in hello at 64 connections, split".
func (t *Trial) Name() string {
	s := t.Cell.Model + " in " + keyOf(t.Cell).Name()
	if t.Cell.Engine != "" {
		s += ", by " + t.Cell.Engine
	}
	if t.Cell.Control {
		s += ", as a control"
	}
	return s
}

// miscount compares the books of server and client. A request that was under way at the end may have been served; a warm-up stands outside
// the client's books.
func miscount(t result.Trial) *Miscount {
	l := t.Load
	if t.Server.Usage == nil || t.Failed != "" {
		return nil
	}
	m := &Miscount{t.Server.Usage.Requests, l.Requests.OK + l.Redirects, l.Requests.Sent + l.Redirects + l.Connections.Opened}
	if m.Served < m.Least || l.Spec.Warmup == 0 && m.Served > m.Most && t.Turns == nil && t.Second == nil {
		return m
	}
	return nil
}

// asked is the path of a target; "" where there is none.
func asked(target string) string {
	u, err := url.Parse(strings.TrimSpace(target))
	if err != nil {
		return ""
	}
	return u.Path
}

func seat(s result.Server) string {
	at := "any processor"
	switch n := len(s.CPUs); {
	case n == 1:
		at = fmt.Sprintf("processor %d", s.CPUs[0])
	case n > 1:
		at = "processors " + strings.Trim(fmt.Sprint(s.CPUs), "[]")
	}
	if s.GOMAXPROCS > 0 {
		at += fmt.Sprintf(", GOMAXPROCS %d", s.GOMAXPROCS)
	}
	return one(at)
}

// guest reports whether a server was started otherwise than our program starts its models.
func guest(s result.Server) bool { return !slices.Contains(s.Command, "--model") }

// one lets equal texts share their memory.
func one(s string) string { return unique.Make(s).Value() }

// Grid are the percentiles of a trial's Response, as shares, evenly spaced in nines, twenty to each, from the half on: the faster half tells
// nothing about waiting.
var Grid = func() []float64 {
	grid := []float64{0.5} // 0.301 nines
	for i := 7; i <= 80; i++ {
		grid = append(grid, 1-math.Pow(10, -float64(i)/20))
	}
	return grid
}()
