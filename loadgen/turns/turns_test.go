package turns

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
)

// fake is a stand of simulated servers, whose slices follow from a few numbers and random noise.
type fake struct {
	servers   []model
	random    *rand.Rand
	now       time.Duration
	rests     int
	loads     []load // the calls of Slice, in their order
	fresh     []time.Duration
	turn      []int                  // by server: how many slices it had
	stop      func(at time.Duration) // called at the begin of each slice
	first     float64                // additional cost of the first place of a cycle, as a log
	noise     float64                // standard deviation of the log of a slice's cost
	common    float64                // the same for noise that a whole cycle has in common
	drift     float64
	place     int
	beside    func(cycles int) float64    // share of the processors that other programs use in a cycle, by how many cycles came before it
	forgotten []int                       // the calls of Forget, in their order
	books     func(k int, l *result.Load) // changes the books of server k; may be nil
}

// processors is the number of processors of the simulated machine.
const processors = 4

// model is a simulated server.
type model struct {
	request time.Duration // processor time of a request
	waking  time.Duration // processor time of waking, per slice
	takes   time.Duration // service time of a request
	dies    time.Duration // when it dies; 0: never
	mute    bool          // it never replies
	still   int           // number, from 1, of its slice in which it stands still for a second
	cold    int           // in its first so many slices a request takes 50 ms
	dry     int           // in every dry-th of its slices no reply comes in the window
	gone    bool          // it cannot be connected to
}

// load is a call of Slice.
type load struct {
	server int
	turn   Turn
}

func (f *fake) Slice(k int, t Turn) (s result.Slice) {
	if f.stop != nil {
		f.stop(f.now)
	}
	m := f.servers[k]
	f.turn[k]++
	if f.turn[k] <= m.cold {
		m.takes = 50 * time.Millisecond
	}
	if f.turn[k] == m.still {
		m.takes += time.Second
	}
	f.loads = append(f.loads, load{k, t})
	s.BeginNS, s.LengthNS, s.ElapsedNS = int64(f.now), int64(t.Length), int64(t.Length+m.takes)
	if f.place = (f.place + 1) % len(f.servers); f.place == 1 {
		f.drift += f.common * f.random.NormFloat64()
	}
	f.now += t.Length + m.takes
	if f.beside != nil && !t.Warm {
		s.BesideNS = int64(f.beside(f.turn[k]-3) * processors * float64(s.ElapsedNS)) // the first two slices were the warm-up
	}
	if m.mute || m.dies > 0 && f.now > m.dies {
		return s
	}
	cost := f.drift + f.noise*f.random.NormFloat64()
	if f.random.IntN(20) == 0 {
		cost += 0.3 * f.random.Float64() // a disturbance of this slice alone
	}
	if f.place == 1 {
		cost += f.first
	}
	s.OK = int64(float64(t.Length) / float64(20*time.Microsecond) * math.Exp(-cost))
	s.WindowOK = int64(float64(s.OK) * float64(t.Length-t.Lead) / float64(t.Length))
	if m.dry > 0 && f.turn[k]%m.dry == 0 {
		s.WindowOK = 0
	}
	s.TargetCPUNS = int64((float64(m.request)*float64(s.OK) + float64(m.waking)) * math.Exp(cost))
	s.OwnCPUNS = s.TargetCPUNS / 2
	f.fresh[k] = m.takes
	return s
}

func (f *fake) Rest(d time.Duration) { f.rests++; f.now += d }

func (f *fake) Harvest(k int, take func(low, width, n int64)) {
	if takes := f.fresh[k]; takes > 0 {
		for i := range int64(10) {
			take(int64(takes)+i*1000, 1000, 100)
		}
		f.fresh[k] = 0
	}
}

func (f *fake) Forget(k int) { f.forgotten = append(f.forgotten, k); f.fresh[k] = 0 }

func (f *fake) SameProcess(i, j int) bool { return false }

func (f *fake) Reached(k int) bool { return !f.servers[k].gone }

func (f *fake) Finish() (*result.Comparison, error) {
	c := &result.Comparison{}
	for k := range f.servers {
		l := &result.Load{Requests: result.Requests{OK: 1}}
		if f.books != nil {
			f.books(k, l)
		}
		c.Servers = append(c.Servers, result.Compared{Load: l})
	}
	return c, nil
}

