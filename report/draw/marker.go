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

// shape is a number of corners, the direction of the first (in turns from the right), and the radius of the corners between them (1 for a
// polygon).
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

// corners returns the outline around (0, 0), of radius 1. Outlines with few corners get a larger radius, so that they look as large as a circle.
func (m marker) corners() (all [][2]float64) {
	n := 2 * m.shape.corners
	for i := range n {
		r := 1.0
		if m.shape.corners < 5 {
			r = 1.25
		}
		if i%2 == 1 {
			if m.shape.inner == 1 {
				continue
			}
			r *= m.shape.inner
		}
		angle := 2 * math.Pi * (m.shape.turn + float64(i)/float64(n))
		all = append(all, [2]float64{r * math.Cos(angle), r * math.Sin(angle)})
	}
	return all
}

// DrawGlyph implements draw.GlyphDrawer.
func (m marker) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	var outline vg.Path
	for i, corner := range m.corners() {
		p := vg.Point{X: at.X + sty.Radius*vg.Length(corner[0]), Y: at.Y + sty.Radius*vg.Length(corner[1])}
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
