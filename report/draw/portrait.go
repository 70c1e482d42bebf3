package draw

import (
	"fmt"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/portrait"
	"carousel/report/words"
)

// The most lanes and trace lines that a portrait has room for.
const (
	mostLanes = 20
	mostLines = 18
)

// Portraits returns as PNG, by file name, the portrait of each model and, if there are several, a picture of all on one axis of time.
func Portraits(all []portrait.Portrait) (map[string][]byte, error) {
	pictures := map[string][]byte{}
	for i := range all {
		png, err := swim(&all[i]).png()
		if err != nil {
			return nil, fmt.Errorf("draw the portrait of %s: %w", words.Name(all[i].Model), err)
		}
		pictures[words.PortraitFile(all[i].Model)] = png
	}
	if len(all) > 1 {
		png, err := multiples(all).png()
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", words.PortraitsFile, err)
		}
		pictures[words.PortraitsFile] = png
	}
	return pictures, nil
}

// swim is the portrait of a model: the rows of the clients and of the server, and the trace of one request.
func swim(p *portrait.Portrait) figure {
	const row, line = 17, 11.5
	var l swimlanes
	for _, c := range p.Clients {
		l.rows = append(l.rows, swimlane{name: words.ClientName(c), spans: c.Spans})
	}
	if len(p.Lanes) > 0 {
		l.rows = append(l.rows, swimlane{group: words.ServersLanes})
	}
	lanes := words.Lanes(p)
	for _, lane := range lanes[:min(mostLanes, len(lanes))] {
		l.rows = append(l.rows, swimlane{name: lane.Name, spans: lane.Spans, lane: true})
	}
	if more := len(p.Lanes) - mostLanes; more > 0 {
		l.rows = append(l.rows, swimlane{name: words.Beyond(more, "lane")})
	}
	plt := l.plot(p.Length)
	heading, trace := strip(p)
	keys := words.LegendOf(true, *p)
	tall := vg.Length(0)
	if len(trace) > 0 {
		tall = line*vg.Length(len(trace)+1) + 2*gap
	}
	return figure{
		Picture: axisInside(words.Portrait(p)),
		height:  vg.Length(row*len(l.rows)) + tall + more(keys) + 215,
		body: func(c draw.Canvas) {
			above := legend(c, keys)
			above.Min.Y += tall
			plt.Draw(under(above, words.Portrait(p).X))
			c.Max.Y = c.Min.Y + tall - gap
			write(c, heading, trace, line)
		},
	}
}

// axisInside is a picture whose body names the axis, above what stands below it.
func axisInside(p words.Picture) words.Picture {
	p.X = ""
	return p
}

// under writes the name of the axis at the bottom, and returns the canvas above it.
func under(c draw.Canvas, name string) draw.Canvas {
	with := style(9.5, black, false)
	with.XAlign = text.XCenter
	c.FillText(with, vg.Point{X: c.Center().X, Y: c.Min.Y + with.FontExtents().Descent}, name)
	c.Min.Y += with.FontExtents().Height + 3
	return c
}

// strip is the trace of one request of the first client in the trace: the request in which most lanes take part, or else one that sleeps, since it
// has the most steps. The first client begins with a silence, so few lines of other clients come between.
func strip(p *portrait.Portrait) (heading string, trace []portrait.Line) {
	for i, c := range p.Clients {
		most := 0
		for j, r := range c.Requests {
			lanes := map[int]bool{}
			for _, s := range r.Spans {
				lanes[s.Lane] = true
			}
			delete(lanes, -1)
			weight := 2*len(lanes) + 1
			if strings.HasPrefix(r.Path, "/sleep") {
				weight++
			}
			if lines := traceOf(p, i+1, j); len(lines) > 0 && weight > most {
				most, heading, trace = weight, words.TraceOf(p, i+1, j), lines
			}
		}
		if most > 0 {
			return heading, trace[:min(mostLines, len(trace))]
		}
	}
	return "", nil
}