func newFake(seed uint64, servers ...model) *fake {
	return &fake{servers: servers, random: rand.New(rand.NewPCG(seed, 1)), fresh: make([]time.Duration, len(servers)), turn: make([]int, len(servers)), noise: 0.03, common: 0.05}
}

func plan(servers int, d time.Duration) Settings {
	p := Settings{Slice: 25 * time.Millisecond, Duration: d, Grace: time.Second, Seed: 7, Processors: processors}
	for i := range servers {
		p.Names = append(p.Names, string(rune('a'+i)))
	}
	return p
}

// swift is an ordinary server.
var swift = model{request: 10 * time.Microsecond, waking: time.Millisecond, takes: 600 * time.Microsecond}

func TestCourse(t *testing.T) {
	f := newFake(1, swift, swift, swift)
	c := Run(context.Background(), plan(3, 2*time.Second), f, nil)
	loaded := make([]time.Duration, 3)
	for k, list := range c.Slices {
		for i, s := range list {
			loaded[k] += time.Duration(s.LengthNS)
			if want := int64(c.Slice) * int64(1+2*(i%2)); s.Cycle != i || s.LengthNS != want || s.Order < 0 || s.Order > 2 {
				t.Fatalf("slice %d of server %d: %+v, want cycle %[1]d of %v", i, k, s, want)
			}
		}
		if loaded[k] != 2*time.Second {
			t.Errorf("server %d was loaded for %v, want 2s", k, loaded[k])
		}
	}
	if c.Cycles != 40 || len(f.loads) != 3*42 {
		t.Errorf("%d cycles, %d slices, want 40 and those of a warm-up", c.Cycles, len(f.loads))
	}
	for i, l := range f.loads {
		if warm, long := i < 6, l.turn.Length > c.Slice; l.turn.Warm != warm || l.turn.Timed != (long && !warm) {
			t.Errorf("slice %d of all: %+v", i, l.turn)
		}
		if i > 0 && f.loads[i-1].server == l.server {
			t.Errorf("slice %d: server %d twice in a row", i, l.server)
		}
	}
}

func TestWarmup(t *testing.T) {
	const slice = 25 * time.Millisecond
	for warmup, want := range map[time.Duration]time.Duration{0: 4 * slice, slice / 5: slice, slice: slice, slice + 1: 4 * slice, time.Second: time.Second} {
		f := newFake(1, swift, swift)
		p := plan(2, 2*time.Second)
		p.Slice, p.Warmup = slice, warmup
		c := Run(context.Background(), p, f, nil)
		var warm time.Duration
		for _, l := range f.loads {
			if l.turn.Warm && l.server == 0 {
				warm += l.turn.Length
			}
		}
		if warm != want || len(c.Slices[0]) != 40 {
			t.Errorf("asked for %v: warmed up for %v, then %d slices, want %v and 40", warmup, warm, len(c.Slices[0]), want)
		}
	}
}

// With a given number of cycles, number and length of the slices are as given, however long requests take.
func TestCycles(t *testing.T) {
	for _, cycles := range []int{2, 4, 16} {
		slow := swift
		slow.takes = 20 * time.Millisecond
		p := plan(3, 20*time.Second) // long enough for longer slices
		p.Cycles = cycles
		f := newFake(1, swift, slow, model{request: 13 * time.Microsecond, waking: time.Millisecond, takes: swift.takes})
		f.noise, f.common = 0, 0
		c, err := Compare(context.Background(), p, f, nil)
		if err != nil || !c.Complete || c.Cycles != cycles {
			t.Fatalf("%d cycles, want %d, complete %v, %v", c.Cycles, cycles, c.Complete, err)
		}
		if c.SliceNS != int64(p.Slice) || c.GivenNS != int64(p.Slice) || time.Duration(c.LeadNS) != p.Slice/2 || math.Abs(float64(c.NeededNS)-4e8) > 0.01*4e8 {
			t.Errorf("slices of %d, asked for %d, wanted %d, lead %d", c.SliceNS, c.GivenNS, c.NeededNS, c.LeadNS)
		}
		for k, s := range c.Servers {
			if len(s.Slices) != cycles {
				t.Errorf("server %d had %d slices, want %d", k, len(s.Slices), cycles)
			}
			if want := float64(f.servers[k].request); s.Cost == nil || math.Abs(s.Cost.Steady-want) > 0.2*want {
				t.Errorf("%d cycles: %s costs %+v, want %v", cycles, s.Name, s.Cost, f.servers[k].request)
			}
			for _, metric := range result.Metrics {
				if _, known := s.Effects[metric]; known != (metric != result.MetricP50 && metric != result.MetricP99) { // the fake's loads have no times
					t.Errorf("%d cycles: effects of %s are %v", cycles, s.Name, s.Effects)
				}
			}
		}
		r, enough := c.Ratio("c", result.MetricSteady), cycles >= 2*MinPairs
		if why := fmt.Sprintf("c was compared for %d cycles, which takes 16", cycles); !enough && r.Lacks != why || enough && r.Lacks != "" {
			t.Errorf("%d cycles: %+v", cycles, r)
		}
	}
}

