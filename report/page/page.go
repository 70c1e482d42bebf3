// Package page writes a report as a page: one file that needs no other file and requests nothing from the network. Package words has its text.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/portrait"
	"carousel/report/findings"
	"carousel/report/text"
	"carousel/report/words"
)

//go:embed *.html *.css js vendor
var files embed.FS

// The library that draws the charts.
const (
	library = "vendor/uPlot.iife.min.js"
	licence = "vendor/uPlot.LICENSE"
)

// parts lists the files of the script in order: a file may use names from the files before it.
var parts = []string{"js/state.js", "js/tabs.js", "js/tables.js", "js/marks.js", "js/chart.js", "js/curves.js", "js/ratios.js", "js/percentiles.js", "js/player.js", "js/begin.js"}

var (
	css    = read("vendor/uPlot.min.css", "page.css", "player.css")
	script = read(library) + "\n(() => {\n\"use strict\";\n" + read(parts...) + "})();\n"
	page   = template.Must(template.New("page.html").Funcs(template.FuncMap{"inline": inline, "short": short, "wordy": wordy}).ParseFS(files, "*.html"))
)

// read returns the text of embedded files, one after another.
func read(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // a file that is not embedded
		}
		b.Write(text)
	}
	return b.String()
}

// data is what the script needs.
type data struct {
	Charts *charts `json:"charts"` // nil: nothing to draw
	Player *player `json:"player"` // nil: no portraits
	Words  any     `json:"words"`
}

// Of returns the page of a run as HTML. Plan is the text of its plan, "" if it is not known. The same run gives the same bytes.
func Of(f *findings.Findings, portraits []portrait.Portrait, plan string) ([]byte, error) {
	d := data{chartsOf(f), playerOf(portraits), words.Script}
	v := view{
		Words: words.Page, Data: d, Facts: words.Facts(f), Answers: words.Answers(f), Plan: text.Preformatted(plan), Licence: read(licence),
		CSS: template.CSS(css), JS: template.JS(script),
	}
	v.Policy = "default-src 'none'; style-src 'sha256-" + hash(css) + "'; script-src 'sha256-" + hash(script) + "'; base-uri 'none'; form-action 'none'"
	v.add(text.Of(f, portraits, nil))
	if d.Player != nil {
		v.Player = &stage{
			Words: words.Player(len(portraits)), Caption: words.Portraits(portraits).Caption + " " + words.WhyNobodys, Legend: words.LegendOf(true, portraits...),
			Windows: words.Windows, Names: d.Player.names(), Play: d.Player.Play, Outcomes: d.Player.Models,
		}
		v.Player.Sides = []side{{"left", words.LeftSide}, {"right", words.RightSide}}
		if len(portraits) == 1 {
			v.Player.Sides = []side{{"left", words.OnlySide}}
		}
	}
	var b bytes.Buffer
	err := page.Execute(&b, v)
	return b.Bytes(), err
}

// view is the data of the template.
type view struct {
	Words       words.PageWords
	Policy      string
	CSS         template.CSS
	JS          template.JS
	Data        data
	Title       string
	Facts       []string
	Answers     []string
	Head        []text.Section // before the tabs
	Tabs        []text.Section
	Portrait    *text.Section
	Player      *stage
	Warnings    text.Section
	Environment text.Section
	Plan        string
	Licence     string
}

// stage is the player's part of the page.
type stage struct {
	Words    words.PlayerWords
	Caption  string
	Legend   []words.Key
	Windows  []words.Window
	Names    []string
	Sides    []side
	Play     string
	Outcomes []model
}

type side struct{ ID, Label string }

// add sorts the sections of a document into the parts of the page. It leaves out the blocks that refer to files beside the README.
func (v *view) add(d text.Document) {
	v.Title = words.Plain(d.Title)
	for _, s := range d.Sections {
		s.Blocks = slices.DeleteFunc(s.Blocks, func(b text.Block) bool { return b.ReadmeOnly })
		unique(s.Parts)
		switch {
		case s.Scenario:
			v.Tabs = append(v.Tabs, s)
		case s.Key == text.Answer:
		case s.Key == text.Warnings:
			v.Warnings = s
		case s.Key == text.Environment:
			v.Environment = s
		case s.Key == text.Portraits:
			v.Portrait = &s
		case s.Folded:
			v.Tabs = append(v.Tabs, s)
		case len(s.Blocks) > 0:
			v.Head = append(v.Head, s)
		}
	}
}

// unique makes keys unique: it numbers parts whose key an earlier part has.
func unique(parts []text.Part) {
	seen := map[string]int{}
	for i := range parts {
		key := parts[i].Key
		if seen[key]++; seen[key] > 1 {
			parts[i].Key += "-n" + strconv.Itoa(seen[key])
		}
	}
}

// short is a title up to its colon: the name of its tab.
func short(title string) string {
	name, _, _ := strings.Cut(title, ":")
	return name
}

// wordy reports whether a column of a table holds words, which are aligned left and may wrap.
func wordy(t *text.Table, column int) bool {
	return column < t.Words || column < len(t.Header) && t.Header[column] == "doubt"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}
