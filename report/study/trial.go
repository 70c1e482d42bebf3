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

// Trial is what a report needs of a trial: small, so that a hundred thousand fit into memory.
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
	Turns    *Turns           // nil: it had the client to itself

	Judged     string          // state of the load's verdict; "": there is no load
	Reasons    []result.Reason // of that verdict
	Remarks    bool            // record of schema 1, whose reasons may be mere remarks
	Answered   int64           // connections
	Eligible   int64           // connections that should have been answered
	WaitNS     int64           // the longest wait of a connection that was never answered
	Overloaded bool            // the server fell behind the offered rate, so its response time is withheld
	Refused    bool            // connections, requests or a probe were turned away with a 503, and none of a crowd that stayed was broken
	Silent     *result.Silent  // nil: there were no silent connections
	Path       string          // path of the requests; "": the record does not say
	ServerOn   string          // where the server ran: "processor 0, GOMAXPROCS 1"
	Guest      bool            // a server of the user's own
	Steal      float64         // share of the processors that the hypervisor took
	Drops      int64           // attempts to connect that a full backlog dropped
	StallNS    int64           // the longest time that loadgen itself stood still
	WindowNS   int64           // length of the measured window
	Miscount   *Miscount       // nil: server and client agree, or the server did not count
	Response   []float64       // response time in nanoseconds at the percentiles of Grid, up to the first that is not known exactly

	Uncounted map[string]string // why a counter is missing, by metric

	figures [len(metrics)]float64
	atLeast uint32 // a bit for each metric
	order   int
}

// Turns is what a report needs of a load in turns.
type Turns struct {
	Servers, Place int
	Cycles         int
	SliceNS        int64
	Effects        map[string]float64
	Trouble        string
	OtherPrograms  float64 // share of all processors' time that other programs took
	Disturbed      int     // slices that were measured again because of it
	Judged         string  // the state of the comparison's verdict
	Reasons        []result.Reason
}

// Miscount is a server's count of requests outside the bounds that the client's books allow.
type Miscount struct{ Served, Least, Most int64 }

// Unpack computes the figures of a trial and drops the rest of its record.
func Unpack(t result.Trial) *Trial {
	u := &Trial{Cell: t.Cell, Round: t.Round, Started: t.Started, NA: t.NA, Failed: t.Failed, Probe: t.Probe, ServerOn: serverOn(t.Server), Guest: guest(t.Server)}
	for _, s := range []*string{&u.Cell.Model, &u.Cell.Scenario, &u.Cell.Rule, &u.Cell.Placement, &u.Cell.Engine, &u.Cell.Mode, &u.NA, &u.Failed} {
		*s = intern(*s)
	}
	if t.Probe != nil {
		u.Refused = t.Probe.Status == unavailable
	}
	if n := len(t.Ceiling); n > 0 {
		u.Crowds, u.Refused = t.Ceiling, t.Ceiling[n-1].Refused > 0 && t.Ceiling[n-1].Broken == 0
	}
	if t.Portrait != nil {
		own := *t.Portrait // a copy: Portraits may change it
		u.Portrait = &own
	}
	if t.Exhaust != nil { // with more clients than descriptors, refusing is right
		u.Crowds, u.Exhaust = []result.Crowd{t.Exhaust.Crowd}, t.Exhaust
	}
	if t.Turns != nil {
		u.Turns = &Turns{Servers: t.Turns.Servers, Place: t.Turns.Place, Cycles: t.Turns.Cycles, SliceNS: t.Turns.SliceNS, Trouble: t.Turns.Trouble,
			Effects: t.Turns.Effects, OtherPrograms: t.Turns.BesideShare, Judged: intern(t.Turns.Verdict.State), Reasons: doubts(t.Turns.Verdict)}
		for _, s := range t.Turns.Slices {
			if s.Disturbed {
				u.Turns.Disturbed++
			}
		}
	}
	if t.Load != nil {
		l := *t.Load // a copy: readLoad writes into it
		l.Paths = slices.Clone(l.Paths)
		t.Load = &l
		u.readLoad(t)
	}
	u.measure(&t)
	return u
}

