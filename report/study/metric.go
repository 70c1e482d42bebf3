package study

import (
	"math"
	"slices"
	"sync"

	"carousel/internal/trial"
)

// Metric is one figure of a trial; not-a-number where the trial does not support it.
type Metric struct {
	Name     string
	Less     bool // less is better
	OfClient bool // a client at its limit sets it
	Of       func(Trial) float64
}

// The metrics. Times are nanoseconds. Processor time is per ok reply.
var (
	Rate       = Metric{"requests per second", false, true, load(func(l *trial.Load) float64 { return l.RateRPS })}
	ServerTime = Metric{"server processor time per request", true, false, load(serverTime)}
	ClientTime = Metric{"client processor time per request", true, false, load(clientTime)}
	BothTime   = Metric{"processor time per request, server and client", true, false,
		load(func(l *trial.Load) float64 { return serverTime(l) + clientTime(l) })}
	Mean      = Metric{"mean response time", true, true, load(func(l *trial.Load) float64 { return l.Latency.Mean })}
	P50       = percentile("median response time", 0.5, func(l *trial.Load) int64 { return l.Latency.P50 })
	Total     = Metric{"time until all is done", true, true, load(func(l *trial.Load) float64 { return float64(l.Window.ElapsedNS) })}
	P99       = percentile("99th percentile of response time", 0.99, func(l *trial.Load) int64 { return l.Latency.P99 })
	P999      = percentile("99.9th percentile of response time", 0.999, func(l *trial.Load) int64 { return l.Latency.P999 })
	Beside50  = beside("median response time of small replies", 0.5, func(l trial.Latency) int64 { return l.P50 })
	Beside90  = beside("90th percentile of response time of small replies", 0.9, func(l trial.Latency) int64 { return l.P90 })
	Beside99  = beside("99th percentile of response time of small replies", 0.99, func(l trial.Latency) int64 { return l.P99 })
	ServiceP  = percentile("99th percentile of service time", 0.99, func(l *trial.Load) int64 { return l.Service.P99 })
	LatenessP = percentile("99th percentile of send lateness", 0.99, func(l *trial.Load) int64 { return l.Lateness.P99 })
)

func load(of func(*trial.Load) float64) func(Trial) float64 {
	return func(t Trial) float64 {
		if t.Load == nil {
			return math.NaN()
		}
		return of(t.Load)
	}
}

func serverTime(l *trial.Load) float64 {
	if l.TargetCPU == nil || l.Requests.OK == 0 {
		return math.NaN()
	}
	return float64(l.TargetCPU.Total()) / float64(l.Requests.OK)
}

func clientTime(l *trial.Load) float64 {
	if l.Requests.OK == 0 {
		return math.NaN()
	}
	return float64(l.CPU.Total()) / float64(l.Requests.OK)
}

// Support is how many requests must lie beyond a percentile for it to be printed.
const Support = 10

func percentile(name string, q float64, of func(*trial.Load) int64) Metric {
	return Metric{name, true, true, load(func(l *trial.Load) float64 {
		if !supported(counted(l), q) {
			return math.NaN()
		}
		return float64(of(l))
	})}
}

// counted is how many requests the latency of a trial stands on.
func counted(l *trial.Load) int64 { return l.Requests.OK + l.Requests.Unanswered }

func supported(n int64, q float64) bool { return float64(n)*(1-q) >= Support-1e-6 }

// Curve is latency by percentile: the response time in nanoseconds at each of Grid, not-a-number from where too few
// requests lie beyond.
type Curve struct {
	At      []float64
	AtLeast func(q float64) bool // unanswered requests could raise this percentile by more than a twentieth
}

// Grid are the percentiles of a Curve, as shares, evenly spaced in nines: twenty to each.
var Grid = func() []float64 {
	var grid []float64
	for i := 0; i <= 80; i++ {
		grid = append(grid, 1-math.Pow(10, -float64(i)/20))
	}
	return grid
}()

var histograms = sync.Pool{New: func() any { return new(trial.Packed) }}

func newCurve(l *trial.Load) *Curve {
	if l.Histogram == "" {
		return nil
	}
	h := histograms.Get().(*trial.Packed)
	defer histograms.Put(h)
	if h.Decode(l.Histogram) != nil || h.Count() == 0 {
		return nil
	}
	n := h.Count()
	curve := &Curve{At: make([]float64, len(Grid))}
	for i, q := range Grid {
		curve.At[i] = math.NaN()
		if supported(n, q) {
			curve.At[i] = float64(h.Quantile(q))
		}
	}
	var raised []float64
	for _, q := range []float64{0.5, 0.99, 0.999} {
		worst := h.Quantile(min(1, q+float64(l.Requests.Unanswered)/float64(n)))
		if float64(worst) > 1.05*float64(h.Quantile(q)) {
			raised = append(raised, q)
		}
	}
	curve.AtLeast = func(q float64) bool { return slices.Contains(raised, q) }
	return curve
}

// AtLeast reports whether a percentile of the cell is only a lower bound, in any trial: requests that were still
// unanswered when the window closed, counted at the age they had reached, could move it.
func (c *Cell) AtLeast(q float64) bool {
	for _, t := range c.Trials {
		if t.Response != nil && t.Response.AtLeast(q) {
			return true
		}
	}
	return false
}

// beside is a percentile of the requests for "/", in a load that asks for several paths.
func beside(name string, q float64, of func(trial.Latency) int64) Metric {
	return Metric{name, true, true, load(func(l *trial.Load) float64 {
		for _, p := range l.Paths {
			if p.Path == "/" && float64(p.Count)*(1-q)+1e-6 >= Support {
				return float64(of(p.Latency))
			}
		}
		return math.NaN()
	})}
}
