package chart

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/report/study"
)

// path is one model's medians over the levels, with its trials.
type path struct {
	look   look
	levels []level
}

type level struct {
	x, median float64
	trials    []float64
	hollow    bool
}

// Plot implements plot.Plotter.
func (p path) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	single := p.look.glyph(2.2, false)
	single.Color = pale(p.look.color)
	var line []vg.Point
	for _, l := range p.levels {
		for _, v := range l.trials {
			c.DrawGlyphNoClip(single, vg.Point{X: x(l.x) + p.look.aside, Y: y(v)})
		}
		line = append(line, vg.Point{X: x(l.x) + p.look.aside, Y: y(l.median)})
	}
	c.StrokeLines(p.look.line(1.6), line)
	for i, l := range p.levels {
		c.DrawGlyphNoClip(p.look.glyph(4.2, l.hollow), line[i])
	}
}

func throughput(s *study.Study) (figure, bool) {
	groups := s.Find("hello", s.Home())
	if len(groups) == 0 {
		return figure{}, false
	}
	p := newPlot()
	p.X.Scale, p.X.Min, p.X.Max = log2{}, 1, 1
	p.Y.Min, p.Y.Max = 0, 1

	var marks levels
	for _, g := range groups {
		marks = append(marks, float64(g.Connections))
	}
	p.X.Tick.Marker = marks
	p.Y.Tick.Marker = amounts{1000}
	p.X.Min, p.X.Max = marks[0]/1.2, marks[len(marks)-1]*1.2

	f := figure{
		title:    "Throughput against connections",
		subtitle: where(s, s.Home(), "closed loop", "GET /"),
		caption: "Every dot is a trial, medians are joined. Hollow: a connection was never answered, so the rate is that of the few that were. " +
			"Between the two grey lines (85 % and 100 % of what the client reaches against a server that does nothing) it is the client that is measured; above them the two were disturbed unequally, which is noise.",
		x:    "connections (each sends again when answered)",
		y:    "thousand requests per second",
		plot: p,
	}

	var ceiling []level
	for _, g := range groups {
		if g.Ceiling == nil {
			continue
		}
		if sum := g.Ceiling.Summary(study.Rate); sum.N > 0 {
			ceiling = append(ceiling, level{x: float64(g.Connections), median: sum.Median})
			p.Y.Max = max(p.Y.Max, sum.High)
		}
	}
	if len(ceiling) > 0 {
		p.Add(band(ceiling))
		f.legend = append(f.legend, entry{"client's ceiling", func(c *draw.Canvas) {
			box := vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: c.Center().Y - 5}, Max: vg.Point{X: c.Max.X, Y: c.Center().Y + 5}}
			c.FillPolygon(hair, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
			c.StrokeLine2(ceilingLine, box.Min.X, box.Max.Y, box.Max.X, box.Max.Y)
		}})
	}

	style := looks(s)
	starved, any := false, false
	for _, model := range s.Models() {
		drawn := path{look: style[model]}
		for _, g := range groups {
			cell := g.Cell(model)
			if cell == nil {
				continue
			}
			sum := cell.Summary(study.Rate)
			if sum.N == 0 {
				continue
			}
			hollow := cell.Starved()
			starved = starved || hollow
			drawn.levels = append(drawn.levels, level{float64(g.Connections), sum.Median, cell.Series(study.Rate).Values(), hollow})
			p.Y.Max = max(p.Y.Max, sum.High)
		}
		if len(drawn.levels) > 0 {
			p.Add(drawn)
			f.legend = append(f.legend, lineEntry(model, drawn.look))
			any = true
		}
	}
	if starved {
		plain := look{color: palette[6], marker: marker{sides: shapes[0]}}
		f.legend = append(f.legend, entry{"starved", func(c *draw.Canvas) { c.DrawGlyphNoClip(plain.glyph(4, true), c.Center()) }})
	}
	p.Y.Max *= 1.04
	return f, any
}

var ceilingLine = draw.LineStyle{Color: palette[6], Width: 1.2}

// band is the client's ceiling and the zone below it where a rate is the client's.
type band []level

// Plot implements plot.Plotter.
func (b band) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	var top, bottom []vg.Point
	for _, l := range b {
		top = append(top, vg.Point{X: x(l.x), Y: y(l.median)})
		bottom = append(bottom, vg.Point{X: x(l.x), Y: y(l.median * study.ClientLimited)})
	}
	zone := slices.Clone(top)
	for _, p := range slices.Backward(bottom) {
		zone = append(zone, p)
	}
	c.FillPolygon(hair, zone)
	c.StrokeLines(ceilingLine, top)
	edge := ceilingLine
	edge.Width = 0.6
	c.StrokeLines(edge, bottom)
}
