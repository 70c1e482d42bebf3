package study

import (
	"math"
	"slices"

	"carousel/internal/result"
)

// Metric is one figure of a trial; not-a-number where the trial does not support it.
type Metric struct {
	Name     string
	Less     bool // less is better
	OfClient bool // a client at its limit sets it
	Of       func(Trial) float64
	atLeast  func(*result.Load) bool // unanswered requests could raise it; nil: they could not
}

// The metrics. Times are nanoseconds. Processor time is per ok reply of the window.
var (
	Rate       = Metric{Name: "requests per second", OfClient: true, Of: load(func(l *result.Load) float64 { return l.RateRPS })}
	ServerTime = Metric{Name: "server processor time per request", Less: true, Of: load(serverTime)}
	ClientTime = Metric{Name: "client processor time per request", Less: true, Of: load(clientTime)}
	BothTime   = Metric{Name: "processor time per request, server and client", Less: true,
		Of: load(func(l *result.Load) float64 { return serverTime(l) + clientTime(l) })}
	Total     = Metric{Name: "time until all is done", Less: true, OfClient: true, Of: load(func(l *result.Load) float64 { return float64(l.Window.ElapsedNS) })}
	Mean      = figure("mean response time", "mean", response)
	P50       = figure("median response time", "p50", response)
	P99       = figure("99th percentile of response time", "p99", response)
	P999      = figure("99.9th percentile of response time", "p999", response)
	Beside50  = figure("median response time of small replies", "p50", beside)
	Beside90  = figure("90th percentile of response time of small replies", "p90", beside)
	Beside99  = figure("99th percentile of response time of small replies", "p99", beside)
	ServiceP  = figure("99th percentile of service time", "p99", func(l *result.Load) result.Latency { return l.Service })
	LatenessP = figure("99th percentile of send lateness", "p99", func(l *result.Load) result.Latency { return l.Lateness })
)

func load(of func(*result.Load) float64) func(Trial) float64 {
	return func(t Trial) float64 {
		if t.Load == nil {
			return math.NaN()
		}
		return of(t.Load)
	}
}

func serverTime(l *result.Load) float64 {
	if l.TargetCPU == nil || l.Served() == 0 {
		return math.NaN()
	}
	return float64(l.TargetCPU.Total()) / l.Served()
}

func clientTime(l *result.Load) float64 {
	if l.Served() == 0 {
		return math.NaN()
	}
	return float64(l.CPU.Total()) / l.Served()
}

// figure is one of a latency, as far as the record says that it can be shown (result.Load.Doubt).
func figure(name, key string, of func(*result.Load) result.Latency) Metric {
	return Metric{Name: name, Less: true, OfClient: true,
		Of: load(func(l *result.Load) float64 {
			sum := of(l)
			if sum.Withheld[key] != "" {
				return math.NaN()
			}
			return sum.Figure(key)
		}),
		atLeast: func(l *result.Load) bool { return slices.Contains(of(l).AtLeast, key) },
	}
}

func response(l *result.Load) result.Latency { return l.Latency }

// beside is the response time of the requests for "/", in a load that asks for several paths.
func beside(l *result.Load) result.Latency {
	for _, p := range l.Paths {
		if p.Path == "/" {
			return p.Latency
		}
	}
	return result.Latency{Withheld: map[string]string{"p50": absent, "p90": absent, "p99": absent}}
}

const absent = "nobody asked for /"

// Grid are the percentiles of a trial's Response, as shares, evenly spaced in nines: twenty to each.
var Grid = func() []float64 {
	var grid []float64
	for i := 0; i <= 80; i++ {
		grid = append(grid, 1-math.Pow(10, -float64(i)/20))
	}
	return grid
}()

// curve is the response time in nanoseconds along Grid, as far as it can be shown.
func curve(s result.Summary) []float64 {
	at := make([]float64, len(s.Further))
	for i := range at {
		at[i] = s.Further[i].NS
	}
	return at
}

// AtLeast reports whether a figure of the cell is only a lower bound, in most of its trials: requests without an answer, counted
// at the age they had reached, could move it.
func (c *Cell) AtLeast(m Metric) bool {
	n := 0
	for _, t := range c.Trials {
		if m.atLeast != nil && t.Load != nil && m.atLeast(t.Load) {
			n++
		}
	}
	return 2*n > len(c.Trials)
}