// inPairs returns a value for beside: in these pairs of cycles, from 0, other programs use that share of the processors, in the others a little.
func inPairs(share float64, pairs ...int) func(cycle int) float64 {
	return func(cycle int) float64 {
		if slices.Contains(pairs, cycle/2) {
			return share
		}
		return 0.05
	}
}

// A pair of cycles in which other programs used too much is measured again at the end; at most a quarter of the pairs are.
func TestDisturbed(t *testing.T) {
	all := upTo(100)
	for _, c := range []struct {
		name   string
		cycles int
		beside func(cycle int) float64
		again  []int // the pairs that are measured again
	}{
		{"nobody knows", 16, nil, nil},
		{"quiet", 16, inPairs(0.099, all...), nil},
		{"one pair", 16, inPairs(0.101, 3), []int{3}},
		{"the last pair, and the one in its place", 16, inPairs(0.5, 7, 8), []int{7, 8}},
		{"half a pair, which is a quarter of its time", 16, func(cycle int) float64 { return map[bool]float64{true: 0.5}[cycle == 6] }, []int{3}},
		{"the same with less", 16, func(cycle int) float64 { return map[bool]float64{true: 0.35}[cycle == 6] }, nil},
		{"always", 16, inPairs(0.2, all...), []int{0, 1}},
		{"always, in a single pair", 2, inPairs(0.2, all...), nil},
		{"always, in few cycles", 4, inPairs(0.2, all...), []int{0}},
		{"always, in some more", 6, inPairs(0.2, all...), []int{0}},
		{"from the middle on", 40, inPairs(0.2, all[10:]...), []int{10, 11, 12, 13, 14}},
	} {
		p := plan(3, 0)
		p.Cycles = c.cycles
		f := newFake(1, swift, swift, swift)
		f.beside = c.beside
		got := Run(context.Background(), p, f, nil)
		if got.Cycles != c.cycles || len(f.forgotten) != 3*len(c.again) {
			t.Errorf("%s: %d cycles count, want %d; %d times a server's books forgot", c.name, got.Cycles, c.cycles, len(f.forgotten))
		}
		for k := range got.Slices {
			var again []int
			for i, s := range got.Repeated[k] {
				if !s.Disturbed {
					t.Errorf("%s: %+v is not said to be disturbed", c.name, s)
				}
				if i%2 == 0 {
					again = append(again, s.Cycle/2)
				}
			}
			if !slices.Equal(again, c.again) || len(got.Repeated[k]) != 2*len(c.again) || len(got.Slices[k]) != c.cycles {
				t.Errorf("%s: server %d repeats pairs %v, want %v; %d slices count", c.name, k, again, c.again, len(got.Slices[k]))
			}
			for i, s := range got.all(k) {
				if want := int64(p.Slice) * int64(1+2*(i%2)); s.Cycle != i || s.LengthNS != want {
					t.Errorf("%s: slice %d of server %d is %+v", c.name, i, k, s)
				}
			}
		}
	}
}

// Other programs do not affect the order of turns.
func TestDisturbedOrder(t *testing.T) {
	p := plan(5, 0)
	p.Cycles = 16
	calm, busy := newFake(1, swift, swift, swift, swift, swift), newFake(1, swift, swift, swift, swift, swift)
	busy.beside = inPairs(0.5, 1, 4)
	Run(context.Background(), p, calm, nil)
	Run(context.Background(), p, busy, nil)
	if len(busy.loads) != len(calm.loads)+5*4 || !slices.Equal(calm.loads, busy.loads[:len(calm.loads)]) {
		t.Errorf("%d turns, %d where two pairs were disturbed:\n%v\n%v", len(calm.loads), len(busy.loads), calm.loads, busy.loads)
	}
}

