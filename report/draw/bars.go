package draw

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
	"carousel/report/words"
)

// The fills differ in brightness, too.
var (
	dark  = color.RGBA{0, 90, 150, 255}
	mid   = color.RGBA{60, 150, 120, 255}
	light = color.RGBA{240, 190, 110, 255}
)

// bar is a horizontal bar from zero: its parts, the interval of their sum, and a label at its end.
type bar struct {
	parts     []float64
	fills     []color.RGBA
	low, high float64
	label     string
}

// end is how far a bar or its interval reaches.
func (b bar) end() float64 {
	sum := 0.0
	for _, part := range b.parts {
		sum += part
	}
	return max(sum, b.high)
}

// row is one model's bars, one under another.
type row struct {
	name string
	bars []bar
}

// rows is a bar chart, the first row on top, with vertical lines (marks) that have a name.
type rows struct {
	rows  []row
	marks []mark
}

type mark struct {
	at   float64
	name string
}

// Plot implements plot.Plotter. A label that a mark would cross is moved to the right of the mark.
func (b rows) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	small := style(9.5, black, false)
	name := style(9.5, faint, false)
	name.XAlign = text.XCenter
	for _, m := range b.marks {
		c.StrokeLine2(draw.LineStyle{Color: faint, Width: 0.8, Dashes: dashes[2]}, x(m.at), c.Min.Y, x(m.at), c.Max.Y-17)
		half := name.Width(m.name) / 2
		c.FillText(name, vg.Point{X: max(x(m.at), c.Min.X+half), Y: c.Max.Y - 13}, m.name)
	}
	for i, r := range b.rows {
		slot := 0.8 / float64(len(r.bars))
		for j, bar := range r.bars {
			top := float64(len(b.rows)-1-i) + 0.4 - float64(j)*slot
			bottom := top - slot*0.88
			middle := (y(top) + y(bottom)) / 2
			end := 0.0
			for k, part := range bar.parts {
				box := vg.Rectangle{Min: vg.Point{X: x(end), Y: y(bottom)}, Max: vg.Point{X: x(end + part), Y: y(top)}}
				c.FillPolygon(bar.fills[k], []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
				end += part
			}
			if bar.high > bar.low {
				thin := draw.LineStyle{Color: black, Width: 1}
				c.StrokeLine2(thin, x(bar.low), middle, x(bar.high), middle)
				c.StrokeLine2(thin, x(bar.low), middle-2.5, x(bar.low), middle+2.5)
				c.StrokeLine2(thin, x(bar.high), middle-2.5, x(bar.high), middle+2.5)
			}
			at := vg.Point{X: x(bar.end()) + 6, Y: middle - small.FontExtents().Ascent/2 + 1.5}
			for _, m := range b.marks {
				if on := x(m.at); on > at.X-4 && on < at.X+small.Width(bar.label)+4 {
					at.X = on + 6
				}
			}
			onPaper(c, small, at, bar.label)
		}
	}
}

// span is the least width that legend and names leave for the bars.
const span = 470

// figure is the chart with the height and the room for labels that it needs.
func (b rows) figure() figure {
	p := newPlot()
	p.X.Min, p.X.Max = 0, 0
	count := 0
	for _, m := range b.marks {
		p.X.Max = max(p.X.Max, 1.04*m.at)
	}
	var names []plot.Tick
	for i, r := range b.rows {
		names = append(names, plot.Tick{Value: float64(len(b.rows) - 1 - i), Label: words.Name(r.name)})
		for _, bar := range r.bars {
			count++
			label := style(9.5, black, false).Width(bar.label) + 14
			end := bar.end()
			for _, m := range b.marks { // the label may have to stand to the right of it
				end = max(end, m.at)
			}
			p.X.Max = max(p.X.Max, bar.end()*1.04, end*span/float64(max(span-label, span/4)))
		}
	}
	p.Y.Min, p.Y.Max = -0.5, float64(len(b.rows))-0.5
	if len(b.marks) > 0 {
		p.Y.Max += 0.6 // room for their names above the first row
	}
	if p.X.Max == 0 {
		p.X.Max = 1
	}
	p.X.Tick.Marker = amounts{}
	p.X.Padding = 0
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Y.Tick.Length = 0
	p.Y.Padding = 0
	p.Add(b)
	return figure{body: p.Draw, height: vg.Length(150 + 12*len(b.rows) + 14*count)}
}

// barEntry is a kind of bar in a legend.
func barEntry(name string, fill color.RGBA) entry {
	return entry{name, func(c *draw.Canvas) {
		mid, half := c.Center().Y, vg.Length(4.5)
		c.FillPolygon(fill, []vg.Point{{X: c.Min.X, Y: mid - half}, {X: c.Max.X, Y: mid - half}, {X: c.Max.X, Y: mid + half}, {X: c.Min.X, Y: mid + half}})
	}}
}

