package draw

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/report/findings"
	"carousel/report/words"
)

// line is the curve of a model.
type line struct {
	model  string
	ties   bool
	points []point
}

// point is a figure with its interval; low and high are 0 if no interval is drawn.
type point struct {
	x, y, low, high float64
	bare            bool // without a marker
	loose           bool // the values between it and the point before are not known: joined by a dotted line
}

// lines is a chart of curves, each labelled at its right end.
type lines struct {
	lines []line
	ends  []vg.Length // sideways shift of each line, so that markers do not cover each other
}

// labelRoom is how much room the labels take at the right.
func (l lines) labelRoom() vg.Length {
	widest := vg.Length(0)
	for _, one := range l.lines {
		widest = max(widest, style(labelSize, black, false).Width(words.Name(one.model)))
	}
	return widest + lead + 16
}

const (
	labelSize = 10
	lead      = 22 // how long the thin line from a line's end to its label is
)

// Plot implements plot.Plotter.
func (l lines) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	at := func(i int, p point) vg.Point { return vg.Point{X: x(p.x) + l.aside(i), Y: y(p.y)} }
	for i, one := range l.lines {
		with := lookOf(one.model)
		var way []vg.Point
		for _, p := range one.points {
			if n := len(way); p.loose && n > 0 {
				c.StrokeLine2(draw.LineStyle{Color: pale(with.ink(one.ties)), Width: 0.9, Dashes: []vg.Length{1, 3}}, way[n-1].X, way[n-1].Y, at(i, p).X, at(i, p).Y)
				continue
			}
			way = append(way, at(i, p))
			if p.high > p.low {
				thin := draw.LineStyle{Color: with.ink(one.ties), Width: 0.9}
				a, low, high := way[len(way)-1].X, y(p.low), y(p.high)
				c.StrokeLine2(thin, a, low, a, high)
				c.StrokeLine2(thin, a-2.5, low, a+2.5, low)
				c.StrokeLine2(thin, a-2.5, high, a+2.5, high)
			}
		}
		c.StrokeLines(with.line(1.5, one.ties), way)
	}
	for i, one := range l.lines {
		for _, p := range one.points {
			if !p.bare {
				c.DrawGlyphNoClip(lookOf(one.model).glyph(3.8, one.ties), at(i, p))
			}
		}
	}
	l.label(c, at, y)
}

// aside is the sideways shift of a line.
func (l lines) aside(i int) vg.Length {
	if i < len(l.ends) {
		return l.ends[i]
	}
	return 0
}

// label names the lines in a column at the right, each as near to the line's end as the others allow. A line that has only a point at the left end
// is named above or below that point: a leader from there would cross all other lines.
func (l lines) label(c draw.Canvas, at func(int, point) vg.Point, y func(float64) vg.Length) {
	with := style(labelSize, black, false)
	var order, early []int
	ends := make([]vg.Point, len(l.lines))
	lowest, highest, last := c.Max.Y, c.Min.Y, 0.0
	for i, one := range l.lines {
		first, end := one.points[0], one.points[len(one.points)-1]
		ends[i], last = at(i, end), max(last, end.x)
		lowest, highest = min(lowest, y(first.y)), max(highest, y(first.y))
		if first.high > first.low {
			lowest, highest = min(lowest, y(first.low)), max(highest, y(first.high))
		}
	}
	for i, one := range l.lines {
		if len(one.points) == 1 && one.points[0].x < last {
			early = append(early, i)
		} else {
			order = append(order, i)
		}
	}
	const apart = vg.Length(12.5)
	aside, step := vg.Point{X: c.Min.X + 8, Y: highest + 10}, apart
	if aside.Y+apart*vg.Length(len(early)) > c.Max.Y {
		aside.Y, step = lowest-12, -apart
	}
	for _, i := range early {
		c.DrawGlyphNoClip(lookOf(l.lines[i].model).glyph(3.4, l.lines[i].ties), aside)
		onPaper(c, with, vg.Point{X: aside.X + 8, Y: aside.Y - with.FontExtents().Ascent/2 + 1.5}, words.Name(l.lines[i].model))
		aside.Y += step
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ends[b].Y, ends[a].Y) })
	var wanted []vg.Length
	for _, i := range order {
		wanted = append(wanted, ends[i].Y)
	}
	for k, height := range spread(wanted, apart, c.Min.Y+4, c.Max.Y) {
		i := order[k]
		ink := lookOf(l.lines[i].model).ink(l.lines[i].ties)
		to := vg.Point{X: c.Max.X + lead, Y: height}
		thin := draw.LineStyle{Color: pale(ink), Width: 0.6}
		c.StrokeLines(thin, []vg.Point{{X: ends[i].X + 5, Y: ends[i].Y}, {X: max(ends[i].X+5, c.Max.X+2), Y: ends[i].Y}, {X: to.X - 3, Y: to.Y}})
		c.DrawGlyphNoClip(lookOf(l.lines[i].model).glyph(3.4, l.lines[i].ties), vg.Point{X: to.X + 3, Y: to.Y})
		to.X += 11
		to.Y -= with.FontExtents().Ascent/2 - 1.5
		c.FillText(with, to, words.Name(l.lines[i].model))
	}
}

