package draw

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/report/findings"
	"carousel/report/words"
)

// forest is models over the reference with their intervals, the best on top.
type forest []tree

type tree struct {
	name   string
	look   look
	ratio  findings.Ratio
	itself bool // the reference over its twin
}

// panel is the forest of a cell.
func panel(f *findings.Findings, c *findings.Cell, metric string) (all forest) {
	r := c.Ranking(metric)
	if r == nil {
		return nil
	}
	for _, p := range r.Places {
		if p.ToReference != nil && p.Model != f.Run.Reference {
			if over := p.ToReference.Over(p.Model); over.Low > 0 && !math.IsInf(over.High, 0) {
				all = append(all, tree{words.Name(p.Model), lookOf(p.Model), over, false})
			}
		}
	}
	for _, t := range c.Twin {
		if t.Metric == metric && t.Low > 0 {
			all = append(all, tree{words.TwinLabel(f.Run.Reference), lookOf(f.Run.Reference), t, true})
		}
	}
	slices.SortStableFunc(all, func(a, b tree) int {
		by := cmp.Compare(a.ratio.Ratio, b.ratio.Ratio)
		if !findings.Less(metric) {
			by = -by
		}
		return by
	})
	return all
}

// Plot implements plot.Plotter.
func (t forest) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	c.StrokeLine2(draw.LineStyle{Color: faint, Width: 1}, x(1), c.Min.Y, x(1), c.Max.Y)
	for i, one := range t {
		at := y(float64(len(t) - 1 - i))
		ink := color.Color(palette[one.look.color])
		if one.itself {
			ink = black
		}
		low, high := x(one.ratio.Low), x(one.ratio.High)
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.4}, low, at, high, at)
		for _, end := range []vg.Length{low, high} {
			c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.1}, end, at-2.5, end, at+2.5)
		}
		glyph := one.look.glyph(3.2, one.itself)
		c.DrawGlyphNoClip(glyph, vg.Point{X: x(one.ratio.Ratio), Y: at})
	}
}

// times is a logarithmic axis of ratios.
type times struct{ durations }

var readable = []float64{0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 20, 50}

func (times) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	wide := high/low > 12
	for _, v := range readable {
		label := words.Times(v)
		if wide && (v == 0.8 || v == 1.25 || v == 0.5 || v == 2) {
			label = ""
		}
		if v >= low && v <= high {
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

const (
	across = 4  // panels beside each other, at most
	each   = 13 // height of a model in a panel
)

// ratios draws every model over the reference: a row of panels for capacity, by level, and one for cost, by rate.
func ratios(f *findings.Findings) (figure, bool) {
	type group struct {
		metric string
		cells  []*findings.Cell
		trees  []forest
	}
	groups := []*group{{metric: findings.Capacity}, {metric: findings.Cost}}
	low, high, most := 0.8, 1.25, 0
	for i, scenario := range []string{"hello", "cost"} {
		g := groups[i]
		for _, c := range f.Find(scenario, f.Run.Home) {
			if t := panel(f, c, g.metric); len(t) > 0 && len(g.cells) < across {
				g.cells, g.trees = append(g.cells, c), append(g.trees, t)
				for _, one := range t {
					low, high = min(low, one.ratio.Low), max(high, one.ratio.High)
				}
				most = max(most, len(t))
			}
		}
	}
	groups = slices.DeleteFunc(groups, func(g *group) bool { return len(g.cells) == 0 })
	if most < 2 {
		return figure{}, false
	}
	low, high = low/1.1, high*1.1
	tall := vg.Length(each*most + 62)
	fig := figure{height: 112 + tall*vg.Length(len(groups))}
	fig.body = func(c draw.Canvas) {
		for row, g := range groups {
			for i, cell := range g.cells {
				wide := (c.Size().X + gap) / vg.Length(across)
				at := c
				at.Min.X = c.Min.X + wide*vg.Length(i)
				at.Max.X = at.Min.X + wide - gap
				at.Max.Y = c.Max.Y - tall*vg.Length(row)
				at.Min.Y = at.Max.Y - tall + 14
				head := style(10, black, true)
				at.Max.Y -= head.FontExtents().Ascent
				c.FillText(head, vg.Point{X: at.Min.X, Y: at.Max.Y}, words.Panel(cell))
				at.Max.Y -= 6
				side := style(8.5, faint, false)
				side.XAlign = text.XRight
				c.FillText(side, vg.Point{X: at.Max.X, Y: at.Min.Y + side.FontExtents().Descent}, words.Better(g.metric))
				at.Min.Y += side.FontExtents().Height + 2
				trees := g.trees[i]
				p := newPlot()
				p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 8.5, 8.5
				p.X.Scale, p.X.Tick.Marker = times{}, times{}
				p.X.Min, p.X.Max = low, high
				var names []plot.Tick
				for k, one := range trees {
					names = append(names, plot.Tick{Value: float64(len(trees) - 1 - k), Label: one.name})
				}
				p.Y.Tick.Marker = plot.ConstantTicks(names)
				p.Y.Tick.Length, p.Y.Padding = 0, 0
				p.Y.Min, p.Y.Max = -0.6, float64(len(trees))-0.4
				p.Add(trees)
				p.Draw(at)
			}
		}
	}
	return fig, true
}
