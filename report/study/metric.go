package study

import (
	"math"
	"slices"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// The metrics are figures of a trial. Times are in nanoseconds; processor time is per good reply.
const (
	Rate     = "rate_rps"
	Capacity = "capacity_rps"    // requests per second of one server processor: one over Cost
	Cost     = "server_cpu_ns"   // per request; in turns the steady cost, without waking
	Whole    = "server_whole_ns" // per request, with waking
	Client   = "client_cpu_ns"   // per request
	Both     = "both_cpu_ns"     // per request: Whole and Client
	Waking   = "waking_ns"       // per slice
	Mean     = "mean_ns"         // of the response time, as all that follow
	P50      = "p50_ns"
	P90      = "p90_ns"
	P99      = "p99_ns"
	P999     = "p999_ns" // whole trials only: slices are too short for it
	Service  = "service_p99_ns"
	Lateness = "lateness_p99_ns"
	Beside50 = "beside_p50_ns" // of the requests for /, beside others that take longer or a second client
	Beside90 = "beside_p90_ns"
	Beside99 = "beside_p99_ns"
	Total    = "total_ns"          // until a fixed number of requests is done
	Memory   = "peak_memory_bytes" // resident
	User     = "idle_user_bytes"   // resident memory that silent connections added
	Kernel   = "idle_kernel_bytes" // kernel memory that they added, for both ends
	Full     = "full_share"        // of one processor, used while the server was full and no client sent anything
	Fairness = "fairness"          // Jain's index of the replies of each connection
	Share    = "second_share"      // of all replies, the part of the second client
	Grown    = "grown_bytes"       // growth of resident memory since before any client came
	Recovery = "recovery_ns"       // from when all clients left until one was served

	Calls      = "calls_per_request" // of the server to the kernel; the metrics below are of the server, too
	Waits      = "waits_per_request"
	Switches   = "switches_per_request"
	Migrations = "migrations_per_request"
	Faults     = "faults_per_request"
)

// Counts lists the metrics that counters give, each with the name of its counter.
var Counts = []struct{ Metric, Counter string }{
	{Calls, result.Calls}, {Waits, result.Waits}, {Switches, result.Switches}, {Migrations, result.Migrations}, {Faults, result.Faults},
}

// metrics lists all metrics. of returns the figure of a trial, NaN if its record does not have it.
var metrics = [...]struct {
	name    string
	of      func(t *result.Trial) float64
	atLeast func(l *result.Load) bool // unanswered requests could raise it; nil: they could not
}{
	{Rate, withLoad(func(t *result.Trial) float64 { return t.Load.RateRPS }), nil},
	{Capacity, withLoad(func(t *result.Trial) float64 { return 1e9 / cost(t) }), nil},
	{Cost, withLoad(cost), nil},
	{Whole, withLoad(whole), nil},
	{Client, withLoad(client), nil},
	{Both, withLoad(func(t *result.Trial) float64 { return whole(t) + client(t) }), nil},
	{Waking, withLoad(waking), nil},
	{Mean, figure(response, "mean"), atLeast(response, "mean")},
	{P50, figure(response, "p50"), atLeast(response, "p50")},
	{P90, figure(response, "p90"), atLeast(response, "p90")},
	{P99, figure(response, "p99"), atLeast(response, "p99")},
	{P999, figure(response, "p999"), atLeast(response, "p999")},
	{Service, figure(service, "p99"), atLeast(service, "p99")},
	{Lateness, figure(lateness, "p99"), atLeast(lateness, "p99")},
	{Beside50, figure(beside, "p50"), atLeast(beside, "p50")},
	{Beside90, figure(beside, "p90"), atLeast(beside, "p90")},
	{Beside99, figure(beside, "p99"), atLeast(beside, "p99")},
	{Total, withLoad(total), nil},
	{Memory, memory, nil},
	{User, silent(func(m *result.Memory) int64 { return m.User }), nil},
	{Kernel, silent(func(m *result.Memory) int64 { return m.Kernel }), nil},
	{Full, full, nil},
	{Recovery, recovery, nil},
	{Fairness, withLoad(fairness), nil},
	{Share, withLoad(share), nil},
	{Grown, grown, nil},
	{Calls, counted(result.Calls), nil},
	{Waits, counted(result.Waits), nil},
	{Switches, counted(result.Switches), nil},
	{Migrations, counted(result.Migrations), nil},
	{Faults, counted(result.Faults), nil},
}

// Metrics returns the names of all metrics, in their order.
func Metrics() (names []string) {
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return names
}

// Figure returns a metric of the trial, NaN if it is not known.
func (t *Trial) Figure(metric string) float64 {
	for i := range metrics {
		if metrics[i].name == metric {
			return t.figures[i]
		}
	}
	return math.NaN()
}

// AtLeast reports whether a metric of the trial is only a lower bound: unanswered requests count at the age that they reached, and could raise it.
func (t *Trial) AtLeast(metric string) bool {
	for i := range metrics {
		if metrics[i].name == metric {
			return t.atLeast&(1<<i) != 0
		}
	}
	return false
}

// most is more than any real figure, and sums of it do not overflow.
const most = 1e300

// measure computes the figures of t. A foreign record may hold impossible values: they become NaN.
func (u *Trial) measure(t *result.Trial) {
	for i, m := range metrics {
		u.figures[i] = m.of(t)
		if low := u.figures[i] < 0 && m.name != Waking; low || math.Abs(u.figures[i]) > most { // noise can make the cost of waking negative
			u.figures[i] = math.NaN()
		}
		if counts(u.Cell) && m.name != Memory && !slices.ContainsFunc(Counts, func(c struct{ Metric, Counter string }) bool { return c.Metric == m.name }) {
			u.figures[i] = math.NaN() // counting slows the server
		}
		if m.atLeast != nil && t.Load != nil && m.atLeast(t.Load) {
			u.atLeast |= 1 << i
		}
	}
}

// withLoad is of for trials with a load, NaN for others.
func withLoad(of func(t *result.Trial) float64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Load == nil {
			return math.NaN()
		}
		return of(t)
	}
}

