package words

import (
	"fmt"
	"slices"
	"strings"

	"carousel/internal/units"
	"carousel/report/findings"
)

// PageLink is the README's link to the page.
const PageLink = "[" + PageFile + "](" + PageFile + ") is this report for a browser: tables that sort, charts that show values under the pointer."

// PageWords are the words of the page that the README does not have.
type PageWords struct {
	Answer, InWords, Tables, Sorting, Signs, Charts, Ratios, RatiosOf, TimesOf, Log, Models, Pointer, Warnings, Portraits, Environment, Plan, Scripts, Theme, Foot, Licence string
	Themes                                                                                                                                                                  []Theme
}

// Theme is a choice of colours.
type Theme struct{ Value, Name string }

// Page holds the words of the page.
var Page = PageWords{
	Answer:  "The answer",
	InWords: "The same in words: the metric that decides, which models tie, and which have no rank",
	Tables:  "Tables",
	Sorting: "Press a heading to sort its table: first upwards, then downwards, then back to the first order.",
	Signs: "Intervals are confidence intervals of 95 %. *tie*: models that share a letter may be equal. `~`: may be equal to the baseline. `?`: differs from the baseline if compared alone, " +
		"but not surely among all pairs of the table. *same within*: differs from the baseline by no more than that. *doubt*: what only some rounds showed.",
	Charts:   "Charts",
	Ratios:   "Each ratio is taken within a round, or within a cycle where servers took turns; whiskers are its interval. If an interval includes 1, the model may equal the baseline. The twin is the baseline, measured a second time: its interval should include 1.",
	RatiosOf: "By",
	TimesOf:  "Requests",
	Log:      "logarithmic scale",
	Models:   "Models: press one to hide or show it",
	Pointer:  "Point at a mark, or press the arrow keys in a chart, to see model and value, with its interval if it has one. The tables show the same numbers.",

	Warnings:    "Warnings",
	Portraits:   "Whose turn it is",
	Environment: "Environment",
	Plan:        "The plan",
	Scripts: "JavaScript is switched off, so all tables stand one after another. With it, tables sort, tabs show one scenario at a time, charts draw capacities, ratios and response times, and portraits play. " +
		"This page requests nothing from the network.",
	Theme: "Colours", Themes: []Theme{{"", "as the system"}, {"light", "light"}, {"dark", "dark"}},
	Foot:    "Written by Carousel's program `report`, under the Apache License 2.0. This page needs no other file and requests nothing from the network.",
	Licence: "Charts are drawn by uPlot 1.6.32, under the MIT License",
}

// PlayerWords are the words of the portraits' player.
type PlayerWords struct{ Title, Intro, Controls, Back, Play, Forward, Slider, Window, Trace, Keys string }

// Player returns the words of the player of n portraits.
func Player(n int) PlayerWords {
	p := PlayerWords{
		Title:    "Two models, step by step",
		Intro:    "The same eight clients on two servers. Choose two models, and step from one action of a server to the next. The text under the lanes is the server's own trace.",
		Controls: "Time", Back: "A step back", Play: "Play or pause", Forward: "A step forward", Slider: "Instant, in milliseconds", Window: "Show",
		Trace: "The server's trace",
		Keys:  "Keys: ← and → step back and forward, the space bar plays and pauses, Home and End go to the beginning and the end. A click on the lanes goes to that instant. The address holds models and instant, so a link shows the same.",
	}
	if n == 1 {
		p.Title = "One model, step by step"
		p.Intro = "Eight clients on one server. Step from one of its actions to the next. The text under the lanes is the server's own trace."
		p.Keys = strings.Replace(p.Keys, "models and instant", "model and instant", 1)
	}
	return p
}

// Script holds the words that the page's script writes.
var Script = map[string]string{
	"scenario": "Scenarios", "cell": "Cells", "all": "show all", "connection": "connection", "connections": "connections",
	"curves": "Capacity against connections, by model", "ratios": "Ratios to the baseline, by model", "percentiles": "Response times by percentile, by model",
}

// The texts of the player's buttons, the headings of its sides, and the text for a server without a trace.
const (
	Play      = "▶ play"
	Pause     = "❚❚ pause"
	LeftSide  = "Left"
	RightSide = "Right"
	OnlySide  = "Model"
	NoTrace   = "This server wrote no trace of its turns."
)

// Window is how much time the player shows at once.
type Window struct {
	MS   int // milliseconds; 0: the whole play
	Name string
}

// Windows are the choices.
var Windows = []Window{{0, "everything"}, {100, "100 ms"}, {20, "20 ms"}, {5, "5 ms"}, {1, "1 ms"}}

// Facts say, in Markdown, when a run was made, on which machine, in how many rounds and by which programs.
func Facts(f *findings.Findings) []string {
	run := f.Run
	facts := []string{Time(run.Started), units.Processors(run.Processors, "an unknown number of processors"), fmt.Sprintf("%s of %d", units.Plural(run.Rounds, "round"), run.Planned)}
	if findings.Portraits(f.Cells) && run.Rounds == 1 {
		facts[2] = Once
	}
	if cpu := run.Environment["cpu_model"]; cpu != "" {
		facts[1] += " (" + Words(cpu) + ")"
	}
	for _, key := range []string{"commit", "version", "program_servers", "program_loadgen"} {
		if v := run.Environment[key]; v != "" {
			facts = append(facts, Words(strings.TrimPrefix(key, "program_"))+" "+Words(v))
		}
	}
	return slices.Concat(facts, []string{"plan " + Words(run.Plan)})
}

// OverReference names the axis of ratios.
func OverReference(f *findings.Findings) string { return "ratio to " + Name(f.Run.Reference) }
