package chart

import (
	"fmt"

	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/study"
)

// cost draws what a request costs the server and the client, one bar on the other: loopback bills much of receiving to
// the sender, so only the sum is free of who happened to pay.
func cost(s *study.Study) (figure, bool) {
	g := s.Main()
	if g == nil {
		return figure{}, false
	}
	var b rows
	for _, cell := range g.Cells {
		server, client := cell.Summary(study.ServerTime), cell.Summary(study.ClientTime)
		if cell.Engine != "" || server.N == 0 || client.N == 0 {
			continue
		}
		starved := cell.Starved()
		servers, clients := dark, light
		servers.hollow, clients.hollow = starved, starved
		us := func(ns float64) float64 { return ns / 1000 }
		total := bar{
			parts: []float64{us(server.Median), us(client.Median)}, fills: []fill{servers, clients},
			label: units.Micros(server.Median) + " + " + units.Micros(client.Median),
		}
		for _, v := range cell.Series(study.BothTime).Values() {
			total.trials = append(total.trials, us(v))
		}
		if starved {
			total.label += fmt.Sprintf("  (%v)", cell.Hunger())
		}
		b.rows = append(b.rows, row{cell.Model, []bar{total}})
	}
	if len(b.rows) == 0 {
		return figure{}, false
	}
	f := barFigure(b)
	f.x = "processor time per request (µs)"
	f.title = fmt.Sprintf("Processor time per request, %d connections", g.Connections)
	f.subtitle = where(s, g.Placement, "closed loop", "GET /")
	f.caption = "User and system time of the whole process tree over the measured window, per answered request. Bars and figures are medians, dots the sums of single trials. " +
		"Loopback bills much of receiving to the sender, so look at the sum too. Hollow: a connection was never answered."
	f.legend = []entry{barEntry("server", dark), barEntry("client", light), dotEntry("a trial's sum")}
	return f, true
}

// absent says why a cell has no bar.
func absent(c *study.Cell) string {
	if c.Standing(study.Rate) == study.NotApplicable {
		return "n/a: " + name(c.NA)
	}
	return "not measured"
}

// thinking draws how many silent connections a model bears while it still answers a probe.
func thinking(s *study.Study) (figure, bool) {
	groups := s.Find("thinking", "")
	if len(groups) == 0 {
		return figure{}, false
	}
	g := groups[0]
	var b rows
	most := 0
	for _, cell := range g.Cells {
		borne, limit := cell.Silent()
		if len(borne) == 0 {
			continue
		}
		most = max(most, limit)
		sum := stats.Summarize(borne.Values())
		label := fmt.Sprintf("the probe beside %s went unanswered", units.Plural(int(sum.Low)+1, "silent connection"))
		switch deaf, _ := cell.Deaf(); {
		case deaf == 0:
			label = "every probe answered"
		case deaf < cell.Rounds():
			label = fmt.Sprintf("in %d of %d rounds ", deaf, cell.Rounds()) + label
		}
		b.rows = append(b.rows, row{cell.Model, []bar{{
			parts: []float64{sum.Median}, fills: []fill{dark}, trials: borne.Values(), label: label,
		}}})
	}
	if len(b.rows) == 0 {
		return figure{}, false
	}
	b.marks = []mark{{float64(most), fmt.Sprintf("most tried: %d", most)}}
	f := barFigure(b)
	f.x = "silent connections while a probe beside them is still answered"
	f.title = "Thinking clients: how many may say nothing before nobody is served"
	f.subtitle = where(s, g.Placement)
	f.caption = "Connections that say nothing are opened one by one; after each, one more client asks a question. Bars are medians, every dot is a trial."
	f.legend = []entry{barEntry("median", dark), dotEntry("a trial")}
	return f, true
}

// blockSleep draws what blocking the thread does to everybody else.
func blockSleep(s *study.Study) (figure, bool) {
	blocks, sleeps := s.Find("block", ""), s.Find("sleep", "")
	if len(blocks) == 0 || len(sleeps) == 0 {
		return figure{}, false
	}
	block, sleep := blocks[0], sleeps[0]
	var b rows
	for _, model := range s.Models() {
		r := row{name: model}
		for _, side := range []struct {
			cell *study.Cell
			fill fill
		}{{block.Cell(model), dark}, {sleep.Cell(model), light}} {
			if side.cell == nil {
				continue
			}
			sum := side.cell.Summary(study.Rate)
			if sum.N == 0 {
				r.bars = append(r.bars, bar{label: absent(side.cell)})
				continue
			}
			one := bar{parts: []float64{sum.Median}, fills: []fill{side.fill}, trials: side.cell.Series(study.Rate).Values(),
				label: units.Rate(sum.Median)}
			if side.cell.Starved() {
				one.fills[0].hollow = true
				one.label += fmt.Sprintf("  (%v)", side.cell.Hunger())
			}
			r.bars = append(r.bars, one)
		}
		if len(r.bars) > 0 {
			b.rows = append(b.rows, r)
		}
	}
	if len(b.rows) == 0 {
		return figure{}, false
	}
	one, all := block.Ideals()
	b.marks = []mark{{one, units.Count(one) + "/s"}, {all, units.Count(all) + "/s"}}
	f := barFigure(b)
	f.x = "requests per second"
	f.title = fmt.Sprintf("Handlers that block the thread beside handlers that wait, %s, %d connections", units.Duration(float64(block.Delay())), block.Connections)
	f.subtitle = where(s, block.Placement, "closed loop")
	f.caption = fmt.Sprintf("Dashed: %s/s, one handler after another; %s/s, all %d at once. Bars and figures are medians, every dot is a trial. Hollow: a connection was never answered.",
		units.Count(one), units.Count(all), block.Connections)
	f.legend = []entry{barEntry("/block", dark), barEntry("/sleep", light), dotEntry("a trial")}
	return f, true
}
