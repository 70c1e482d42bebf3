package chart

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// fill is how a bar is painted; dark and pale read apart without colour as well.
type fill struct {
	color  color.RGBA
	hollow bool
}

var (
	dark  = fill{color: color.RGBA{0, 90, 150, 255}}
	light = fill{color: color.RGBA{240, 180, 90, 255}}
	mid   = fill{color: color.RGBA{60, 150, 120, 255}}
)

func (f fill) draw(c *draw.Canvas, r vg.Rectangle) {
	outline := []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min}
	if !f.hollow {
		c.FillPolygon(f.color, outline)
	}
	c.StrokeLines(draw.LineStyle{Color: f.color, Width: 1.1}, outline)
}

// bar is a horizontal bar from zero: parts one after another, a dot for every trial, a label behind.
type bar struct {
	parts  []float64
	fills  []fill
	trials []float64
	label  string
}

// row is one model's bars, one under another.
type row struct {
	name string
	bars []bar
}

// rows is a bar chart, first row on top. Marks are vertical lines with a name.
type rows struct {
	rows  []row
	marks []mark
}

type mark struct {
	at   float64
	name string
}

// Plot implements plot.Plotter. Labels come last, on paper of their own, so that no mark crosses them.
func (b rows) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	for _, m := range b.marks {
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1, Dashes: dashes[1]}, x(m.at), c.Min.Y, x(m.at), c.Max.Y)
	}
	for i, r := range b.rows {
		slot := 0.8 / float64(len(r.bars))
		for j, bar := range r.bars {
			top := float64(len(b.rows)-1-i) + 0.4 - float64(j)*slot
			bottom := top - slot*0.88
			middle := (y(top) + y(bottom)) / 2
			end := 0.0
			for k, part := range bar.parts {
				bar.fills[k].draw(&c, vg.Rectangle{Min: vg.Point{X: x(end), Y: y(bottom)}, Max: vg.Point{X: x(end + part), Y: y(top)}})
				end += part
			}
			dots(&c, trialDot, bar.trials, func(v float64) vg.Point { return vg.Point{X: x(v), Y: middle} })
			for _, v := range bar.trials {
				end = max(end, v)
			}
			put(c, vg.Point{X: x(end) + 7, Y: middle}, bar.label, style(9.5, ink, false))
		}
	}
	for _, m := range b.marks {
		name := style(9.5, faint, false)
		name.XAlign = text.XCenter
		put(c, vg.Point{X: x(m.at), Y: c.Max.Y - 8}, m.name, name)
	}
}

// put writes s beside a point, half above and half below it.
func put(c draw.Canvas, at vg.Point, s string, with text.Style) {
	if s == "" {
		return
	}
	at.Y -= with.FontExtents().Ascent/2 - 1
	box := with.Rectangle(s).Add(at)
	box.Min.X, box.Min.Y, box.Max.X = box.Min.X-2, box.Min.Y-1, box.Max.X+2
	c.FillPolygon(paper, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
	c.FillText(with, at, s)
}

// span is how wide the data of a bar chart is, at least: what legend and names leave of the width.
const span = 480

// barFigure is a figure of rows, as high as it needs to be and with room for the labels behind the bars.
func barFigure(b rows) figure {
	p := newPlot()
	p.X.Min, p.X.Max = 0, 0
	count := 0
	var labels []plot.Tick
	for i, r := range b.rows {
		labels = append(labels, plot.Tick{Value: float64(len(b.rows) - 1 - i), Label: name(r.name)})
		for _, bar := range r.bars {
			count++
			sum := 0.0
			for _, part := range bar.parts {
				sum += part
			}
			for _, v := range bar.trials {
				sum = max(sum, v)
			}
			label := style(9.5, ink, false).Width(bar.label) + 12
			p.X.Max = max(p.X.Max, sum*1.04, sum*span/float64(max(span-label, span/4)))
		}
	}
	p.Y.Min, p.Y.Max = -0.5, float64(len(b.rows))-0.5
	for _, m := range b.marks {
		p.X.Max = max(p.X.Max, 1.04*m.at)
		p.Y.Max = float64(len(b.rows)) - 0.1 // room for its name above the first row
	}
	if p.X.Max == 0 {
		p.X.Max = 1
	}
	p.X.Tick.Marker = amounts{}
	p.X.Padding = 0
	p.Y.Tick.Marker = plot.ConstantTicks(labels)
	p.Y.Tick.Length = 0
	p.Y.Padding = 0
	p.Add(b)
	return figure{plot: p, height: vg.Length(150 + 12*len(b.rows) + 14*count)}
}
