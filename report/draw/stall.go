package draw

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/result"
	"carousel/report/words"
)

// StallPicture is the name of the picture of a stall.
const StallPicture = "stall.png"

// Stall draws what load generators reported about a server that stood still, beside what really happened. It returns a PNG.
func Stall(s *result.Stall) ([]byte, error) {
	if s.Stop <= 0 || s.Window < s.Stop {
		return nil, fmt.Errorf("draw %s: the server stood still for %v of %v", StallPicture, s.Stop, s.Window)
	}
	p := newPlot()
	p.X.Scale, p.X.Tick.Marker = nines{}, nines{}
	p.Y.Scale, p.Y.Tick.Marker = durations{}, durations{}
	var l lines
	var truth band
	low, high, last := float64(s.Stop)/1000, float64(s.Stop), 0.99
	for _, r := range s.Reports {
		one := line{model: r.Client}
		for _, w := range r.Times {
			if w.Share >= slowest && w.Share < 1 && w.NS > 0 {
				one.points = append(one.points, point{x: w.Share, y: float64(w.NS)})
				low = min(low, float64(w.NS))
			}
		}
		if r.Requests > 1 && r.Max > 0 {
			share := 1 - 1/float64(min(r.Requests, 1e9))
			one.points = append(one.points, point{x: share, y: float64(r.Max), loose: true})
			last, high = max(last, share), max(high, float64(r.Max))
		}
		if len(one.points) > 0 {
			l.lines = append(l.lines, one)
		}
	}
	p.X.Min, p.X.Max = slowest, 1-(1-last)/1.3
	p.Y.Min, p.Y.Max = low/1.3, 1.5*high
	begins := 1 - (s.Stop.Seconds()-p.Y.Min/1e9)/s.Window.Seconds()
	for share := begins; share < p.X.Max; share = 1 - (1-share)/1.005 { // evenly along the axis
		truth = append(truth, point{x: share, y: float64(s.Truth(share))})
	}
	p.Add(truth, l)
	return figure{Picture: words.Stall(s), body: p.Draw, right: l.labelRoom()}.png()
}

// band shows what happened, as a line so wide and pale that the others stand out on it.
type band []point

// Plot implements plot.Plotter.
func (b band) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	var way []vg.Point
	for _, p := range b {
		way = append(way, vg.Point{X: x(p.x), Y: y(p.y)})
	}
	c.StrokeLines(draw.LineStyle{Color: hair, Width: 9}, way)
	for _, at := range way { // its label is half way up, where no other line is
		if at.Y >= c.Center().Y {
			c.FillText(style(labelSize, faint, true), vg.Point{X: at.X + 10, Y: at.Y}, "what happened")
			break
		}
	}
}