func cost(t *result.Trial) float64 {
	if t.Turns == nil {
		return whole(t)
	}
	if c := t.Turns.Cost; c != nil && c.Steady > 0 {
		return c.Steady
	}
	return math.NaN()
}

func whole(t *result.Trial) float64 {
	switch {
	case t.Second != nil, t.Turns != nil && t.Turns.Cost == nil, t.Load.TargetCPU == nil: // with a second client its time is not all for these requests
		return math.NaN()
	case t.Turns != nil && t.Turns.Cost.Whole > 0:
		return t.Turns.Cost.Whole
	}
	return perRequest(t.Load, t.Load.TargetCPU.Total())
}

// counted is a counter per good reply.
func counted(name string) func(*result.Trial) float64 {
	return withLoad(func(t *result.Trial) float64 {
		if t.Load.Counters == nil || !(t.Load.Served() > 0) {
			return math.NaN()
		}
		n, known := t.Load.Counters.Counts[name]
		if !known {
			return math.NaN()
		}
		return float64(n) / t.Load.Served()
	})
}

// counts reports whether system calls are counted in the trials of a cell.
func counts(c result.Cell) bool {
	s := scenario.Find(c.Scenario)
	return s != nil && s.CountCalls
}

func client(t *result.Trial) float64 { return perRequest(t.Load, t.Load.CPU.Total()) }

// perRequest is processor time per good reply. A time of 0 means that it was not measured.
func perRequest(l *result.Load, ns int64) float64 {
	if served := l.Served(); served > 0 && ns > 0 {
		return float64(ns) / served
	}
	return math.NaN()
}

func waking(t *result.Trial) float64 {
	if t.Turns == nil || t.Turns.Cost == nil {
		return math.NaN()
	}
	return t.Turns.Cost.Waking
}