// traceOf returns the trace lines of a request. It leaves out what the request's lanes do for other clients, and their lines about themselves that
// are not next to a line about the client; "…" stands for lines left out.
func traceOf(p *portrait.Portrait, client, request int) (lines []portrait.Line) {
	r := p.Clients[client-1].Requests[request]
	serves := map[int]bool{}
	for _, s := range r.Spans {
		serves[s.Lane] = s.Lane >= 0
	}
	var all []portrait.Line
	for _, l := range p.Lines {
		if l.At >= r.From && l.At <= max(r.To, r.Done) && (l.Client == client || serves[l.Lane]) {
			all = append(all, l)
		}
	}
	var skipped []portrait.Line
	for i, l := range all {
		next := i > 0 && all[i-1].Client == client || i < len(all)-1 && all[i+1].Client == client
		if l.Client != client && (l.Client > 0 || !next) {
			skipped = append(skipped, l)
			continue
		}
		switch {
		case lines == nil || skipped == nil:
		case len(skipped) == 1 && skipped[0].Client == 0: // "…" would take as much room
			lines = append(lines, skipped[0])
		default:
			lines = append(lines, portrait.Line{At: -1, Text: "…"})
		}
		lines, skipped = append(lines, l), nil
	}
	return lines
}

// write writes the trace on grey.
func write(c draw.Canvas, heading string, trace []portrait.Line, line vg.Length) {
	if len(trace) == 0 {
		return
	}
	with, bold := style(9, black, false), style(9, black, true)
	with.Font.Variant = "Mono"
	c.FillPolygon(shade, corners(c.Rectangle))
	at := vg.Point{X: c.Min.X + 6, Y: c.Max.Y - line}
	c.FillText(bold, at, heading)
	who := vg.Length(0)
	for _, l := range trace {
		name, _ := words.TraceLine(l)
		who = max(who, with.Width(name))
	}
	for _, l := range trace {
		at.Y -= line
		name, action := words.TraceLine(l)
		right := with
		right.XAlign = text.XRight
		if l.At >= 0 {
			c.FillText(right, vg.Point{X: at.X + 44, Y: at.Y}, words.MS(l.At))
		}
		c.FillText(with, vg.Point{X: at.X + 56, Y: at.Y}, name)
		c.FillText(with, vg.Point{X: at.X + 68 + who, Y: at.Y}, fit(action, with, c.Max.X-at.X-72-who))
	}
}

// multiples is the clients of all models on one axis.
func multiples(all []portrait.Portrait) figure {
	const row = 5
	l := swimlanes{slim: true}
	var length time.Duration
	var names []plot.Tick
	for i := range all {
		p := &all[i]
		length = max(length, p.Length)
		last, from := 0, len(l.rows)
		for k, c := range p.Clients {
			l.rows = append(l.rows, swimlane{spans: c.Spans})
			if c.Closed > p.Clients[last].Closed {
				last = k
			}
		}
		if len(p.Clients) > 0 {
			l.rows[from+last].after = words.Done(p)
		}
		names = append(names, plot.Tick{Value: float64(from+len(l.rows)-1) / 2, Label: words.Name(p.Model)})
		l.rows = append(l.rows, swimlane{}, swimlane{})
	}
	l.rows = l.rows[:len(l.rows)-2]
	for i := range names { // rows are counted from the top, the axis from the bottom
		names[i].Value = float64(len(l.rows)-1) - names[i].Value
	}
	plt := l.plot(length)
	plt.Y.Tick.Marker = plot.ConstantTicks(names)
	keys := words.LegendOf(false, all...)
	return figure{
		Picture: words.Portraits(all),
		height:  vg.Length(row*len(l.rows)) + more(keys) + 160,
		right:   50,
		body:    func(c draw.Canvas) { plt.Draw(legend(c, keys)) },
	}
}

// fit cuts text to a width of w.
func fit(s string, with text.Style, w vg.Length) string {
	letters := []rune(s)
	for len(letters) > 0 && with.Width(s) > w {
		letters = letters[:len(letters)-1]
		s = string(letters) + "…"
	}
	return s
}