// cost draws the cost of a request: the server's steady cost, its waking cost and the client's cost in one bar, since loopback charges much of
// receiving to the sender and only the sum is comparable.
func cost(f *findings.Findings) (figure, bool) {
	c := f.CostCell()
	if c == nil {
		return figure{}, false
	}
	var b rows
	fills, seen := [3]color.RGBA{dark, mid, light}, [3]bool{}
	for _, m := range c.Models {
		server, ok := m.Figures[findings.Cost]
		client, too := m.Figures[findings.Client]
		if !ok || !too || m.Lacks != nil {
			continue
		}
		both := m.Figures[findings.Both]
		waking := max(0, m.Figures[findings.Whole].Value-server.Value)
		one := bar{low: both.Low / 1000, high: both.High / 1000}
		var numbers []string
		for i, part := range []float64{server.Value, waking, client.Value} {
			if part > 0 {
				one.parts, one.fills = append(one.parts, part/1000), append(one.fills, fills[i])
				seen[i] = true
			}
			if part > 0 || i == 1 && c.InTurns {
				numbers = append(numbers, units.Micros(part))
			}
		}
		one.label = strings.Join(numbers, " + ")
		b.rows = append(b.rows, row{m.Name, []bar{one}})
	}
	fig := b.figure()
	for i, part := range words.CostParts {
		if seen[i] {
			fig.legend = append(fig.legend, barEntry(part, fills[i]))
		}
	}
	return fig, len(b.rows) > 1
}

// barOf is a model's bar of a metric in a cell, or a label that says why it has none; false if the cell does not have the model.
func barOf(c *findings.Cell, model, metric string, unit float64, fill color.RGBA) (bar, bool) {
	m := c.Model(model)
	if m == nil {
		return bar{}, false
	}
	v, ok := m.Figures[metric]
	if !ok || m.Lacks != nil {
		return bar{label: words.Absent(m)}, true
	}
	return bar{parts: []float64{v.Value / unit}, fills: []color.RGBA{fill}, low: v.Low / unit, high: v.High / unit, label: words.AtLeast(v) + words.Value(metric, v.Value)}, true
}

// enough reports whether at least two rows have a bar.
func (b rows) enough() bool {
	n := 0
	for _, r := range b.rows {
		for _, bar := range r.bars {
			if len(bar.parts) > 0 {
				n++
				break
			}
		}
	}
	return n > 1
}

// calls draws the system calls of a request at each level: the expected ones and the others; for yardsticks all in one part.
func calls(f *findings.Findings) (figure, bool) {
	cells := f.Find("calls", f.Run.Placement)
	var b rows
	for _, model := range f.Run.Models {
		r := row{name: model}
		for _, c := range cells {
			m := c.Model(model)
			if m == nil {
				continue
			}
			one := bar{label: words.CallsOf(c, m)}
			if v, ok := m.Figures[findings.Calls]; ok && m.Lacks == nil {
				expected := v.Value
				if m.SystemCalls != nil {
					expected = min(m.SystemCalls.Calls, v.Value)
				}
				one.parts, one.fills = []float64{expected, v.Value - expected}, []color.RGBA{dark, light}
				if expected == 0 {
					one.parts, one.fills = []float64{v.Value}, []color.RGBA{mid}
				}
			}
			r.bars = append(r.bars, one)
		}
		if len(r.bars) > 0 {
			b.rows = append(b.rows, r)
		}
	}
	fig := b.figure()
	for i, part := range words.CallsParts {
		fig.legend = append(fig.legend, barEntry(part, []color.RGBA{dark, light, mid}[i]))
	}
	return fig, b.enough()
}

// blockSleep draws the rates with handlers that block beside those with handlers that wait.
func blockSleep(f *findings.Findings) (figure, bool) {
	block, sleep := f.BlockSleep()
	if block == nil {
		return figure{}, false
	}
	var b rows
	for _, model := range f.Run.Models {
		r := row{name: model}
		for i, c := range []*findings.Cell{block, sleep} {
			if one, ok := barOf(c, model, findings.Rate, 1, []color.RGBA{dark, light}[i]); ok {
				r.bars = append(r.bars, one)
			}
		}
		if len(r.bars) > 0 {
			b.rows = append(b.rows, r)
		}
	}
	for _, v := range []float64{block.One, block.All} {
		if v > 0 {
			b.marks = append(b.marks, mark{v, words.PerSecond(v)})
		}
	}
	fig := b.figure()
	fig.legend = []entry{barEntry(words.BlockSleep[0], dark), barEntry(words.BlockSleep[1], light)}
	return fig, b.enough()
}

// download draws how long small replies wait while a client saves files in three ways.
func download(f *findings.Findings) (figure, bool) {
	fills := map[string]color.RGBA{result.OneByOne: mid, result.AllAtOnce: light, result.Inline: dark}
	cells := f.Find("download", "")
	var b rows
	var legend []entry
	for i, model := range f.Run.Models {
		r := row{name: model}
		for _, c := range cells {
			fill, known := fills[c.Mode]
			if !known {
				continue
			}
			if one, ok := barOf(c, model, findings.Beside90, 1e6, fill); ok {
				r.bars = append(r.bars, one)
			}
			if i == 0 {
				legend = append(legend, barEntry(words.Modes[c.Mode], fill))
			}
		}
		if len(r.bars) > 0 {
			b.rows = append(b.rows, r)
		}
	}
	fig := b.figure()
	fig.legend = legend
	return fig, b.enough()
}
