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

// A span is its mark's index, when it begins and ends in microseconds, and the index of its words; a line is its instant and the indexes of who says
// it and what: numbers, because most words stand in many of them.
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
	Sides  [2]string    `json:"sides"`  // the ids of their sections
	First  [2]string    `json:"first"`  // the models shown before any is chosen
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

var sides = [2]string{"left", "right"}

// Of is the page of these portraits, of which there must be at least one. The same portraits give the same bytes.
func Of(all []portrait.Portrait) ([]byte, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("a page of no portraits")
	}
	d := data{
		Sides: sides, Marks: words.Marks, Server: words.ServersLanes, Play: words.Play, Pause: words.Pause, Untold: words.UntoldLines, Words: []string{}, known: map[string]int{},
	}
	type still struct{ File, Alt string }
	type side struct{ ID, Label string }
	var names []string
	var stills []still
	for i := range all {
		m := d.model(&all[i])
		names, d.Models = append(names, m.Name), append(d.Models, m)
		stills = append(stills, still{words.PortraitFile(all[i].Model), m.Name + ": " + m.Outcome})
	}
	d.First = [2]string{names[0], names[len(names)-1]}
	if slices.Contains(names, second) {
		d.First[1] = second
	}
	var b bytes.Buffer
	err := page.Execute(&b, map[string]any{
		"Policy": "default-src 'none'; img-src 'self' file:; style-src 'sha256-" + hash(css) + "'; script-src 'sha256-" + hash(script) + "'; base-uri 'none'; form-action 'none'",
		"Style":  template.CSS(css), "Script": template.JS(script), "Data": d,
		"Words": words.Page, "Caption": words.Portraits(all).Caption, "Legend": words.LegendOf(all...), "Windows": words.Windows,
		"Names": names, "Sides": []side{{sides[0], words.LeftSide}, {sides[1], words.RightSide}}, "Stills": stills,
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
		r := row{Name: words.ClientName(c), Spans: []span{}}
		for _, s := range c.Spans {
			r.Spans = append(r.Spans, d.span(s, false, words.ClientDoes(s)))
		}
		m.Rows = append(m.Rows, r)
	}
	for _, l := range words.Lanes(p) {
		r := row{Name: l.Name, Server: true, Spans: []span{}}
		for _, s := range l.Spans {
			r.Spans = append(r.Spans, d.span(s, true, words.LaneDoes(s)))
		}
		m.Rows = append(m.Rows, r)
	}
	for _, l := range p.Lines {
		who, text := words.Said(l)
		m.Said = append(m.Said, line{micros(l.At), d.word(who), d.word(text)})
	}
	return m
}

func (d *data) span(s portrait.Span, lane bool, does string) span {
	return span{slices.Index(words.Marks, words.MarkOf(s, lane)), micros(s.From), micros(s.To), d.word(does)}
}

func micros(d time.Duration) int { return int(d.Microseconds()) }
