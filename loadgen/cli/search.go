package cli

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/spf13/pflag"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/engine"
	"carousel/loadgen/schedule"
	"carousel/loadgen/search"
	"carousel/loadgen/verdict"
)

// The default length and warm-up of a step of a search, how many times longer the step that confirms is, and the longest step that a percentile can
// require.
const (
	usualStep   = 3 * time.Second
	usualWarmup = 300 * time.Millisecond
	confirming  = 3
	longestStep = time.Minute
)

// fewest is how many requests a step should have at least.
const fewest = 100

// Searches reports whether o is a search for the highest level (--find-max).
func (o *Options) Searches() bool { return len(o.FindMax) > 0 }

// settleSearch fills in the defaults of a search.
func (o *Options) settleSearch(flags *pflag.FlagSet) {
	if !flags.Changed("duration") {
		o.Spec.Duration = usualStep
	}
	if !flags.Changed("warmup") {
		o.Spec.Warmup = usualWarmup
	}
	if o.Over == result.OverConnections && !flags.Changed("threads") {
		o.Spec.Threads = 0 // each step has its own
	}
}

// checkSearch rejects flags that a search cannot combine.
func (o *Options) checkSearch(flags *pflag.FlagSet) error {
	s := o.Spec
	if flag := flags.Lookup("over"); flag.Changed && !o.Searches() {
		return fmt.Errorf("%s: it says what --find-max is over, give that too", given(flag))
	}
	if !o.Searches() {
		return nil
	}
	overRate := o.Over == result.OverRate
	switch {
	case len(s.Stages) > 0:
		return errors.New("--ramp and --stages: a search changes the rate itself: leave them out")
	case !overRate && s.First > 0:
		return fmt.Errorf("-c %d:%d: a search --over connections changes their number itself: use -c %[1]d, where it begins", s.First, s.Connections)
	case o.Compares():
		return errors.New("--find-max is of one server: leave --vs and --twin out")
	case s.Requests > 0:
		return fmt.Errorf("-n %d: the steps of a search end by time: use -d, how long each of them lasts", s.Requests)
	case s.Save != "":
		return fmt.Errorf("--save %s: no bodies are kept in a search: leave it out", s.Save)
	case s.Engine == result.Hey:
		return errors.New("--engine hey: it has no schedule and few figures to search by: use --engine auto")
	case len(s.Counters) > 0:
		return errors.New("--counters are of one run: leave --find-max out")
	case o.Announce:
		return errors.New("--ready: a search loads the server again and again, leave it out")
	case overRate && s.Think > 0:
		return fmt.Errorf("--think %v: a schedule does not wait until a connection has rested: leave it out, or search --over connections", s.Think)
	case overRate && s.Pipeline > 1:
		return fmt.Errorf("--pipeline %d: a request that is due goes out on a free connection, not behind another: leave it out, or search --over connections", s.Pipeline)
	}
	for _, condition := range o.FindMax {
		if condition.OfRatio() {
			return fmt.Errorf("--find-max %s: a ratio is of a further server to the target, and a search is of one server", condition.Expr)
		}
		if turned := condition.Backwards(); turned != "" {
			return fmt.Errorf("--find-max %s: it is what must hold, up to the level that is looked for: write '%s'", condition.Expr, turned)
		}
	}
	return nil
}

// Levels returns the levels that a search may try. First is 0 if it is not given.
func (o *Options) Levels() search.Levels {
	if o.Over == result.OverConnections {
		return search.Levels{First: float64(o.Spec.Connections), Least: float64(len(client.Servers(o.Spec))), Most: float64(max(o.Spec.Connections, o.mostConnections())), Whole: true}
	}
	least := float64(o.needs()) / max(longestStep, o.Spec.Duration).Seconds()
	if o.Spec.Rate > 0 {
		least = min(least, o.Spec.Rate)
	}
	return search.Levels{First: o.Spec.Rate, Least: search.Round(least), Most: schedule.MostPerSecond}
}

// Takes returns how long a step at this level lasts, and how long a search near this level lasts, with few steps and with many.
func (o *Options) Takes(level float64) (each, few, many time.Duration) {
	s := o.At(level, 0, false)
	each = s.Warmup + s.Duration
	return each, search.UsualFew*each + (confirming-1)*s.Duration, search.UsualMany*each + (confirming-1)*s.Duration
}

// Limit returns the reason why a search tries nothing above its highest level.
func (o *Options) Limit() string {
	if o.Over == result.OverConnections {
		return "the descriptors and ports of this process are used up (see ulimit -n)"
	}
	return "there is no finer schedule"
}

// mostConnections returns how many connections this process can open to the target.
func (o *Options) mostConnections() int {
	most := int64(maxPorts)
	if _, ports := host.LocalPorts(); ports > 0 {
		most = int64(ports)
	}
	most = most*addresses(o.Spec) - int64(o.Spec.Idle)
	if limit, _, err := host.FDLimit(); err == nil {
		most = min(most, int64(min(limit, math.MaxInt32))-int64(o.Spec.Idle)-spare)
	}
	return int(most)
}

// needs returns how many requests a step needs for all conditions, plus a tenth.
func (o *Options) needs() (n int64) {
	n = fewest
	for _, condition := range o.FindMax {
		n = max(n, condition.Needs())
	}
	return n + n/10
}

// At returns the load of a step at this level. rate is the rate that the server is expected to serve; 0 if not known.
func (o *Options) At(level, rate float64, confirms bool) result.Spec {
	s := o.Spec
	if o.Over == result.OverConnections {
		s.Connections = int(level)
		if s.Engine == result.Epoll || s.Engine == result.Uring {
			s.Threads = min(cmp.Or(s.Threads, engine.Threads(s)), s.Connections)
		}
	} else {
		s.Rate = level
	}
	if rate = cmp.Or(s.Rate, rate); rate > 0 {
		s.Duration = max(s.Duration, time.Duration(math.Ceil(float64(o.needs())/rate*10))*time.Second/10)
	}
	if confirms {
		s.Duration *= confirming
	}
	return s
}

// Closed is a closed loop that measures roughly how much the server can serve.
func (o *Options) Closed() result.Spec {
	s := o.Spec
	s.Duration = min(s.Duration, time.Second)
	s.Rate, s.Arrivals, s.Burst, s.Seed, s.First, s.Spin = 0, "", 0, 0, 0, 0
	return s
}

// and stands between conditions.
var and = regexp.MustCompile(`,|\s+and\s+`)

// conditions takes one condition a time, or several with commas or "and" between.
type conditions struct{ to *[]verdict.Gate }

func (v conditions) Type() string   { return "CONDITION" }
func (v conditions) String() string { return "" }
func (v conditions) Set(text string) error {
	for _, expr := range and.Split(text, -1) {
		if err := gates(v).Set(expr); err != nil {
			return err
		}
	}
	return nil
}
