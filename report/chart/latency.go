package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/study"
)

// shown are the percentiles at which each trial has its dot.
var shown = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}

// firstShown is where the percentiles begin, in study.Grid: the fastest fifth tells nothing about waiting.
const firstShown = 2

// curve is one model's latency by percentile: at each the median over the trials, and the trials at a few.
type curve struct {
	look   look
	median []float64 // by study.Grid; not-a-number where a trial does not support it
	trials [][]float64
}

// Plot implements plot.Plotter.
func (u curve) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	single := u.look.glyph(2.2, false)
	single.Color = pale(u.look.color)
	var line []vg.Point
	for i, v := range u.median {
		if !math.IsNaN(v) && study.Grid[i] >= plt.X.Min {
			line = append(line, vg.Point{X: x(study.Grid[i]), Y: y(v)})
		}
	}
	for _, q := range shown {
		i := gridIndex(q)
		dots(&c, single, u.trials[i], func(v float64) vg.Point { return vg.Point{X: x(study.Grid[i]) + u.look.aside, Y: y(v)} })
	}
	c.StrokeLines(u.look.line(1.6), line)
	for _, q := range shown {
		if v := u.median[gridIndex(q)]; !math.IsNaN(v) {
			c.DrawGlyph(u.look.glyph(4, false), vg.Point{X: x(q), Y: y(v)})
		}
	}
}

// gridIndex is the place of q in study.Grid, or of the next percentile below it.
func gridIndex(q float64) int {
	at := 0
	for i, g := range study.Grid {
		if g <= q+1e-9 {
			at = i
		}
	}
	return at
}

func closedLatency(s *study.Study) (figure, bool) {
	g := s.Main()
	if g == nil {
		return figure{}, false
	}
	f, ok := latency(s, g)
	f.title = fmt.Sprintf("Latency by percentile, closed loop, %d connections", g.Connections)
	f.subtitle = where(s, g.Placement, "GET /")
	f.caption = "A closed loop hides waiting: a connection sends again only when it was answered, so a server that stalls is asked less just then. " +
		"Compare the paced picture. Every dot is a trial, lines join the medians, and end where fewer than 10 requests lie beyond." + without(g.Cells)
	return f, ok
}

func pacedLatency(s *study.Study) (figure, bool) {
	groups := s.Find("paced", "")
	if len(groups) == 0 {
		return figure{}, false
	}
	g := groups[0]
	f, ok := latency(s, g)
	f.title = "Latency by percentile, paced at " + units.Rate(g.RateRPS) + " requests per second"
	f.subtitle = where(s, g.Placement, fmt.Sprintf("%d connections", g.Connections), "GET /")
	f.caption = "Requests are due by a schedule, and each is timed from when it was due, not from when it was sent: waiting before sending counts. " +
		"Every dot is a trial, lines join the medians, and end where fewer than 10 requests lie beyond." + without(g.Cells)
	return f, ok
}

func latency(s *study.Study, g *study.Group) (figure, bool) {
	p := newPlot()
	p.X.Scale, p.X.Tick.Marker = nines{}, nines{}
	p.Y.Scale, p.Y.Tick.Marker = durations{}, durations{}
	f := figure{plot: p, x: "percentile of requests", y: "response time (due to answered)"}

	look := looks(s)
	low, high, last := math.Inf(1), 0.0, 0.0
	for _, model := range s.Models() {
		cell := g.Cell(model)
		if cell == nil {
			continue
		}
		if cell.Starved() {
			continue
		}
		drawn := curve{look: look[model], median: make([]float64, len(study.Grid)), trials: make([][]float64, len(study.Grid))}
		any, legible := false, 0 // trials whose latency can be shown at all
		for _, t := range cell.Trials {
			if len(t.Response) > 0 {
				legible++
			}
		}
		for i, q := range study.Grid {
			for _, t := range cell.Trials {
				if i < len(t.Response) && t.Response[i] > 0 {
					drawn.trials[i] = append(drawn.trials[i], t.Response[i])
				}
			}
			drawn.median[i] = math.NaN()
			if n := len(drawn.trials[i]); n > 0 && n == legible && 2*legible > len(cell.Trials) {
				drawn.median[i] = stats.Median(drawn.trials[i])
				any = true
				if i >= firstShown {
					last, low, high = max(last, q), min(low, drawn.median[i]), max(high, drawn.median[i])
				}
			}
		}
		for _, q := range shown {
			for _, v := range drawn.trials[gridIndex(q)] {
				last, low, high = max(last, q), min(low, v), max(high, v)
			}
		}
		if any {
			p.Add(drawn)
			f.legend = append(f.legend, lineEntry(model, drawn.look))
		}
	}
	if len(f.legend) == 0 {
		return figure{}, false
	}
	p.X.Min, p.X.Max = study.Grid[firstShown], 1-(1-last)/1.15
	p.Y.Min, p.Y.Max = low/1.15, high*1.15
	if p.Y.Max/p.Y.Min < 4 { // a narrow range would have no room for ticks
		p.Y.Min, p.Y.Max = p.Y.Min/2, p.Y.Max*2
	}
	return f, true
}
