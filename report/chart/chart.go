// Package chart draws the pictures of a report.
//
// Every trial is a dot, medians are joined, starved cells are hollow. Placement, processors and rounds stand in every
// picture, since pictures travel alone.
package chart

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/study"
)

// Picture is a file of the report.
type Picture struct {
	Name    string // of the file
	Title   string
	Where   string // placement, processors, rounds
	Caption string
	PNG     []byte
}

// Draw draws every picture that the run has something for, in the order of the report.
func Draw(s *study.Study) ([]Picture, error) {
	var pictures []Picture
	for _, p := range []struct {
		name string
		draw func(*study.Study) (figure, bool)
	}{
		{"throughput", throughput},
		{"latency", closedLatency},
		{"paced", pacedLatency},
		{"processor-time", cost},
		{"thinking", thinking},
		{"block-sleep", blockSleep},
		{"download", download},
	} {
		f, ok := p.draw(s)
		if !ok {
			continue
		}
		if f.height == 0 {
			f.height = height
		}
		png, err := f.png()
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", p.name, err)
		}
		pictures = append(pictures, Picture{p.name + ".png", f.title, f.subtitle, f.caption, png})
	}
	return pictures, nil
}

// looks gives every model its look, by its place in the ladder.
func looks(s *study.Study) map[string]look {
	all := map[string]look{}
	models := s.Models()
	for i, model := range models {
		all[model] = lookOf(i, len(models))
	}
	return all
}

// where says on what a picture stands: placement, processors, rounds.
func where(s *study.Study, placement string, more ...string) string {
	var parts []string
	switch placement {
	case result.Split:
		parts = append(parts, "split: server and client on a processor each")
	case result.Shared:
		parts = append(parts, "shared: all processors for server and client")
	}
	parts = append(parts, units.Processors(s.Processors(), "processors unknown"), units.Plural(s.Rounds, "round"))
	if s.Partial() {
		parts = append(parts, "INTERRUPTED")
	}
	return strings.Join(append(parts, more...), " · ")
}

// name is what a run calls something, as a picture has room for it.
func name(s string) string {
	const most = 24
	letters := []rune(printable.Line(s))
	if len(letters) > most {
		letters = append(letters[:most-1], '…')
	}
	return string(letters)
}

// lineEntry is a model in a legend of lines.
func lineEntry(model string, l look) entry {
	return entry{name(model), func(c *draw.Canvas) {
		at := c.Center()
		c.StrokeLine2(l.line(1.6), c.Min.X, at.Y, c.Max.X, at.Y)
		c.DrawGlyphNoClip(l.glyph(4, false), at)
	}}
}

// barEntry is a kind of bar in a legend.
func barEntry(name string, f fill) entry {
	return entry{name, func(c *draw.Canvas) {
		mid, half := c.Center().Y, vg.Length(4.5)
		f.draw(c, vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: mid - half}, Max: vg.Point{X: c.Max.X, Y: mid + half}})
	}}
}

// dotEntry is one trial in a legend of bars.
func dotEntry(name string) entry {
	return entry{name, func(c *draw.Canvas) {
		c.DrawGlyphNoClip(trialDot, c.Center())
	}}
}

// trialDot marks a trial on a bar.
var trialDot = draw.GlyphStyle{Color: ink, Radius: 2, Shape: marker{sides: shapes[0], hollow: true}}

// without says which cells of a group a picture of latency leaves out, and why.
func without(cells []*study.Cell) string {
	var starved, behind []string
	for _, c := range cells {
		switch {
		case c.Starved():
			starved = append(starved, fmt.Sprintf("%s (%v)", name(c.Model), c.Hunger()))
		case c.Overloaded():
			behind = append(behind, name(c.Model))
		}
	}
	text := ""
	for _, out := range []struct {
		why    string
		models []string
	}{
		{"connections were never answered", starved},
		{"they fell behind the offered rate, and the time from due would measure the length of the run", behind},
	} {
		if slices.Sort(out.models); len(out.models) > 0 {
			text += " Not drawn, because " + out.why + ": " + strings.Join(out.models, ", ") + "."
		}
	}
	return text
}
