package draw

import (
	"image/color"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/portrait"
	"carousel/report/words"
)

// A portrait has two colours: dark for a turn, amber for waiting. They differ in grey, too.
var amber = color.RGBA{240, 169, 46, 255}

// hatch is how a kind of span is filled.
type hatch struct {
	ink   color.Color
	lines int // 0: filled; 1 and -1: hatched, rising and falling
}

var hatches = map[words.Mark]hatch{
	words.TurnMark: {dark, 0}, words.HeldMark: {dark, 1}, words.BehindMark: {amber, 0}, words.OutsideMark: {amber, -1}, words.ItselfMark: {faint, 0},
}

// fill fills a box. A solid box has a visible width at least.
func (h hatch) fill(c draw.Canvas, box vg.Rectangle) {
	const thinnest, apart = 0.9, 3
	if h.lines == 0 {
		box.Max.X = max(box.Max.X, box.Min.X+thinnest)
		c.FillPolygon(h.ink, corners(box))
		return
	}
	c.FillPolygon(paper, corners(box))
	tall := box.Max.Y - box.Min.Y
	for at := box.Min.X - tall; at < box.Max.X; at += apart {
		from, to := max(at, box.Min.X), min(at+tall, box.Max.X)
		if to <= from {
			continue
		}
		a, b := vg.Point{X: from, Y: box.Min.Y + from - at}, vg.Point{X: to, Y: box.Min.Y + to - at}
		if h.lines < 0 {
			a.Y, b.Y = box.Max.Y-(from-at), box.Max.Y-(to-at)
		}
		c.StrokeLine2(draw.LineStyle{Color: h.ink, Width: 1}, a.X, a.Y, b.X, b.Y)
	}
	c.StrokeLines(draw.LineStyle{Color: h.ink, Width: 0.5}, append(corners(box), box.Min))
}

func corners(box vg.Rectangle) []vg.Point {
	return []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}}
}

// swimlane is a row of a portrait.
type swimlane struct {
	name  string
	spans []portrait.Span
	lane  bool   // of the server
	after string // text at its end
	group string // heading of the rows below; such a row has no spans
}

// swimlanes are rows, the first on top, each of height 1. Slim ones have no text.
type swimlanes struct {
	rows []swimlane
	slim bool
}

// Plot implements plot.Plotter. Turns are drawn last, since most are so short that others would cover them.
func (l swimlanes) Plot(c draw.Canvas, plt *plot.Plot) {
	x, y := plt.Transforms(&c)
	at := func(d time.Duration) vg.Length { return min(max(x(float64(d)), c.Min.X), c.Max.X) } // coordinates far outside hang the rasterizer
	for i, row := range l.rows {
		middle := y(float64(len(l.rows) - 1 - i))
		half := (y(1) - y(0)) * 0.36
		box := func(s portrait.Span) vg.Rectangle {
			return vg.Rectangle{Min: vg.Point{X: at(s.From), Y: middle - half}, Max: vg.Point{X: at(s.To), Y: middle + half}}
		}
		spans := slices.DeleteFunc(slices.Clone(row.spans), func(s portrait.Span) bool { return float64(s.To) < plt.X.Min || float64(s.From) > plt.X.Max })
		slices.SortStableFunc(spans, func(a, b portrait.Span) int { return rank(a, row.lane) - rank(b, row.lane) })
		for _, s := range spans {
			mark := words.MarkOf(s, row.lane)
			if h, filled := hatches[mark]; filled {
				h.fill(c, box(s))
				continue
			}
			switch mark {
			case words.UnknownMark:
				c.StrokeLines(draw.LineStyle{Color: faint, Width: 0.7}, append(corners(box(s)), box(s).Min))
			case words.QuietMark:
				c.StrokeLine2(draw.LineStyle{Color: faint, Width: 1, Dashes: dashes[2]}, at(s.From), middle, at(s.To), middle)
			default:
				c.StrokeLine2(draw.LineStyle{Color: faint, Width: 0.5}, at(s.From), middle, at(s.To), middle)
			}
		}
		if row.group != "" {
			c.FillText(style(9, faint, true), vg.Point{X: c.Min.X + 4, Y: middle - half}, row.group)
		}
		if !l.slim {
			label(c, row, box)
		}
		if n := len(row.spans); row.after != "" && n > 0 {
			with := style(9, black, false)
			c.FillText(with, vg.Point{X: box(row.spans[n-1]).Max.X + 6, Y: middle - with.FontExtents().Ascent/2 + 1}, row.after)
		}
	}
}

// rank is the order in which spans are drawn.
func rank(s portrait.Span, lane bool) int {
	return slices.Index(words.Marks, words.MarkOf(s, lane))
}

