package chart

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/units"
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
		dots(&c, single, l.trials, func(v float64) vg.Point { return vg.Point{X: x(l.x) + p.look.aside, Y: y(v)} })
		line = append(line, vg.Point{X: x(l.x) + p.look.aside, Y: y(l.median)})
	}
	c.StrokeLines(p.look.line(1.6), line)
	for i, l := range p.levels {
		c.DrawGlyphNoClip(p.look.glyph(4.2, l.hollow), line[i])
	}
}

func throughput(s *study.Study) (figure, bool) {
	groups := slices.DeleteFunc(slices.Clone(s.Find("hello", s.Home())), func(g *study.Group) bool { return g.Connections < 1 }) // which have no place on this axis
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
		caption:  "Every dot is a trial, medians are joined. Hollow: a connection was never answered in most rounds, so the rate is that of the few that were.",
		x:        "connections (each sends again when answered)",
		y:        "thousand requests per second",
		plot:     p,
	}

	null := path{look: look{color: color.RGBA{34, 34, 34, 255}, dashes: dashes[2], marker: marker{sides: shapes[7]}}}
	for _, g := range groups {
		if sum := g.Null.Summary(study.Rate); sum.N > 0 {
			null.levels = append(null.levels, level{float64(g.Connections), sum.Median, g.Null.Series(study.Rate).Values(), false})
			p.Y.Max = max(p.Y.Max, sum.High)
		}
	}
	if len(null.levels) > 0 {
		p.Add(zone(null.levels), null)
		f.legend = append(f.legend, lineEntry("null responder", null.look), entry{"client-limited", func(c *draw.Canvas) {
			c.FillPolygon(shade, []vg.Point{{X: c.Min.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Max.Y}, {X: c.Min.X, Y: c.Max.Y}})
		}})
		f.caption += " The null responder does the least that a server can: it answers whatever comes, unread. Shaded: from 85 % of its rate on it is the client that is measured. " +
			"What stands above its line is noise, since no server can do less" + beyond(groups) + "."
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

// beyond says how far the model that stands furthest above the null responder does.
func beyond(groups []*study.Group) string {
	most, said := 1.0, ""
	for _, g := range groups {
		for _, c := range g.Cells {
			if c.OfNull() > most {
				most = c.OfNull()
				said = fmt.Sprintf(": here up to %s of it (%s at %s)", units.Percent(most), name(c.Model), units.Plural(g.Connections, "connection"))
			}
		}
	}
	return said
}

var shade = color.Gray{238}

// zone is where a rate is the client's: it begins below the null responder's and has no upper end.
type zone []level

// Plot implements plot.Plotter.
func (z zone) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	edge := []vg.Point{{X: c.Min.X, Y: y(z[0].median * study.ClientLimited)}}
	for _, l := range z {
		edge = append(edge, vg.Point{X: x(l.x), Y: y(l.median * study.ClientLimited)})
	}
	edge = append(edge, vg.Point{X: c.Max.X, Y: edge[len(edge)-1].Y})
	c.FillPolygon(shade, append(edge, c.Max, vg.Point{X: c.Min.X, Y: c.Max.Y}))
}
