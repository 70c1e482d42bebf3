//go:build !race

package truth

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

// fate is the outcome of a request, and its response time if the client had waited for ever.
type fate struct {
	age      float64 // its recorded response time, in nanoseconds
	answered bool
	truth    float64 // its response time without a timeout or an end; age if it was answered
}

// load returns the record of a run with random requests that are unanswered, timed out or unsent, and the fates of all requests: of the whole run
// first, then by path.
func load(t *testing.T, random *rand.Rand, paths []string) (*result.Load, [][]fate) {
	t.Helper()
	const n, window = 12_000, int64(10 * time.Second)
	grace := []int64{0, int64(time.Second)}[random.IntN(2)]
	middle, vary := 2e5*math.Pow(1000, random.Float64()), 1.5*random.Float64() // of the response times: a median of 0.2 to 200 ms
	timeout := []int64{int64(middle * (2 + 20*random.Float64())), int64(5 * time.Second)}[random.IntN(2)]
	stopped := 0.04 * math.Pow(random.Float64(), 3) // share of the window in which replies take about 1 s, some far longer
	from := int64((1 - stopped) * float64(window) * []float64{random.Float64(), 1}[random.IntN(2)])
	unsent := 0.005 * math.Pow(random.Float64(), 3)

	r := record.NewRecorder(1, false, nil)
	if len(paths) > 1 {
		var kinds []result.PathLatency
		for _, path := range paths {
			kinds = append(kinds, result.PathLatency{Path: path})
		}
		r.Split(kinds)
	}
	r.Open(0)
	r.Close(window, window+grace)
	fates := make([][]fate, 1+len(paths))
	for i := range int64(n) {
		due := i * window / n
		truth := middle * math.Exp(vary*random.NormFloat64())
		if due >= from && float64(due-from) < stopped*float64(window) {
			truth = 1e9 * math.Exp(3*random.NormFloat64())
		}
		path := random.IntN(len(paths))
		f := fate{age: math.Floor(truth), truth: math.Floor(truth), answered: true}
		answer := due + int64(min(truth, 1e15))
		switch sent := random.Float64() >= unsent; {
		case !sent:
			r.Unsent(due, record.NoConnection)
			f = fate{age: float64(window - due), truth: float64(window-due) + math.Floor(truth)}
			fates[0] = append(fates[0], f)
			continue // an unsent request has no path
		case answer >= min(due+timeout, window+grace):
			f.answered = false
			r.Sent(0, due)
			if due+timeout < window+grace {
				f.age = float64(timeout)
				r.For(path).Ended(0, due, due, due+timeout, record.Timeout)
			} else {
				f.age = float64(window + grace - due)
				r.For(path).Unanswered(0, due, due)
			}
		default:
			r.Sent(0, due)
			r.For(path).Ended(0, due, due, answer, record.OK)
		}
		fates[0], fates[1+path] = append(fates[0], f), append(fates[1+path], f)
	}
	l, err := record.Merge([]*record.Recorder{r}, time.Duration(window))
	if err != nil {
		t.Fatal(err)
	}
	l.Spec.Connections = 1
	return l, fates
}

// could returns the sorted response times of requests, with of as the time of those without a reply.
func could(fates []fate, of func(fate) float64) []float64 {
	times := make([]float64, len(fates))
	for i, f := range fates {
		times[i] = f.age
		if !f.answered {
			times[i] = of(f)
		}
	}
	slices.Sort(times)
	return times
}

// A client that stops waiting does not know how long a request would have taken. What it prints must be true in every case.
func TestWhateverBecomesOfTheUnansweredTheFiguresHold(t *testing.T) {
	const runs = 80
	var printed, bounds, tooHigh, moved int
	worstBound, worst := 0.0, 0.0
	for seed := range uint64(runs) {
		random := rand.New(rand.NewPCG(seed, 4))
		l, fates := load(t, random, []string{"/", "/b"})
		if !balanced(l) {
			t.Fatalf("run %d: the books do not balance: %+v", seed, l.Requests)
		}
		further := []float64{0.25, 0.75, 0.98, 0.995, 0.9995}
		whole := l.AnnotateResponse(further...)
		l.AnnotateService()
		summaries := []result.Summary{whole}
		for _, p := range l.Paths {
			summaries = append(summaries, whole.Path(p))
		}
		fates = append(fates, slices.Concat(fates[1:]...)) // requests are sent when they are due, or never
		summaries = append(summaries, result.Service(l))
		for i, summary := range summaries {
			ends := [][]float64{
				could(fates[i], func(f fate) float64 { return f.age }),           // answered the moment after
				could(fates[i], func(f fate) float64 { return f.truth }),         // as it would have been
				could(fates[i], func(fate) float64 { return math.Inf(1) }),       // never
				could(fates[i], func(f fate) float64 { return f.age * 1.03 }),    // soon
				could(fates[i], func(f fate) float64 { return 1.2*f.age + 1e9 }), // later
			}
			at := func(f result.Figure, value func(times []float64) float64) {
				if f.Withheld != "" {
					return
				}
				printed++
				if f.AtLeast() {
					bounds++
				}
				for _, times := range ends {
					truth := value(times)
					if f.NS > truth*1.001 {
						tooHigh++
						t.Errorf("run %d, %d: %s is %v, or at least that, and would have been %v", seed, i, f.Name, f.NS, truth)
					}
					worstBound = max(worstBound, f.NS/truth-1)
					if !f.AtLeast() {
						if worst = max(worst, truth/f.NS-1); truth > f.NS*1.02 {
							moved++
							t.Errorf("run %d, %d: %s is %v without >=, and would have been %v", seed, i, f.Name, f.NS, truth)
						}
					}
				}
			}
			for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999} {
				at(summary.Figure(name), func(times []float64) float64 { return quantile(times, q) })
			}
			for k, f := range summary.Further {
				at(f, func(times []float64) float64 { return quantile(times, further[k]) })
			}
			at(summary.Figure("mean"), mean)
			at(summary.Figure("max"), func(times []float64) float64 { return times[len(times)-1] })
		}
	}
	claim := fmt.Sprintf("%d runs with requests unanswered, timed out and unsent by chance: of %d figures printed, ", runs, printed)
	row(t, claim+fmt.Sprintf("%d with >=: what they would have been, had the client waited for ever", bounds), "never below what is printed",
		fmt.Sprintf("%d below; %.3f %% at most", tooHigh, 100*worstBound), "0.1 %, of the histogram", tooHigh == 0 && bounds > 100)
	row(t, claim+fmt.Sprintf("%d without >=: the same, whatever becomes of the unanswered ones", printed-bounds), "never more than 2 % above",
		fmt.Sprintf("%d above; %.2f %% at most", moved, 100*worst), "2 %", moved == 0 && printed-bounds > 100)
}