// label writes text into the spans of a row where there is room. It names the client that a lane waits for only once in a row.
func label(c draw.Canvas, row swimlane, box func(portrait.Span) vg.Rectangle) {
	named := 0
	for i, s := range row.spans {
		with, mark, air := style(8, black, false), words.MarkOf(s, row.lane), vg.Length(4)
		room := box(s)
		var choices []string // the longest first
		switch {
		case mark == words.QuietMark:
			choices = []string{words.ClientDoes(s)}
		case row.lane && mark == words.TurnMark:
			with, air = style(8, paper, true), 1.5
			choices = []string{words.Number(s.Client)}
		case row.lane && mark == words.HeldMark:
			choices = []string{words.LaneDoes(s)}
			if s.Client != named {
				choices = append(choices, words.Number(s.Client))
			}
		case row.lane && mark == words.OpenMark:
			with = style(8, faint, false)
			choices = []string{words.LaneDoes(s)}
			if wide := box(s).Max.X - box(s).Min.X; wide > 50 {
				choices = append(choices, fit(choices[0], with, wide-air))
			}
		case !row.lane && (mark == words.BehindMark || mark == words.OutsideMark):
			if i > 0 && words.MarkOf(row.spans[i-1], false) == mark {
				continue // the bar began with an earlier span
			}
			var behind []int
			behind, room.Max.X = ahead(row.spans[i:], box)
			choices, air = words.BehindWhom(behind...), 3
		}
		with.XAlign = text.XCenter
		middle := vg.Point{X: (room.Min.X + room.Max.X) / 2, Y: (room.Min.Y+room.Max.Y)/2 - with.FontExtents().Ascent/2 + 1}
		for _, choice := range choices {
			if choice == "" || with.Width(choice)+air > room.Max.X-room.Min.X {
				continue
			}
			if mark == words.TurnMark || mark == words.BehindMark {
				c.FillText(with, middle, choice)
			} else {
				onPaper(c, with, middle, choice)
			}
			named = s.Client
			break
		}
	}
}

// ahead returns the clients that have the turn while another waits, in the bar that begins with the first span, and where that bar ends. Turns
// too short to see are left out.
func ahead(spans []portrait.Span, box func(portrait.Span) vg.Rectangle) (clients []int, end vg.Length) {
	const seen = 2
	mark := words.MarkOf(spans[0], false)
	for _, s := range spans {
		if words.MarkOf(s, false) != mark {
			break
		}
		b := box(s)
		if end = b.Max.X; end-b.Min.X >= seen && !slices.Contains(clients, s.Behind) {
			clients = append(clients, s.Behind)
		}
	}
	return clients, end
}

// plot draws the rows above an axis of milliseconds.
func (l swimlanes) plot(length time.Duration) *plot.Plot {
	p := newPlot()
	var names []plot.Tick
	for i, row := range l.rows {
		names = append(names, plot.Tick{Value: float64(len(l.rows) - 1 - i), Label: row.name})
	}
	p.X.Min, p.X.Max = 0, float64(max(length, time.Millisecond))
	p.X.Tick.Marker, p.X.Padding = amounts{float64(time.Millisecond)}, 3
	p.Y.Min, p.Y.Max = -0.6, float64(len(l.rows))-0.4
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.Padding = plot.ConstantTicks(names), 0, 2
	p.Y.Tick.Label.Font.Size = 9
	p.Y.LineStyle.Width = 0
	p.Add(l)
	return p
}

// more is the extra height of a legend with more entries than the two colours and the two patterns.
func more(keys []words.Key) vg.Length {
	if len(keys) > 4 {
		return legendLine
	}
	return 0
}

const legendLine = 15

// legend explains the marks, a line for each colour and a third for the other marks, and returns the canvas below.
func legend(c draw.Canvas, keys []words.Key) draw.Canvas {
	with := style(9, black, false)
	const swatch, tall, column = 24, legendLine, 250
	at := vg.Point{X: c.Min.X, Y: c.Max.Y - tall}
	for i, k := range keys {
		if i == 2 || i == 4 {
			at = vg.Point{X: c.Min.X, Y: at.Y - tall}
		}
		box := vg.Rectangle{Min: at, Max: vg.Point{X: at.X + swatch, Y: at.Y + 9}}
		if h, filled := hatches[k.Mark]; filled {
			h.fill(c, box)
		} else {
			c.StrokeLines(draw.LineStyle{Color: faint, Width: 0.7}, append(corners(box), box.Min))
		}
		c.FillText(with, vg.Point{X: at.X + swatch + 5, Y: at.Y + 1}, k.Name)
		at.X = max(c.Min.X+column, at.X+swatch+with.Width(k.Name)+20)
	}
	c.Max.Y -= 2*tall + more(keys) + gap
	return c
}