// The results of disturbed slices affect no figure.
func TestDisturbedCountsNowhere(t *testing.T) {
	record := func(absurd func(*result.Slice)) *result.Comparison {
		p := plan(3, 0)
		p.Cycles = 20
		slow := swift
		slow.takes = 15 * time.Millisecond // longer than the lead, so that rates are those of whole slices
		f := &absurdly{fake: newFake(1, swift, slow, swift), slice: absurd}
		f.beside, f.books = inPairs(0.5, 2, 5), supported
		c, err := Compare(context.Background(), p, f, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := record(func(*result.Slice) {})
	got := record(func(s *result.Slice) {
		s.OK, s.WindowOK, s.TargetCPUNS, s.OwnCPUNS, s.ElapsedNS = 9*s.OK, 9*s.WindowOK, 900*s.TargetCPUNS, 1e12, s.ElapsedNS+1e9
	})
	disturbed := 0
	for k := range want.Servers {
		for i, s := range got.Servers[k].Slices {
			if s.Disturbed {
				disturbed++
				got.Servers[k].Slices[i], want.Servers[k].Slices[i] = result.Slice{}, result.Slice{}
			}
		}
	}
	if disturbed != 3*4 {
		t.Errorf("%d slices were disturbed, want 12", disturbed)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, s := range got.Servers {
		if s.Trouble != "" || s.Cost == nil || len(s.Effects) != len(result.Metrics) || s.Load.RateRPS == 0 {
			t.Errorf("%s: %q, %+v, %v", s.Name, s.Trouble, s.Cost, s.Effects)
		}
	}
}

// absurdly is a fake whose disturbed slices have absurd figures and times.
type absurdly struct {
	*fake
	slice func(*result.Slice)
}

func (f *absurdly) Slice(k int, t Turn) result.Slice {
	s := f.fake.Slice(k, t)
	if s.BesideNS > s.ElapsedNS {
		before := s.ElapsedNS
		f.slice(&s)
		s.BesideNS += processors * (s.ElapsedNS - before)
		f.fresh[k] = time.Duration(s.ElapsedNS)
	}
	return s
}

// supported makes books that support every percentile.
func supported(_ int, l *result.Load) {
	h := result.NewHistogram()
	h.RecordN(600_000, 2000)
	l.Histogram, _ = h.Encode()
	l.Latency = h.Latency()
	l.Requests.OK, l.Timed, l.SliceNS = 2000, 2000, 75e6
}

// A percentile that unanswered requests could raise is only a lower bound, so its ratio is not shown.
func TestALowerBoundIsNotCompared(t *testing.T) {
	p := plan(3, 0)
	p.Cycles = 40
	f := newFake(1, swift, swift, swift)
	f.books = func(k int, l *result.Load) {
		if supported(k, l); k == 1 {
			l.Requests.OK, l.Timed, l.Requests.Unanswered = 1900, 1900, 100
		}
	}
	c, err := Compare(context.Background(), p, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Ratios {
		want := ""
		if r.Server == "b" && r.Metric == result.MetricP99 {
			want = "b: requests without an answer could put its p99 higher"
		}
		if r.Lacks != want {
			t.Errorf("%s of %s lacks %q, want %q", r.Metric, r.Server, r.Lacks, want)
		}
	}
}

// The difference of two servers' effects is the log of their ratio, and the sum of all effects is 0.
func TestEffects(t *testing.T) {
	dear := model{request: 12 * time.Microsecond, waking: 3 * time.Millisecond, takes: 900 * time.Microsecond}
	p := plan(4, 0)
	p.Cycles = 40
	f := newFake(1, swift, dear, swift, model{mute: true})
	f.books = func(k int, l *result.Load) {
		if supported(k, l); k == 2 {
			l.Spec.Connections, l.Connections.Answered = 64, 1
		}
	}
	c, err := Compare(context.Background(), p, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	starved := []string{result.MetricRate, result.MetricP50, result.MetricP99} // not shown for c
	for _, metric := range result.Metrics {
		sum, hidden := 0.0, slices.Contains(starved, metric)
		for k, s := range c.Servers {
			effect, known := s.Effects[metric]
			if want := k < 2 || k == 2 && !hidden; known != want {
				t.Errorf("%s of %s is %v, known %v, want %v", metric, s.Name, effect, known, want)
			}
			sum += effect
		}
		if math.Abs(sum) > 1e-9 {
			t.Errorf("%s: effects add up to %v", metric, sum)
		}
		want := math.Log(c.Ratio("b", metric).Ratio)
		if got := c.Servers[1].Effects[metric] - c.Servers[0].Effects[metric]; math.Abs(got-want) > 0.03 {
			t.Errorf("%s: b over a is %.3f by effects and %.3f by ratio", metric, got, want)
		}
	}
	if e := c.Servers[1].Effects[result.MetricP99] - c.Servers[0].Effects[result.MetricP99]; math.Abs(e-math.Log(1.5)) > 0.02 {
		t.Errorf("p99 differs by %.3f, want log 1.5", e)
	}
}

// A server that is left out does not change the effects of the others.
func TestEffectsWithout(t *testing.T) {
	dear, slow := swift, swift
	dear.request, slow.takes = 14*time.Microsecond, 5*time.Millisecond
	p := plan(4, 0)
	p.Cycles = 12
	c := Run(context.Background(), p, newFake(1, swift, dear, slow, swift), nil)
	less := *c
	less.Slices, less.times.parts = slices.Delete(slices.Clone(c.Slices), 2, 3), slices.Delete(slices.Clone(c.times.parts), 2, 3)
	for _, metric := range result.Metrics {
		got := c.standing(metric, func(k int) bool { return k != 2 })
		all := c.standing(metric, func(int) bool { return true })
		want := less.standing(metric, func(int) bool { return true })
		if got[0] != want[0] || got[1] != want[1] || got[3] != want[2] || !math.IsNaN(got[2]) {
			t.Errorf("%s: effects are %v, and %v where the third is not there", metric, got, want)
		}
		if all[0] == got[0] {
			t.Errorf("%s: the third moves nobody where it is let in", metric)
		}
	}
}

// If requests take longer than the lead, slices are twenty times as long as a request, as far as the duration permits.
func TestSlicesFitTheRequests(t *testing.T) {
	for _, c := range []struct {
		takes, d            time.Duration
		slice, wanted, lead time.Duration
	}{
		{9 * time.Millisecond, 20 * time.Second, 25 * time.Millisecond, 25 * time.Millisecond, 10 * time.Millisecond},
		{20 * time.Millisecond, 20 * time.Second, 400 * time.Millisecond, 400 * time.Millisecond, 20 * time.Millisecond},
		{100 * time.Millisecond, 20 * time.Second, 625 * time.Millisecond, 2 * time.Second, 100 * time.Millisecond},
		{400 * time.Millisecond, 3200 * time.Millisecond, 100 * time.Millisecond, 8 * time.Second, 50 * time.Millisecond},
	} {
		slow := swift
		slow.takes = c.takes
		got := Run(context.Background(), plan(2, c.d), newFake(1, swift, slow), nil)
		near := func(a, b time.Duration) bool { return math.Abs(float64(a-b)) < 0.01*float64(b) }
		if !near(got.Slice, c.slice) || !near(got.Wanted, c.wanted) || !near(got.Lead, c.lead) || len(got.Slices[1]) < 2*MinPairs {
			t.Errorf("requests of %v: slices of %v, wanted %v, lead %v, %d of them; want %v, %v, %v", c.takes, got.Slice, got.Wanted, got.Lead, len(got.Slices[1]), c.slice, c.wanted, c.lead)
		}
	}
}

func TestEndsWhenItIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := newFake(1, swift, swift)
	f.stop = func(at time.Duration) {
		if at > time.Second {
			cancel()
		}
	}
	c, err := Compare(ctx, plan(2, time.Minute), f, nil)
	if err != nil || c.Complete || c.Cycles < 5 || c.Cycles > 12 {
		t.Errorf("%v, complete %v after %d cycles", err, c.Complete, c.Cycles)
	}
	for _, r := range c.Ratios {
		if r.Lacks == "" {
			t.Errorf("%s is compared after %d cycles", r.Metric, c.Cycles)
		}
	}
}

// The steady cost does not include the cost of waking.
func TestSteadyAndWaking(t *testing.T) {
	sleepy := swift
	sleepy.waking = 5 * time.Millisecond
	for _, c := range []struct {
		name          string
		b             model
		steady, whole string
	}{
		{"alike", swift, result.Undecided, result.Undecided},
		{"wakes dear", sleepy, result.Undecided, result.Higher},
		{"dear", model{request: 11 * time.Microsecond, waking: time.Millisecond, takes: swift.takes}, result.Higher, result.Higher},
		{"cheap", model{request: 9 * time.Microsecond, waking: time.Millisecond, takes: swift.takes}, result.Lower, result.Lower},
	} {
		p := plan(2, 20*time.Second)
		r, err := Compare(context.Background(), p, newFake(3, swift, c.b), nil)
		if err != nil {
			t.Fatal(err)
		}
		steady, whole := r.Ratio("b", result.MetricSteady), r.Ratio("b", result.MetricWhole)
		same := func(got, want string) bool { return got == want || want == result.Undecided && got == result.Same }
		if !same(steady.Outcome, c.steady) || !same(whole.Outcome, c.whole) {
			t.Errorf("%s: steady %+v, whole %+v", c.name, steady, whole)
		}
		if want := float64(c.b.waking); math.Abs(r.Servers[1].Cost.Waking-want) > 0.3*want {
			t.Errorf("%s: waking costs %v, want %v", c.name, time.Duration(r.Servers[1].Cost.Waking), c.b.waking)
		}
	}
}

// A cost of the first place of a cycle makes no difference in random order. In fixed order, the control, it is found as a difference.
func TestFirstPlace(t *testing.T) {
	alarms := func(fixed bool) (n int) {
		for seed := range uint64(40) {
			f := newFake(seed, swift, swift, swift)
			f.first = 0.10
			p := plan(3, 5*time.Second)
			next := newOrder(upTo(3), seed, f.SameProcess).next
			if fixed {
				next = func() ([]int, []bool) { return upTo(3), make([]bool, 3) }
			}
			c := &Results{Slices: make([][]result.Slice, 3), Slice: p.Slice, Lead: Lead(p.Slice), alpha: alpha, times: newTimes(3)}
			c.run(context.Background(), p, f, nil, next)
			for _, r := range c.ratios(p, result.MetricWhole, alpha) {
				if r.Outcome == result.Higher || r.Outcome == result.Lower {
					n++
				}
			}
		}
		return n
	}
	if n := alarms(false); n > 8 {
		t.Errorf("in random order %d of 80 comparisons find a difference", n)
	}
	if n := alarms(true); n < 30 {
		t.Errorf("in fixed order %d of 80 comparisons find the difference that the place makes", n)
	}
}

// A server that dies is compared up to then, one that never replies is not compared, and the others are.
func TestWhoDied(t *testing.T) {
	dead := swift
	dead.dies = 10 * time.Second
	dear := model{request: 12 * time.Microsecond, waking: time.Millisecond, takes: swift.takes}
	p := plan(4, 10*time.Second)
	c, err := Compare(context.Background(), p, newFake(5, swift, dead, model{mute: true}, dear), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Ratio("b", result.MetricWhole); r.Lacks != "" || r.Low > 1.02 || r.High < 0.98 {
		t.Errorf("who died: %+v", r)
	}
	for _, metric := range result.Metrics {
		if r := c.Ratio("c", metric); r.Lacks != "c gave no good reply" || r.Outcome != result.Undecided {
			t.Errorf("who never answered: %+v", r)
		}
	}
	if r := c.Ratio("d", result.MetricSteady); r.Outcome != result.Higher {
		t.Errorf("the dearer one: %+v", r)
	}
}

// A server that cannot be reached has no turns; the others have theirs.
func TestWhoCannotBeReached(t *testing.T) {
	f := newFake(1, swift, model{gone: true}, swift)
	c, err := Compare(context.Background(), plan(3, 2*time.Second), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range f.loads {
		if l.server == 1 || i > 0 && l.server == f.loads[i-1].server && f.rests == 0 {
			t.Fatalf("slice %d is of server %d", i, l.server)
		}
	}
	if r := c.Ratio("b", result.MetricRate); r.Lacks != "b was never loaded" || len(c.Servers[1].Slices) != 0 {
		t.Errorf("%+v", r)
	}
	if r := c.Ratio("c", result.MetricRate); r.Lacks != "" {
		t.Errorf("who can be reached: %+v", r)
	}
	f = newFake(1, swift, model{gone: true})
	if c := Run(context.Background(), plan(2, time.Second), f, nil); c.Cycles != 20 || f.rests == 0 {
		t.Errorf("alone: %d cycles, %d rests", c.Cycles, f.rests)
	}
}

// A server that stood still is reported, unless all its slices last as long.
func TestWhoStoodStill(t *testing.T) {
	still, slow := swift, swift
	still.still, slow.takes = 9, time.Second
	c, err := Compare(context.Background(), plan(3, 10*time.Second), newFake(1, swift, still, slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []string{"", "stood still for 1.00 s", ""} {
		if got := c.Servers[k].Trouble; got != want {
			t.Errorf("%s: %q, want %q", c.Servers[k].Name, got, want)
		}
	}
}

// A server that is slow only at first does not make slices longer.
func TestColdServers(t *testing.T) {
	cold := swift
	cold.cold = 2
	if c := Run(context.Background(), plan(2, 10*time.Second), newFake(1, swift, cold), nil); c.Slice != 25*time.Millisecond {
		t.Errorf("slices of %v", c.Slice)
	}
}

// The rate is compared even if in some slices no reply came in the window.
func TestDryWindows(t *testing.T) {
	dry := swift
	dry.dry = 3
	c, err := Compare(context.Background(), plan(2, 10*time.Second), newFake(1, swift, dry), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Ratio("b", result.MetricRate); r.Lacks != "" || r.Outcome != result.Lower {
		t.Errorf("%+v", r)
	}
}

// With many equal servers a difference is found no more often than with two, because of Holm's correction.
func TestManyAlike(t *testing.T) {
	wrong := 0
	for seed := range uint64(60) {
		c := Run(context.Background(), plan(6, 5*time.Second), newFake(seed, swift, swift, swift, swift, swift, swift), nil)
		p := plan(6, 0)
		found := false
		for _, r := range c.within(p, result.MetricWhole, 0, alpha) {
			found = found || r.Outcome == result.Higher || r.Outcome == result.Lower
		}
		if found {
			wrong++
		}
	}
	if wrong > 8 { // of 60; without Holm it is one in six
		t.Errorf("%d of 60 comparisons of six servers that are alike find a difference", wrong)
	}
}

func TestUntil(t *testing.T) {
	p := plan(2, time.Minute)
	p.Until = 0.05
	c, err := Compare(context.Background(), p, newFake(1, swift, swift), nil)
	if err != nil {
		t.Fatal(err)
	}
	last := c.Looks[len(c.Looks)-1]
	if !last.Reached || c.Cycles >= 1200 {
		t.Errorf("looks %+v, %d cycles", c.Looks, c.Cycles)
	}
	if r := c.Ratio("b", result.MetricSteady); r.Confidence != 1-last.Alpha || math.Log(r.High/r.Low)/2 > p.Until {
		t.Errorf("it ended with %+v", r)
	}
	if c := Run(context.Background(), p, newFake(1, swift, model{mute: true}), nil); c.Cycles != 1200 {
		t.Errorf("with nobody to compare it ended after %d cycles", c.Cycles)
	}
	p.Until = 0.0001
	if c, _ = Compare(context.Background(), p, newFake(1, swift, swift), nil); c.Cycles != 1200 || len(c.Looks) != 3 || c.Looks[2].Reached {
		t.Errorf("what cannot be reached: %d cycles, looks %+v", c.Cycles, c.Looks)
	}
}

func TestPlanLooks(t *testing.T) {
	p := Settings{Until: 0.01}
	for pairs, want := range map[int]string{8: "[{8 0.05}]", 24: "[{8 0.025} {24 0.025}]", 240: "[{30 0.01} {80 0.015} {240 0.025}]"} {
		if got := fmt.Sprint(planLooks(p, pairs)); got != want {
			t.Errorf("%d pairs: %s, want %s", pairs, got, want)
		}
	}
	if planLooks(Settings{}, 100) != nil {
		t.Error("looks at a comparison that lasts")
	}
}

// Response times are kept in a bounded number of parts, however long the comparison is, and none is lost.
func TestTimesStayFew(t *testing.T) {
	times := newTimes(1)
	for i := range int64(1000) {
		times.add(slices.Repeat([]statsCounts{{{Low: i % 5, Width: 1, N: 1}}}, 1))
	}
	var n int64
	for _, part := range times.parts[0] {
		for _, bucket := range part {
			n += bucket.N
		}
	}
	if n != 1000 || len(times.parts[0]) > mostParts || times.each != 16 {
		t.Errorf("%d times in %d parts of %d", n, len(times.parts[0]), times.each)
	}
}
