package findings

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/stats"
	"carousel/report/study"
)

// ClientLimited is the share of the null responder's rate above which the client, not the server, limits a rate.
const ClientLimited = 0.85

// cell is a cell of the study with its analysed models.
type cell struct {
	*study.Cell
	at     int // index in the run's cells
	models []*model
	null   *model
	twin   *model
	rate   float64 // offered, the median of the rounds; 0: a closed loop
}

// model is a model in a cell. Most of its rounds decide every question about it.
type model struct {
	*study.Model
	cell    *cell
	trials  []*study.Trial // that give its figures: starved if those are most of its rounds, else served
	served  []*study.Trial // in which every connection was answered
	starved []*study.Trial // in which one was never answered
	refused []*study.Trial // in which it turned away silent connections, or busy ones beside them
	failed  []*study.Trial
	lacking []*study.Trial // in which the server lacked what the scenario needs
	invalid int            // trials that are invalid and not starved
	lack    *Lack
	ofNull  float64 // median share of the null responder's rate in a closed loop; 0: not known
	figures map[string]map[int]float64
}

func (w *worksheet) newCell(at int, of *study.Cell) *cell {
	c := &cell{Cell: of, at: at}
	var rates []float64
	for _, m := range of.Models {
		x := w.newModel(c, m)
		c.models = append(c.models, x)
	}
	for _, m := range slices.Concat(of.Models, of.Others) {
		for _, t := range m.Trials {
			if t.Cell.RateRPS > 0 {
				rates = append(rates, t.Cell.RateRPS)
			}
		}
	}
	if len(rates) > 0 {
		c.rate = finite(median(rates))
	}
	if of.Null != nil {
		c.null = w.newModel(c, of.Null)
	}
	if of.Twin != nil {
		c.twin = w.newModel(c, of.Twin)
	}
	if c.null != nil && c.rate == 0 && c.Rule == "" {
		for _, m := range c.models {
			if d := differences(m, c.null, Rate); len(d) > 0 {
				m.ofNull = finite(math.Exp(median(d)))
			}
		}
	}
	return c
}

// finite is v, or 0 if v is NaN or infinite.
func finite(v float64) float64 {
	if !sound(v) {
		return 0
	}
	return v
}

func (w *worksheet) newModel(c *cell, of *study.Model) *model {
	m := &model{Model: of, cell: c, figures: map[string]map[int]float64{}}
	for _, t := range of.Trials {
		switch {
		case t.NA != "":
			m.lacking = append(m.lacking, t)
		case t.Failed != "":
			m.failed = append(m.failed, t)
		case t.Silent != nil && t.Refused: // fewer silent connections stayed than the cell has
			m.refused = append(m.refused, t)
		case t.Starved():
			m.starved = append(m.starved, t)
		case t.Believed():
			m.served = append(m.served, t)
		default:
			m.invalid++
		}
	}
	m.trials = m.served
	if m.most(len(m.starved)) {
		m.trials = m.starved
	}
	m.lack = m.lacks(w.comparable())
	return m
}

// rounds is the number of rounds in which the model was tried, with any result.
func (m *model) rounds() int { return len(m.Trials) }

// most reports whether n are more than half of the model's rounds.
func (m *model) most(n int) bool { return 2*n > m.rounds() }

// judged returns the trials that show how the model treats its clients.
func (m *model) judged() []*study.Trial { return slices.Concat(m.served, m.starved, m.refused) }

// lacks returns why the model has no rank; nil if it has one.
func (m *model) lacks(comparable bool) *Lack {
	few := len(m.trials) == 0 || comparable && (len(m.trials) < fewestShared || !m.most(len(m.trials)))
	switch {
	case m.most(len(m.lacking)):
		return &Lack{Kind: NA, InRounds: len(m.lacking), Text: m.lacking[0].NA}
	case m.most(len(m.refused)):
		t := m.refused[(len(m.refused)-1)/2]
		return &Lack{Kind: Refused, InRounds: len(m.refused), Answered: t.Silent.Refused, Total: int64(m.cell.Idle)}
	case m.most(len(m.starved)):
		h := m.medianStarved()
		return &Lack{Kind: Starved, InRounds: len(m.starved), Answered: h.Answered, Total: h.Total, WaitNS: h.WaitNS}
	case !few:
		return nil
	case m.most(len(m.failed)):
		return &Lack{Kind: Failed, InRounds: len(m.failed), Text: m.failed[0].Failed}
	case m.most(m.invalid):
		return &Lack{Kind: Invalid, InRounds: m.invalid}
	}
	return &Lack{Kind: Missing, InRounds: len(m.trials)}
}