// unavailable is the HTTP status by which a server turns a client away.
const unavailable = 503

// readLoad takes what the report needs of a load besides its figures.
func (u *Trial) readLoad(t result.Trial) {
	l := t.Load
	u.Path = intern(targetPath(l.Spec.Target))
	// A report needs no more of the spec; if a foreign record contradicts its cell, the cell is right.
	l.Spec = result.Spec{Warmup: l.Spec.Warmup, Requests: l.Spec.Requests, Connections: t.Cell.Connections, Rate: t.Cell.RateRPS}
	if l.Verdict.State == result.Invalid || !counts(t.Cell) { // doubts about times do not matter to counts
		u.Judged, u.Reasons = intern(l.Verdict.State), doubts(l.Verdict)
	}
	if l.Counters != nil {
		for _, c := range Counts {
			if why := l.Counters.Lacks[c.Counter]; why != "" {
				if u.Uncounted == nil {
					u.Uncounted = map[string]string{}
				}
				u.Uncounted[c.Metric] = intern(why)
			}
		}
	}
	u.Remarks = l.Schema == 1 && len(u.Reasons) > 0
	u.Answered, u.Eligible, u.WaitNS = l.Connections.Answered, l.Eligible(), l.Connections.LongestWaitNS
	u.Overloaded = result.Overloaded(l)
	u.Silent = l.Silent
	u.Refused = l.Errors[fmt.Sprintf("status-%d", unavailable)] > 0 || l.Silent != nil && l.Silent.Refused > 0
	u.Steal, u.Drops, u.StallNS = l.Host.StealShare, l.Host.ListenDrops, l.OwnStallNS
	u.WindowNS = l.Window.ElapsedNS
	u.Miscount = miscount(t)

	doubted := l.Schema >= 2 // its writer applied the same rules; applying them again would read the histograms
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

// drawn reports whether a picture may show the trial's response times.
func (u *Trial) drawn() bool {
	shown := u.Cell.Scenario == "paced" || u.Cell.Scenario == "hello" && u.Cell.Connections == scenario.ReferenceLevel
	return shown && u.Believed() && !u.Starved() && !u.Cell.Control && u.Cell.Model != result.Null
}

// doubts returns the reasons of a verdict, without the mere remarks if they are marked.
func doubts(v result.Verdict) (reasons []result.Reason) {
	if v.State == result.Valid {
		return nil
	}
	for _, r := range v.Reasons {
		if r.State != result.Valid {
			reasons = append(reasons, result.Reason{Check: intern(r.Check), State: intern(r.State), Text: intern(r.Text), Advice: intern(r.Advice)})
		}
	}
	return reasons
}

// Believed reports whether the trial's verdict is not invalid.
func (t *Trial) Believed() bool { return t.Judged != result.Invalid }

// Starved reports whether a connection was never answered.
func (t *Trial) Starved() bool { return t.Answered < t.Eligible }

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

// miscount compares the counts of server and client. A request in flight at the end may have been served; the client's books leave out the
// warm-up.
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

// targetPath is the path of a URL; "" if it has none.
func targetPath(target string) string {
	u, err := url.Parse(strings.TrimSpace(target))
	if err != nil {
		return ""
	}
	return u.Path
}

// serverOn says where a server ran: "processor 0, GOMAXPROCS 1".
func serverOn(s result.Server) string {
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
	return intern(at)
}

// guest reports whether a server is the user's own: program servers takes --model.
func guest(s result.Server) bool { return !slices.Contains(s.Command, "--model") }

// intern lets equal strings share memory.
func intern(s string) string { return unique.Make(s).Value() }

// Grid holds the percentiles of a trial's Response, as shares: the median, then twenty for each nine (90 %, 99 %, 99.9 %). The faster half says
// nothing about waiting.
var Grid = func() []float64 {
	grid := []float64{0.5} // 0.301 nines
	for i := 7; i <= 80; i++ {
		grid = append(grid, 1-math.Pow(10, -float64(i)/20))
	}
	return grid
}()
