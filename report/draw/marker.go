package draw

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marker is a regular polygon or star around a point, filled or hollow.
type marker struct {
	shape  shape
	hollow bool
}

// shape is how many corners, where the first stands (in turns from the right), and how deep the corners between are drawn
// in (1 for a polygon).
type shape struct {
	corners int
	turn    float64
	inner   float64
}

var (
	circle   = shape{24, 0, 1}
	square   = shape{4, 0.125, 1}
	triangle = shape{3, 0.25, 1}
	diamond  = shape{4, 0.25, 1}
	down     = shape{3, 0.75, 1}
	star     = shape{5, 0.25, 0.42}
	plus     = shape{4, 0.25, 0.3}
	cross    = shape{4, 0.125, 0.3}
	hexagon  = shape{6, 0, 1}
	spark    = shape{8, 0, 0.4}
)

// DrawGlyph implements draw.GlyphDrawer.
func (m marker) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	radius := float64(sty.Radius)
	if m.shape.corners < 5 {
		radius *= 1.25 // so that few corners look as large as a circle
	}
	var outline vg.Path
	n := 2 * m.shape.corners
	for i := range n {
		r := radius
		if i%2 == 1 {
			if m.shape.inner == 1 {
				continue
			}
			r *= m.shape.inner
		}
		angle := 2 * math.Pi * (m.shape.turn + float64(i)/float64(n))
		p := vg.Point{X: at.X + vg.Length(r*math.Cos(angle)), Y: at.Y + vg.Length(r*math.Sin(angle))}
		if i == 0 {
			outline.Move(p)
		} else {
			outline.Line(p)
		}
	}
	outline.Close()
	if !m.hollow {
		c.SetColor(sty.Color)
		c.Fill(outline)
		return
	}
	c.SetColor(paper)
	c.Fill(outline)
	c.SetLineStyle(draw.LineStyle{Color: sty.Color, Width: 1.2})
	c.Stroke(outline)
}