// medianStarved is the median starved trial by connections answered, the lower of two, with the longest wait of all starved trials.
func (m *model) medianStarved() (h struct{ Answered, Total, WaitNS int64 }) {
	if len(m.starved) == 0 {
		return h
	}
	sorted := slices.SortedStableFunc(slices.Values(m.starved), func(a, b *study.Trial) int { return cmp.Compare(a.Answered, b.Answered) })
	middle := sorted[(len(sorted)-1)/2]
	h.Answered, h.Total = middle.Answered, middle.Eligible
	for _, t := range m.starved {
		h.WaitNS = max(h.WaitNS, t.WaitNS)
	}
	return h
}

// limited reports whether the client limited the rate.
func (m *model) limited() bool { return m.ofNull > ClientLimited }

// starvedMetrics are the metrics that a starved model still has.
var starvedMetrics = []string{Rate, Cost, Whole, Client, Both, Waking, Memory}

// byRound returns a metric of the model by round, without rounds in which it is not known.
func (m *model) byRound(metric string) map[int]float64 {
	known, ok := m.figures[metric]
	if ok {
		return known
	}
	known = map[int]float64{}
	if m.lack == nil || m.lack.Kind != Starved || slices.Contains(starvedMetrics, metric) {
		for _, t := range m.trials {
			if v := t.Figure(metric); !math.IsNaN(v) {
				known[t.Round] = v
			}
		}
	}
	m.figures[metric] = known
	return known
}

// figure is a metric of the model over the rounds; nil if no round has it.
func (m *model) figure(metric string) *Figure {
	known := m.byRound(metric)
	f := &Figure{Rounds: []float64{}}
	for _, t := range m.trials {
		v, ok := known[t.Round]
		if ok {
			f.Rounds = append(f.Rounds, tidy(v))
		}
	}
	i := stats.MedianInterval(f.Rounds, confidence)
	if len(f.Rounds) == 0 || !sound(i.Mid) {
		return nil
	}
	f.Value, f.Low, f.High, f.AtLeast = tidy(i.Mid), i.Low, i.High, m.bound(metric)
	return f
}

// bound reports whether a metric of the model is a lower bound in most rounds.
func (m *model) bound(metric string) bool {
	n := 0
	for _, t := range m.trials {
		if t.AtLeast(metric) {
			n++
		}
	}
	return 2*n > len(m.trials)
}

// value is the median of a metric over the rounds; 0 if no round has it.
func (m *model) value(metric string) float64 {
	if known := m.byRound(metric); len(known) > 0 {
		return finite(median(slices.Collect(maps.Values(known))))
	}
	return 0
}

// ranks reports whether the model can be ranked by a metric. It cannot by a lower bound, nor by a rate that the client limited, nor if it did
// not answer beside all silent connections: then it bore fewer than the others.
func (m *model) ranks(metric string, comparable bool) bool {
	n := len(m.byRound(metric))
	if s := m.silent(); s != nil && !s.All {
		return false
	}
	return m.lack == nil && n > 0 && !m.bound(metric) && !(ofClient(metric) && m.limited()) && (!comparable || n >= fewestShared && m.most(n))
}

// ofClient reports whether a client at its limit distorts a metric.
func ofClient(metric string) bool {
	return !slices.Contains([]string{Capacity, Cost, Whole, Client, Both, Waking, Memory}, metric)
}

// ranked returns the metrics by which the models of a cell are ranked.
func (c *cell) ranked() []string {
	s := scenario.Find(c.Scenario)
	switch {
	case s != nil && s.Probe && s.Name == "thinking":
		return []string{Memory}
	case s != nil && (s.Probe || s.MeasuresClient || s.CountCalls || len(s.Idle) > 0):
		return nil
	case s != nil && len(s.Modes) > 0:
		return []string{Total, Beside50, Beside90, Beside99}
	case s != nil && (len(s.SecondClient) > 0 || len(s.Paths) > 0):
		return []string{Beside50, Beside90, Beside99}
	case c.delayed():
		return []string{Rate}
	case c.rate > 0:
		return []string{Cost, Both, P50, P99} // all serve what is offered
	}
	return []string{Rate, Capacity, Cost, Both, P50, P99}
}

