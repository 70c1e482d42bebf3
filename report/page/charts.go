package page

import (
	"cmp"
	"fmt"
	"math"

	"carousel/internal/units"
	"carousel/report/draw"
	"carousel/report/findings"
	"carousel/report/words"
)

// charts is the data of the charts: figures against connections, ratios to the reference, and response times. A model is its index in Models.
type charts struct {
	Models  []drawn       `json:"models"` // in the order of the ladder
	Picture words.Picture `json:"-"`      // text around the curves
	X       string        `json:"x"`
	Unit    string        `json:"unit"`   // what the figures are
	Levels  []float64     `json:"levels"` // numbers of connections
	Curves  []curve       `json:"curves"`
	Panels  []panel       `json:"panels"`
	Shown   string        `json:"shown"` // the key of the panel that is shown first
	Title   string        `json:"-"`     // of the ratios
	Over    string        `json:"over"`  // what their axis measures
	Times   []times       `json:"times"`

	known map[string]int
}

type drawn struct {
	Name string `json:"name"`
	draw.Look
}

// curve is a model's figures, without levels at which it has none.
type curve struct {
	Model  int     `json:"model"`
	Points []point `json:"points"`
}

type point struct {
	X     float64 `json:"x"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Label string  `json:"label"` // the figure with its interval and unit
}

// panel is the ratios of a cell's models to the reference, the best first.
type panel struct {
	Key    string `json:"key"`
	Label  string `json:"label"`
	Better string `json:"better"`
	Rows   []bar  `json:"rows"`
}

type bar struct {
	Model int     `json:"model"`
	Twin  bool    `json:"twin,omitempty"` // the second measurement of the reference
	Name  string  `json:"name"`
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Label string  `json:"label"`
}

// times is the response times of a cell's models by percentile, with the text around them.
type times struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Title    string `json:"title"`
	Subtitle string `json:"subtitle"`
	Caption  string `json:"caption"`
	X        string `json:"x"`
	Y        string `json:"-"`
	Tails    []tail `json:"tails"`
}

// tail is a model's response times in its slower half of requests.
type tail struct {
	Model  int          `json:"model"`
	Points []percentile `json:"points"`
}

type percentile struct {
	findings.Point
	Label string `json:"label,omitempty"` // the response time and its percentile; "": without a marker
}

// chartsOf returns the charts of a run; nil if none shows two models.
func chartsOf(f *findings.Findings) *charts {
	d := &charts{Curves: []curve{}, Panels: []panel{}, Times: []times{}, Over: words.OverReference(f), Title: words.Pictured(f, "ratios.png").Title, known: map[string]int{}}
	for i, m := range f.Run.Models {
		d.known[m] = i
		d.Models = append(d.Models, drawn{words.Name(m), draw.LookOf(m)})
	}
	d.curves(f)
	d.panels(f)
	d.times(f)
	if len(d.Curves) == 0 && len(d.Panels) == 0 && len(d.Times) == 0 {
		return nil
	}
	return d
}

func (d *charts) curves(f *findings.Findings) {
	main := f.Main()
	if main == nil {
		return
	}
	metric, cells := words.HeroMetric(f), f.ClosedLoop()
	var all []curve
	for _, model := range f.Run.Models {
		c := curve{Model: d.known[model]}
		for _, cell := range cells {
			m := cell.Model(model)
			if m == nil || m.Lacks != nil {
				continue
			}
			if v, ok := m.Figures[metric]; ok && v.Value > 0 && finite(v.Value, v.Low, v.High) {
				c.Points = append(c.Points, point{float64(cell.Connections), v.Value, v.Low, v.High, words.Figure(metric, v)})
			}
		}
		if len(c.Points) > 0 {
			all = append(all, c)
		}
	}
	if len(all) < 2 {
		return
	}
	d.Curves, d.Unit, d.Picture = all, words.Measure(metric), words.Curves(f)
	d.X = d.Picture.X
	for _, cell := range cells {
		d.Levels = append(d.Levels, float64(cell.Connections))
	}
}

func (d *charts) panels(f *findings.Findings) {
	for _, kind := range []struct{ scenario, metric, per string }{{"hello", findings.Capacity, "capacity"}, {"cost", findings.Cost, "cost"}} {
		for _, c := range f.Find(kind.scenario, f.Run.Placement) {
			p := panel{Key: fmt.Sprintf("%s-%.0f", kind.per, cmp.Or(c.RateRPS, float64(c.Connections))), Label: kind.per + ", " + words.Panel(c), Better: words.Better(kind.metric)}
			for _, r := range c.ToReference(f.Run.Reference, kind.metric) {
				if !finite(r.Ratio, r.Low, r.High) {
					continue
				}
				b := bar{d.known[r.Of], r.Of == r.To, words.Name(r.Of), r.Ratio, r.Low, r.High, words.Plain(words.By(r))}
				if b.Twin {
					b.Name = words.TwinLabel(r.Of)
				}
				p.Rows = append(p.Rows, b)
			}
			if len(p.Rows) < 2 {
				continue
			}
			d.Panels = append(d.Panels, p)
			if d.Shown == "" || c == f.Main() {
				d.Shown = p.Key
			}
		}
	}
}

// times takes the cells that latency.png and paced.png show.
func (d *charts) times(f *findings.Findings) {
	add := func(c *findings.Cell, key, label, picture string) {
		var all []tail
		for _, model := range f.Run.Models {
			one := tail{Model: d.known[model]}
			for _, q := range draw.Percentiles(c.Model(model)) {
				p := percentile{Point: q.Point}
				if q.Marked {
					p.Label = fmt.Sprintf("%s at %s\u00a0%%", units.Duration(q.NS), units.Count(100*q.Share))
				}
				one.Points = append(one.Points, p)
			}
			if len(one.Points) > 0 {
				all = append(all, one)
			}
		}
		if len(all) > 1 {
			p := words.Pictured(f, picture)
			d.Times = append(d.Times, times{key, label + ", " + words.Panel(c), p.Title, p.Subtitle, p.Caption, p.X, p.Y, all})
		}
	}
	if c := f.Main(); c != nil {
		add(c, "closed", "closed loop", "latency.png")
	}
	if cells := f.Find("paced", ""); len(cells) > 0 {
		add(cells[0], "paced", "paced", "paced.png")
	}
}

func finite(all ...float64) bool {
	for _, v := range all {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
