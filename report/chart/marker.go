package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marker is a regular polygon or star around a point, filled or hollow.
type marker struct {
	sides  shape
	hollow bool
}

// shape is how many corners, where the first stands (in turns from the right), and how deep the corners between are drawn
// in (1 for a polygon).
type shape struct {
	corners int
	turn    float64
	inner   float64
}

var shapes = []shape{
	{24, 0, 1},      // circle
	{4, 0.125, 1},   // square
	{3, 0.25, 1},    // triangle
	{4, 0.25, 1},    // diamond
	{3, 0.75, 1},    // triangle, point down
	{5, 0.25, 0.42}, // star
	{4, 0.25, 0.3},  // plus
	{4, 0.125, 0.3}, // cross
}

// dots draws a glyph for each value, but one for all that fall on the same pixel: a run may have thousands of trials.
func dots(c *draw.Canvas, style draw.GlyphStyle, values []float64, at func(v float64) vg.Point) {
	drawn := map[[2]int]bool{}
	for _, v := range values {
		p := at(v)
		pixel := [2]int{int(p.X.Dots(dpi)), int(p.Y.Dots(dpi))}
		if !drawn[pixel] {
			drawn[pixel] = true
			c.DrawGlyphNoClip(style, p)
		}
	}
}

// DrawGlyph implements draw.GlyphDrawer.
func (m marker) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	radius := float64(sty.Radius)
	if m.sides.corners < 5 {
		radius *= 1.25 // so that few corners look as large as a circle
	}
	var outline vg.Path
	n := 2 * m.sides.corners
	for i := range n {
		r := radius
		if i%2 == 1 {
			if m.sides.inner == 1 {
				continue
			}
			r *= m.sides.inner
		}
		angle := 2 * math.Pi * (m.sides.turn + float64(i)/float64(n))
		p := vg.Point{X: at.X + vg.Length(r*math.Cos(angle)), Y: at.Y + vg.Length(r*math.Sin(angle))}
		if i == 0 {
			outline.Move(p)
		} else {
			outline.Line(p)
		}
	}
	outline.Close()
	if !m.hollow {
		c.Fill(outline)
		return
	}
	c.SetColor(paper)
	c.Fill(outline)
	c.SetLineStyle(draw.LineStyle{Color: sty.Color, Width: 1.2})
	c.Stroke(outline)
}