// delayed reports whether the handlers sleep, block or compute for a time that their path gives.
func (c *cell) delayed() bool {
	s := scenario.Find(c.Scenario)
	return s != nil && s.Judge != nil && len(s.Paths) == 0 && scenario.Delay(s.Path) > 0
}

// delay is the time that a handler takes, by the path of the trials or else of the scenario.
func (c *cell) delay() time.Duration {
	for _, m := range c.models {
		for _, t := range m.trials {
			if d := scenario.Delay(t.Path); d > 0 {
				return d
			}
		}
	}
	if s := scenario.Find(c.Scenario); s != nil {
		return scenario.Delay(s.Path)
	}
	return 0
}

// blur is the standard deviation of an error that the log of a ratio of two models has alike in every round. Handlers that take a fixed time
// reply in waves, and a window may hold one wave more or less: each of the two models has an error that is uniform over one wave.
func (c *cell) blur(metric string) float64 {
	if metric != Rate || !c.delayed() {
		return 0
	}
	var windows []float64
	for _, m := range c.models {
		for _, t := range m.trials {
			windows = append(windows, float64(t.WindowNS))
		}
	}
	waves := median(windows) / float64(c.delay())
	if !(waves > 1) {
		return 0
	}
	return math.Sqrt(2./12) / waves
}

// ideals are the requests per second if handlers run one after another, and if all run at once; 0 if they take no time.
func (c *cell) ideals() (one, all float64) {
	if !c.delayed() {
		return 0, 0
	}
	one = float64(time.Second) / float64(c.delay())
	return one, one * float64(c.Connections)
}

// export is the cell as findings have it.
func (w *worksheet) export(c *cell) Cell {
	out := Cell{Scenario: c.Scenario, Connections: c.Connections, Idle: c.Idle, RateRPS: tidy(c.rate), Rule: c.Rule, Placement: c.Placement, Mode: c.Mode,
		Models: []Model{}, Rankings: []Ranking{}, DelayNS: int64(c.delay())}
	one, all := c.ideals()
	out.One, out.All = tidy(one), tidy(all)
	rounds := map[int]*study.Trial{}
	for _, m := range c.models {
		for _, t := range m.Trials {
			if rounds[t.Round] == nil || t.Turns != nil {
				rounds[t.Round] = t
			}
		}
		out.Models = append(out.Models, m.export())
	}
	out.Rounds = len(rounds)
	var cycles, slice []float64
	for _, t := range rounds {
		if t.Turns != nil {
			cycles, slice = append(cycles, float64(t.Turns.Cycles)), append(slice, float64(t.Turns.SliceNS))
		}
	}
	if out.InTurns = len(cycles) > 0; out.InTurns {
		out.Cycles, out.MostCycles, out.SliceNS = int(slices.Min(cycles)), int(slices.Max(cycles)), int64(median(slice))
	}
	if c.null != nil {
		null := c.null.export()
		out.Null = &null
	}
	for _, metric := range c.ranked() {
		out.Rankings = append(out.Rankings, w.rank(c, metric))
		if c.twin == nil {
			continue
		}
		if r := ratio(c.twin, c.find(c.twin.Name), metric); r != nil {
			out.Twin = append(out.Twin, *r)
		}
	}
	return out
}

// find returns the model of that name; nil if there is none.
func (c *cell) find(name string) *model {
	if i := slices.IndexFunc(c.models, func(m *model) bool { return m.Name == name }); i >= 0 {
		return c.models[i]
	}
	return nil
}

// export is the model as findings have it.
func (m *model) export() Model {
	out := Model{Name: m.Name, Lacks: m.lack, Rounds: m.rounds(), Doubts: m.doubts(), OfNull: tidy(m.ofNull),
		Limited: m.limited(), Silent: m.silent(), Curve: m.curve()}
	out.Crowds, out.Ended = m.crowd()
	for _, t := range m.trials {
		out.Portrait = t.Portrait
	}
	for _, metric := range study.Metrics() {
		f := m.figure(metric)
		if f == nil {
			continue
		}
		if out.Figures == nil {
			out.Figures = map[string]Figure{}
		}
		out.Figures[metric] = *f
	}
	for _, t := range m.trials {
		for metric, why := range t.Uncounted {
			if out.Uncounted == nil {
				out.Uncounted = map[string]string{}
			}
			out.Uncounted[metric] = cmp.Or(out.Uncounted[metric], why)
		}
	}
	if s := scenario.Find(m.cell.Scenario); s != nil && s.CountCalls && m.lack == nil {
		out.SystemCalls = m.systemCalls()
	}
	return out
}

