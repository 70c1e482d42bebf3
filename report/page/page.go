// Package page writes the page that plays portraits: one file that needs no other and asks for none. It knows no sentence: package words has them.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"time"

	"carousel/internal/portrait"
	"carousel/report/words"
)

var (
	//go:embed page.html
	layout string
	//go:embed page.css
	css string
	//go:embed page.js
	script string

	page = template.Must(template.New("page").Parse(layout))
)

// A span is its mark's index, how long after the one before it ends it begins, how long it lasts, and the index of its words; a line is how long after the
// one before it is said, and the indexes of who says it and what. They are small numbers, so that the page is a small file. Times are in microseconds.
type (
	span = [4]int
	line = [3]int
)

type row struct {
	Name   string `json:"name"`
	Server bool   `json:"server,omitempty"`
	Spans  []span `json:"spans"`
}

type model struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Length  int    `json:"length"` // in microseconds
	Rows    []row  `json:"rows"`
	Said    []line `json:"said"`
}

// data is what the script draws.
type data struct {
	Sides  []string     `json:"sides"`  // the ids of their sections: two, or one for a model alone
	First  []string     `json:"first"`  // the models shown in them before any is chosen
	Marks  []words.Mark `json:"marks"`  // in the order in which they are drawn
	Server string       `json:"server"` // heads the rows of the server
	Play   string       `json:"play"`
	Pause  string       `json:"pause"`
	Untold string       `json:"untold"`
	Words  []string     `json:"words"`
	Models []model      `json:"models"`

	known map[string]int
}

func (d *data) word(s string) int {
	i, is := d.known[s]
	if !is {
		i = len(d.Words)
		d.known[s], d.Words = i, append(d.Words, s)
	}
	return i
}

// second is the model shown beside the first.
const second = "epoll"

// Of is the page of these portraits, of which there must be at least one. The same portraits give the same bytes.
func Of(all []portrait.Portrait) ([]byte, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("a page of no portraits")
	}
	d := data{
		Sides: []string{"left", "right"}, Marks: words.Marks, Server: words.ServersLanes, Play: words.Play, Pause: words.Pause, Untold: words.UntoldLines, Words: []string{}, known: map[string]int{},
	}
	type still struct{ File, Alt string }
	type side struct{ ID, Label string }
	sides := []side{{d.Sides[0], words.LeftSide}, {d.Sides[1], words.RightSide}}
	var names []string
	var stills []still
	for i := range all {
		m := d.model(&all[i])
		names, d.Models = append(names, m.Name), append(d.Models, m)
		stills = append(stills, still{words.PortraitFile(all[i].Model), m.Name + ": " + m.Outcome})
	}
	d.First = []string{names[0], names[len(names)-1]}
	if slices.Contains(names, second) {
		d.First[1] = second
	}
	said := words.Page
	if len(all) == 1 {
		d.Sides, d.First, sides, said = d.Sides[:1], d.First[:1], []side{{d.Sides[0], words.OnlySide}}, words.PageOfOne()
	}
	var b bytes.Buffer
	err := page.Execute(&b, map[string]any{
		"Policy": "default-src 'none'; img-src 'self' file:; style-src 'sha256-" + hash(css) + "'; script-src 'sha256-" + hash(script) + "'; base-uri 'none'; form-action 'none'",
		"Style":  template.CSS(css), "Script": template.JS(script), "Data": d,
		"Words": said, "Caption": words.Portraits(all).Caption + " " + words.WhyNobodys, "Legend": words.LegendOf(true, all...), "Windows": words.Windows,
		"Names": names, "Sides": sides, "Stills": stills,
	})
	return b.Bytes(), err
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (d *data) model(p *portrait.Portrait) model {
	m := model{Name: words.Name(p.Model), Outcome: words.Outcome(p) + ". " + words.Waited(p) + ".", Length: micros(p.Length), Rows: []row{}, Said: []line{}}
	for _, c := range p.Clients {
		m.Rows = append(m.Rows, d.row(words.ClientName(c), c.Spans, false, words.ClientDoes))
	}
	for _, l := range words.Lanes(p) {
		m.Rows = append(m.Rows, d.row(l.Name, l.Spans, true, words.LaneDoes))
	}
	last := 0
	for _, l := range p.Lines {
		who, text := words.Said(l)
		m.Said = append(m.Said, line{micros(l.At) - last, d.word(who), d.word(text)})
		last = micros(l.At)
	}
	return m
}

func (d *data) row(name string, spans []portrait.Span, server bool, does func(portrait.Span) string) row {
	r := row{Name: name, Server: server, Spans: []span{}}
	end := 0
	for _, s := range spans {
		from, to := micros(s.From), micros(s.To)
		r.Spans = append(r.Spans, span{slices.Index(words.Marks, words.MarkOf(s, server)), from - end, to - from, d.word(does(s))})
		end = to
	}
	return r
}

func micros(d time.Duration) int { return int(d.Microseconds()) }