// spread moves heights, the highest first, until they are at least apart from each other and between low and high, each as near to its wanted
// height as that allows.
func spread(wanted []vg.Length, apart, low, high vg.Length) []vg.Length {
	if n := vg.Length(len(wanted) - 1); n > 0 {
		apart = min(apart, (high-low)/n)
	}
	type block struct { // labels that touch, around the mean of their wanted heights
		sum  vg.Length
		n    int
		from vg.Length // height of the first
	}
	place := func(b block) block {
		tall := apart * vg.Length(b.n-1)
		b.from = min(high, max(b.sum/vg.Length(b.n)+tall/2, low+tall))
		return b
	}
	var blocks []block
	for _, w := range wanted {
		b := place(block{sum: w, n: 1})
		for len(blocks) > 0 {
			before := blocks[len(blocks)-1]
			if before.from-apart*vg.Length(before.n) >= b.from-1e-9 {
				break
			}
			b = place(block{sum: before.sum + b.sum, n: before.n + b.n})
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	var out []vg.Length
	for _, b := range blocks {
		for i := range b.n {
			out = append(out, b.from-apart*vg.Length(i))
		}
	}
	return out
}

// capacity draws the capacity of one server processor against connections.
func capacity(f *findings.Findings) (figure, bool) {
	main := f.Main()
	if main == nil {
		return figure{}, false
	}
	metric := words.HeroMetric(f)
	p := newPlot()
	p.X.Scale, p.Y.Tick.Marker = log2{}, amounts{1000}
	p.Y.Min, p.Y.Max = 0, 1
	var marks levels
	cells := f.ClosedLoop()
	if len(cells) == 0 {
		return figure{}, false
	}
	for _, c := range cells {
		marks = append(marks, float64(c.Connections))
	}
	p.X.Tick.Marker = marks
	p.X.Min, p.X.Max = marks[0]/1.45, marks[len(marks)-1]*1.45

	tied := main.Ranking(metric).Leaders()
	var l lines
	for _, model := range f.Run.Models {
		one := line{model: model, ties: len(tied) > 1 && slices.Contains(tied, model)}
		for _, c := range cells {
			m := c.Model(model)
			if m == nil || m.Lacks != nil {
				continue
			}
			if v, ok := m.Figures[metric]; ok && v.Value > 0 {
				one.points = append(one.points, point{x: float64(c.Connections), y: v.Value, low: v.Low, high: v.High})
				p.Y.Max = max(p.Y.Max, v.High, v.Value)
			}
		}
		if len(one.points) > 0 {
			l.lines = append(l.lines, one)
		}
	}
	for i := range l.lines {
		l.ends = append(l.ends, min(5, 46/vg.Length(len(l.lines)))*(vg.Length(i)-vg.Length(len(l.lines)-1)/2))
	}
	p.Y.Max *= 1.04
	p.Add(l)
	return figure{body: p.Draw, right: l.labelRoom()}, len(l.lines) > 1
}

// silent draws the cost of a request against the number of silent connections.
func silent(f *findings.Findings) (figure, bool) {
	p := newPlot()
	p.Y.Scale, p.Y.Tick.Marker = durations{}, durations{}
	var marks levels
	cells := slices.DeleteFunc(f.Find("idle", f.Run.Placement), func(c *findings.Cell) bool { return c.Idle < 0 }) // foreign records: not on this axis
	for _, c := range cells {
		marks = append(marks, float64(c.Idle))
	}
	if len(cells) < 2 || slices.Max(marks) == 0 {
		return figure{}, false
	}
	most := slices.Max(marks)
	low, high := math.Inf(1), 0.0
	var l lines
	for _, model := range f.Run.Models {
		one := line{model: model}
		for _, c := range cells {
			m := c.Model(model)
			if m == nil || m.Lacks != nil {
				continue
			}
			if v, ok := m.Figures[findings.Cost]; ok && v.Low > 0 {
				one.points = append(one.points, point{x: float64(c.Idle), y: v.Value, low: v.Low, high: v.High})
				low, high = min(low, v.Low), max(high, v.High)
			}
		}
		if len(one.points) > 1 {
			l.lines = append(l.lines, one)
		}
	}
	if len(l.lines) < 2 {
		return figure{}, false
	}
	p.X.Tick.Marker, p.X.Min, p.X.Max = marks, -most/30, most*31/30
	p.Y.Min, p.Y.Max = low/1.15, high*1.15
	if p.Y.Max/p.Y.Min < 4 { // a narrow range would have no room for ticks
		p.Y.Min, p.Y.Max = p.Y.Min/2, p.Y.Max*2
	}
	p.Add(l)
	return figure{body: p.Draw, right: l.labelRoom()}, true
}

func latency(f *findings.Findings) (figure, bool) { return percentiles(f, f.Main()) }

func paced(f *findings.Findings) (figure, bool) {
	cells := f.Find("paced", "")
	if len(cells) == 0 {
		return figure{}, false
	}
	return percentiles(f, cells[0])
}

// slowest is the share at which curves of response times begin: the faster half says nothing about waiting.
const slowest = 0.5

// marked lists the percentiles at which a line has markers. Its ends have some too.
var marked = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}

// Percentile is a point of a model's curve of response times.
type Percentile struct {
	findings.Point
	Marked bool // it has a marker
}

// Percentiles returns the points of a model's curve of response times that are drawn; nil if they make no line.
func Percentiles(m *findings.Model) (line []Percentile) {
	if m == nil || m.Lacks != nil {
		return nil
	}
	for _, q := range m.Curve {
		if q.Share >= slowest && q.Share < 1 && q.NS > 0 && !math.IsInf(q.NS, 0) {
			line = append(line, Percentile{q, slices.ContainsFunc(marked, func(s float64) bool { return math.Abs(s-q.Share) < 1e-9 })})
		}
	}
	if len(line) < 2 {
		return nil
	}
	line[0].Marked, line[len(line)-1].Marked = true, true
	return line
}

// percentiles draws the response times of a cell by percentile.
func percentiles(f *findings.Findings, c *findings.Cell) (figure, bool) {
	if c == nil {
		return figure{}, false
	}
	p := newPlot()
	p.X.Scale, p.X.Tick.Marker = nines{}, nines{}
	p.Y.Scale, p.Y.Tick.Marker = durations{}, durations{}
	low, high, last := math.Inf(1), 0.0, 0.0
	var l lines
	for _, model := range f.Run.Models {
		one := line{model: model}
		for _, q := range Percentiles(c.Model(model)) {
			one.points = append(one.points, point{x: q.Share, y: q.NS, bare: !q.Marked})
			last, low, high = max(last, q.Share), min(low, q.NS), max(high, q.NS)
		}
		if len(one.points) > 0 {
			l.lines = append(l.lines, one)
		}
	}
	if len(l.lines) < 2 {
		return figure{}, false
	}
	p.X.Min, p.X.Max = slowest, 1-(1-last)/1.15
	p.Y.Min, p.Y.Max = low/1.15, high*1.15
	if p.Y.Max/p.Y.Min < 4 { // a narrow range would have no room for ticks
		p.Y.Min, p.Y.Max = p.Y.Min/2, p.Y.Max*2
	}
	p.Add(l)
	return figure{body: p.Draw, right: l.labelRoom()}, true
}
