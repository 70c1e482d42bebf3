package chart

import (
	"fmt"

	"carousel/internal/units"
	"carousel/report/study"
)

// download draws how long requests wait while a client saves files in three ways.
func download(s *study.Study) (figure, bool) {
	groups := s.Find("download", "")
	if len(groups) == 0 {
		return figure{}, false
	}
	fills := map[string]fill{study.Modes[0]: mid, study.Modes[1]: light, study.Modes[2]: dark}
	var b rows
	for _, model := range s.Models() {
		r := row{name: model}
		for _, g := range groups {
			cell := g.Cell(model)
			if cell == nil {
				continue
			}
			wait := cell.Summary(study.Beside90)
			switch {
			case cell.Starved():
				r.bars = append(r.bars, bar{label: cell.Hunger().String()})
			case wait.N == 0:
				r.bars = append(r.bars, bar{label: absent(cell)})
			default:
				one := bar{parts: []float64{wait.Median / 1e6}, fills: []fill{fills[g.Mode]}, label: units.Duration(wait.Median)}
				for _, v := range cell.Series(study.Beside90).Values() {
					one.trials = append(one.trials, v/1e6)
				}
				r.bars = append(r.bars, one)
			}
		}
		if len(r.bars) > 0 {
			b.rows = append(b.rows, r)
		}
	}
	if len(b.rows) == 0 {
		return figure{}, false
	}
	g := groups[len(groups)-1]
	f := barFigure(b)
	f.x = "90th percentile of response time of the small replies (ms)"
	f.title = "What a synchronous write does to an asynchronous client"
	f.subtitle = where(s, g.Placement, units.Rate(g.RateRPS)+" requests per second")
	f.caption = "Ten pictures in turn, each through a redirect, and nine small replies after each; every body is saved to a file. One by one: 1 connection, each file is written before the client goes on. " +
		fmt.Sprintf("All at once: %d connections, files are handed to other threads. Inline: as many, the thread that sends and receives writes them. ", g.Connections) +
		"Timed from when a request was due, its own file not included. Bars and figures are medians, every dot is a trial."
	f.legend = []entry{barEntry("one by one", mid), barEntry("all at once", light), barEntry("inline", dark), dotEntry("a trial")}
	return f, true
}
