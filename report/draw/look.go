package draw

import (
	"fmt"
	"hash/fnv"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette is Okabe and Ito's, which readers with any colour vision can tell apart, without its yellow (too pale for a line on white) and its
// black (for models that tie).
var palette = []color.RGBA{
	{0, 114, 178, 255},   // blue
	{213, 94, 0, 255},    // vermilion
	{0, 158, 115, 255},   // green
	{204, 121, 167, 255}, // purple
	{230, 159, 0, 255},   // orange
	{86, 180, 233, 255},  // sky
	{120, 70, 40, 255},   // brown
}

// atNight has the same hues for a dark page.
var atNight = []color.RGBA{
	{80, 160, 230, 255},
	{245, 125, 55, 255},
	{45, 190, 145, 255},
	{228, 158, 198, 255},
	{238, 184, 66, 255},
	{140, 212, 255, 255},
	{196, 146, 112, 255},
}

var dashes = [][]vg.Length{nil, {7, 3}, {2, 2}, {9, 2, 2, 2}}

// look is how a model is drawn, the same in every picture of every run. Two models differ in marker or dash, not only in colour.
type look struct {
	color, dash int
	marker      marker
}

var looks = map[string]look{
	"blocking":         {6, 0, marker{square, false}},
	"select":           {0, 1, marker{triangle, false}},
	"poll":             {5, 2, marker{triangle, true}},
	"epoll":            {0, 0, marker{circle, false}},
	"generator":        {2, 2, marker{diamond, false}},
	"coroutine":        {2, 1, marker{diamond, true}},
	"asyncio":          {4, 0, marker{star, false}},
	"asyncio-executor": {4, 1, marker{star, true}},
	"goroutine":        {1, 0, marker{cross, false}},
	"thread":           {6, 1, marker{square, true}},
	"pool":             {6, 2, marker{down, false}},
	"prefork":          {6, 3, marker{down, true}},
	"reactors":         {5, 0, marker{circle, true}},
	"uring":            {5, 3, marker{plus, false}},
	"nethttp":          {3, 0, marker{plus, true}},
	"fasthttp":         {3, 1, marker{cross, true}},
	"gnet":             {3, 3, marker{triangle, false}},

	// load generators
	"hey":             {3, 1, marker{down, false}},
	"wrk":             {4, 2, marker{square, false}},
	"vegeta":          {2, 0, marker{triangle, true}},
	"loadgen, closed": {0, 3, marker{diamond, false}},
	"loadgen, open":   {1, 0, marker{diamond, true}},
}

// guests are markers for the user's own servers; no known model has them.
var guests = []marker{{hexagon, false}, {hexagon, true}, {spark, false}, {spark, true}}

// lookOf is a model's look; that of the user's own server follows from its name.
func lookOf(model string) look {
	if l, ok := looks[model]; ok {
		return l
	}
	h := fnv.New32a()
	h.Write([]byte(model))
	n := int(h.Sum32() >> 4)
	return look{n % len(palette), n / 7 % len(dashes), guests[n/28%len(guests)]}
}

// ink is the colour of a model: black if it ties for the lead.
func (l look) ink(ties bool) color.Color {
	if ties {
		return black
	}
	return palette[l.color]
}

func (l look) line(w vg.Length, ties bool) draw.LineStyle {
	return draw.LineStyle{Color: l.ink(ties), Width: w, Dashes: dashes[l.dash]}
}

func (l look) glyph(radius vg.Length, ties bool) draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.ink(ties), Radius: radius, Shape: l.marker}
}

// Look is how a model is drawn, for a page's script.
type Look struct {
	Light   string       `json:"light"`          // colour on a light page: "#0072b2"
	Dark    string       `json:"dark"`           // and on a dark one
	Dash    []vg.Length  `json:"dash,omitempty"` // lengths of dashes and gaps, in points; none: a solid line
	Hollow  bool         `json:"hollow,omitempty"`
	Corners [][2]float64 `json:"corners"` // of its marker, about 1 from the centre (0, 0), upwards positive
}

// LookOf returns how a model is drawn in every picture.
func LookOf(model string) Look {
	l := lookOf(model)
	hex := func(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
	corners := l.marker.corners()
	for i := range corners {
		for k := range corners[i] {
			corners[i][k] = math.Round(100*corners[i][k])/100 + 0 // no negative zero
		}
	}
	return Look{hex(palette[l.color]), hex(atNight[l.color]), dashes[l.dash], l.marker.hollow, corners}
}