// systemCalls compares the model's system calls with its formula; nil if the model has no entry in scenario.ExpectedCalls.
func (m *model) systemCalls() *SystemCalls {
	a, known := scenario.ExpectedCalls[m.Name]
	if !known {
		return nil
	}
	out := &SystemCalls{Formula: a.Formula}
	calls, waits := m.figure(Calls), m.figure(Waits)
	if waits == nil {
		return out
	}
	if a.Formula != "" {
		out.Calls = tidy(a.Calls(waits.Value))
	}
	if a.ReadyPerRequest > 0 && waits.Value > 0 {
		out.K = tidy(a.ReadyPerRequest / waits.Value)
	}
	if calls == nil {
		return out
	}
	out.Beyond = tidy(calls.Value - out.Calls)
	if out.Beyond > scenario.CallTolerance {
		out.Further = a.Extra
	}
	return out
}

// doubts lists what only some of the model's rounds showed.
func (m *model) doubts() (list []Doubt) {
	doubt := func(kind string, n int, text string) {
		if n > 0 && (m.lack == nil || m.lack.Kind != kind) {
			list = append(list, Doubt{kind, n, text})
		}
	}
	count := func(trials []*study.Trial, is func(*study.Trial) bool) (n int, first *study.Trial) {
		for _, t := range trials {
			if is(t) {
				if n++; first == nil {
					first = t
				}
			}
		}
		return n, first
	}
	first := func(trials []*study.Trial, of func(*study.Trial) string) string {
		if len(trials) == 0 {
			return ""
		}
		return of(trials[0])
	}
	h := m.medianStarved()
	doubt(Starved, len(m.starved), fmt.Sprintf("%d of %d served", h.Answered, h.Total))
	doubt(NA, len(m.lacking), first(m.lacking, func(t *study.Trial) string { return t.NA }))
	doubt(Failed, len(m.failed), first(m.failed, func(t *study.Trial) string { return t.Failed }))
	doubt(Invalid, m.invalid, "")
	if s := m.silent(); s != nil && s.All {
		doubt(Deaf, s.InRounds, "")
	}
	n, _ := count(m.trials, func(t *study.Trial) bool { return t.Overloaded })
	doubt(Behind, n, "")
	n, _ = count(m.trials, func(t *study.Trial) bool { return t.Refused && t.Probe == nil && t.Crowds == nil })
	doubt(Refused, n, "")
	n, _ = count(m.trials, func(t *study.Trial) bool { return t.Judged == result.Suspect })
	doubt(Suspect, n, "")
	n, t := count(m.trials, func(t *study.Trial) bool { return t.Turns != nil && t.Turns.Trouble != "" })
	if t != nil {
		doubt(Suspect, n, t.Turns.Trouble)
	}
	return list
}

// silent says how many silent connections the model bears; nil if it was not probed.
func (m *model) silent() *Silent {
	var s Silent
	var bears []float64
	refused := 0
	for _, t := range m.trials {
		p := t.Probe
		if p == nil {
			continue
		}
		s.Limit = max(s.Limit, p.Limit)
		k := p.Silent
		if !p.Answered {
			k--
			s.InRounds++
			s.WaitNS = max(s.WaitNS, p.WaitNS)
			if t.Refused {
				refused++
			}
		}
		bears = append(bears, float64(max(k, 0)))
	}
	if len(bears) == 0 {
		return nil
	}
	s.Bears, s.All, s.Refused = int(median(bears)), !m.most(s.InRounds), 2*refused > s.InRounds
	return &s
}

// curve is the response time by percentile: medians over the rounds, up to the last percentile that most rounds have. It never falls, although
// the last percentiles may come from fewer and faster rounds.
func (m *model) curve() (points []Point) {
	highest := 0.0
	for i, share := range study.Grid {
		var at []float64
		for _, t := range m.trials {
			if i < len(t.Response) {
				at = append(at, t.Response[i])
			}
		}
		if len(at) == 0 || 2*len(at) <= len(m.trials) {
			break
		}
		highest = max(highest, median(at))
		points = append(points, Point{tidy(share), tidy(highest)})
	}
	return points
}
