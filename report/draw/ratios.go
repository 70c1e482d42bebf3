package draw

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/units"
	"carousel/report/findings"
	"carousel/report/words"
)

// forest is a forest plot: the models' ratios to the reference with intervals, the best on top.
type forest []tree

type tree struct {
	name  string
	look  look
	ratio findings.Ratio
	twin  bool // the second measurement of the reference
}

// panel is the forest of a cell.
func panel(f *findings.Findings, c *findings.Cell, metric string) (all forest) {
	for _, r := range c.ToReference(f.Run.Reference, metric) {
		if r.Of == r.To {
			all = append(all, tree{words.TwinLabel(r.Of), lookOf(r.Of), r, true})
		} else {
			all = append(all, tree{words.Name(r.Of), lookOf(r.Of), r, false})
		}
	}
	return all
}

// Plot implements plot.Plotter. A ratio beyond the axis becomes an arrow with its number.
func (t forest) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	c.StrokeLine2(draw.LineStyle{Color: faint, Width: 1}, x(1), c.Min.Y, x(1), c.Max.Y)
	for i, one := range t {
		at := y(float64(len(t) - 1 - i))
		ink := color.Color(palette[one.look.color])
		if one.twin {
			ink = black
		}
		small := style(8.5, faint, false)
		small.YAlign = text.YCenter
		switch {
		case one.ratio.Ratio < plt.X.Min*beyond:
			arrow(c, ink, vg.Point{X: c.Min.X + 2, Y: at}, 6)
			c.FillText(small, vg.Point{X: c.Min.X + 12, Y: at}, units.Ratio(one.ratio.Ratio))
			continue
		case one.ratio.Ratio > plt.X.Max/beyond:
			arrow(c, ink, vg.Point{X: c.Max.X - 2, Y: at}, -6)
			small.XAlign = text.XRight
			c.FillText(small, vg.Point{X: c.Max.X - 12, Y: at}, units.Ratio(one.ratio.Ratio))
			continue
		}
		low, high := x(one.ratio.Low), x(one.ratio.High)
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.3}, max(low, c.Min.X), at, min(high, c.Max.X), at)
		for _, end := range []vg.Length{low, high} {
			if c.ContainsX(end) {
				c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.1}, end, at-3, end, at+3)
			}
		}
		if low < c.Min.X { // it continues beyond the axis
			arrow(c, ink, vg.Point{X: c.Min.X, Y: at}, 4)
		}
		if high > c.Max.X {
			arrow(c, ink, vg.Point{X: c.Max.X, Y: at}, -4)
		}
		c.DrawGlyphNoClip(one.look.glyph(2.1, one.twin), vg.Point{X: x(one.ratio.Ratio), Y: at})
	}
}

// arrow draws a triangle with its tip at tip and its base from away to the right, or to the left if from is negative.
func arrow(c draw.Canvas, ink color.Color, tip vg.Point, from vg.Length) {
	c.FillPolygon(ink, []vg.Point{tip, {X: tip.X + from, Y: tip.Y + 3.5}, {X: tip.X + from, Y: tip.Y - 3.5}})
}

// times is a logarithmic axis of ratios.
type times struct{ durations }

func (times) Ticks(low, high float64) []plot.Tick {
	marks := []float64{0.8, 0.9, 1, 1.1, 1.25}
	switch { // as many labels as a panel has room for
	case high/low > 3:
		marks = []float64{0.5, 0.7, 1, 1.4, 2}
	case high/low > 1.6:
		marks = []float64{0.5, 0.65, 0.8, 1, 1.25, 1.5, 2}
	}
	var ticks []plot.Tick
	for _, v := range marks {
		if v >= low && v <= high {
			ticks = append(ticks, plot.Tick{Value: v, Label: units.Count(v)})
		}
	}
	return ticks
}

const (
	fewest   = 3    // the least number of panels for which a row has room, so that a single one is not wider
	widest   = 4    // and the most
	each     = 13   // height of a model in a panel
	beyond   = 1.04 // margin of the axis, as a factor
	furthest = 2    // the largest ratio on the axis
)

// plots is a panel: the models of a cell by a metric.
type plots struct {
	cell   *findings.Cell
	metric string
	forest forest

	row, column int
}

// ratios draws every model's ratio to the reference: a panel of capacity for each level, and a panel of cost for each fixed rate.
func ratios(f *findings.Findings) (figure, bool) {
	var all []plots
	most, row := 0, 0
	reach := map[string][2]float64{}
	kinds := [][2]string{{"hello", findings.Capacity}, {"cost", findings.Cost}}
	across := fewest
	for _, kind := range kinds {
		across = min(max(across, len(f.Find(kind[0], f.Run.Placement))), widest)
	}
	for _, kind := range kinds {
		low, high, column := 0.8, 1.25, 0
		for _, c := range f.Find(kind[0], f.Run.Placement) {
			if t := panel(f, c, kind[1]); len(t) > 0 {
				if column == across {
					row, column = row+1, 0
				}
				all = append(all, plots{c, kind[1], t, row, column})
				column++
				most = max(most, len(t))
				for _, one := range t {
					low, high = min(low, one.ratio.Low), max(high, one.ratio.High)
				}
			}
		}
		if column > 0 {
			row++
		}
		reach[kind[1]] = [2]float64{max(low, 1.0/furthest) / beyond, min(high, furthest) * beyond}
	}
	if most < 2 {
		return figure{}, false
	}
	tall := vg.Length(each*most + 58)
	fig := figure{height: 100 + tall*vg.Length(row)}
	fig.body = func(c draw.Canvas) {
		wide := (c.Size().X + 2*gap) / vg.Length(across)
		for _, one := range all {
			at := c
			at.Min.X = c.Min.X + wide*vg.Length(one.column)
			at.Max.X = at.Min.X + wide - 2*gap
			at.Max.Y = c.Max.Y - tall*vg.Length(one.row)
			at.Min.Y = at.Max.Y - tall + 14
			head := style(10, black, true)
			at.Max.Y -= head.FontExtents().Ascent
			c.FillText(head, vg.Point{X: at.Min.X, Y: at.Max.Y}, words.Panel(one.cell))
			side := style(8.5, faint, false)
			side.XAlign = text.XRight
			c.FillText(side, vg.Point{X: at.Max.X, Y: at.Max.Y}, words.Better(one.metric))
			at.Max.Y -= 6
			p := newPlot()
			p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 8.5, 8.5
			p.X.Scale, p.X.Tick.Marker = times{}, times{}
			p.X.Min, p.X.Max = reach[one.metric][0], reach[one.metric][1]
			var names []plot.Tick
			for k, tree := range one.forest {
				names = append(names, plot.Tick{Value: float64(len(one.forest) - 1 - k), Label: tree.name})
			}
			p.Y.Tick.Marker = plot.ConstantTicks(names)
			p.Y.Tick.Length, p.Y.Padding = 0, 0
			p.Y.Min, p.Y.Max = -0.6, float64(len(one.forest))-0.4
			p.Add(one.forest)
			at.Min.Y = max(at.Min.Y, at.Max.Y-vg.Length(each*len(one.forest)+34))
			p.Draw(at)
		}
	}
	return fig, true
}