func total(t *result.Trial) float64 {
	if t.Load.Spec.Requests == 0 {
		return math.NaN()
	}
	return float64(t.Load.Window.ElapsedNS)
}

func memory(t *result.Trial) float64 {
	peak := t.Server.PeakRSS
	if t.Server.Usage != nil {
		peak = t.Server.Usage.PeakRSS
	}
	if peak == 0 {
		return math.NaN()
	}
	return float64(peak)
}

// silent is the memory of one kind that silent connections added.
func silent(of func(*result.Memory) int64) func(*result.Trial) float64 {
	return withLoad(func(t *result.Trial) float64 {
		s := t.Load.Silent
		if s == nil || s.Before == nil || s.Settled == nil || s.Refused > 0 {
			return math.NaN()
		}
		return float64(max(0, of(s.Settled)-of(s.Before)))
	})
}

func full(t *result.Trial) float64 {
	if t.Exhaust == nil || t.Exhaust.Ended != "" {
		return math.NaN()
	}
	return t.Exhaust.BusyShare
}

func recovery(t *result.Trial) float64 {
	if t.Exhaust == nil || !t.Exhaust.Recovered {
		return math.NaN()
	}
	return float64(t.Exhaust.RecoveryNS)
}

// figure is a figure of a latency, NaN if the record withholds it.
func figure(of func(*result.Trial) result.Latency, key string) func(*result.Trial) float64 {
	return withLoad(func(t *result.Trial) float64 {
		if sum := of(t); sum.Withheld[key] == "" {
			return sum.Figure(key)
		}
		return math.NaN()
	})
}

func atLeast(of func(*result.Trial) result.Latency, key string) func(*result.Load) bool {
	return func(l *result.Load) bool { return slices.Contains(of(&result.Trial{Load: l}).AtLeast, key) }
}

func response(t *result.Trial) result.Latency {
	if t.Turns == nil || t.Load.Latency.Withheld["p999"] != "" {
		return t.Load.Latency
	}
	l := t.Load.Latency
	l.Withheld = map[string]string{"p999": inSlices}
	for key, why := range t.Load.Latency.Withheld {
		l.Withheld[key] = why
	}
	return l
}

const inSlices = "slices are too short for it"

func service(t *result.Trial) result.Latency  { return open(t, t.Load.Service) }
func lateness(t *result.Trial) result.Latency { return open(t, t.Load.Lateness) }

// open withholds a latency in closed loops.
func open(t *result.Trial, l result.Latency) result.Latency {
	if t.Load.Spec.Rate > 0 {
		return l
	}
	return result.Latency{Withheld: map[string]string{"p99": "a closed loop"}}
}

// fairness is Jain's index of the replies that connections got.
func fairness(t *result.Trial) float64 {
	if f := t.Load.Connections.Fairness; f > 0 {
		return f
	}
	return math.NaN()
}

// share is the second client's part of all replies.
func share(t *result.Trial) float64 {
	if t.Second == nil || t.Second.Load == nil || t.Second.Load.RateRPS <= 0 {
		return math.NaN()
	}
	return t.Second.Load.RateRPS / (t.Second.Load.RateRPS + t.Load.RateRPS)
}

// grown is the growth of the server's resident memory from before both clients came to the end.
func grown(t *result.Trial) float64 {
	if t.Second == nil || t.Second.RSSBefore <= 0 || t.Second.RSSAfter <= 0 {
		return math.NaN()
	}
	return float64(max(0, t.Second.RSSAfter-t.Second.RSSBefore))
}

// beside is the response time of the requests for "/" in a load with several paths or with a second client.
func beside(t *result.Trial) result.Latency {
	if t.Second != nil {
		return t.Load.Latency
	}
	for _, p := range t.Load.Paths {
		if p.Path == "/" {
			return p.Latency
		}
	}
	const absent = "no requests for /"
	return result.Latency{Withheld: map[string]string{"p50": absent, "p90": absent, "p99": absent}}
}
