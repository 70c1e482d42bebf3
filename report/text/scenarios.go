package text

import (
	"fmt"

	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/study"
)

// thinkingTable says at which number of silent connections a model stopped answering.
func thinkingTable(g *study.Group) Table {
	t := Table{Words: 2, Header: []string{"model", "a probe beside silent connections", "rounds", "longest wait"}}
	for _, c := range g.Cells {
		borne, limit := c.Silent()
		row := []string{code(c.Model), unranked(c, study.Rate), "", ""}
		if len(borne) > 0 {
			sum := stats.Summarize(borne.Values())
			deaf, wait := c.Deaf()
			unanswered := fmt.Sprintf("unanswered beside %s", units.Plural(int(sum.Low)+1, "silent connection"))
			row[1], row[2] = fmt.Sprintf("answered beside all %d", limit), fmt.Sprint(sum.N)
			switch {
			case deaf > 0 && c.Bears():
				row[1] += ", but" + inRounds(deaf, c) + " " + unanswered
			case deaf > 0:
				row[1] = unanswered + inRounds(deaf, c)
				if sum.High > sum.Low && deaf == sum.N {
					row[1] += fmt.Sprintf(" (in the best round beside %d)", int(sum.High)+1)
				}
			}
			if deaf > 0 {
				row[3] = units.Duration(float64(wait))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// blockTable puts handlers that block beside handlers that wait.
func blockTable(s *study.Study, block, sleep *study.Group) Table {
	one, all := block.Ideals()
	t := Table{Words: 1, Header: []string{"model", "/block, requests/s", "÷ " + units.Rate(one) + "/s", "÷ " + units.Rate(all) + "/s",
		"/sleep, requests/s", "÷ " + units.Rate(all) + "/s"}}
	for _, model := range s.Models() {
		b, z := block.Cell(model), sleep.Cell(model)
		if b == nil && z == nil {
			continue
		}
		row := []string{code(model)}
		for _, side := range []struct {
			cell   *study.Cell
			ideals []float64
		}{{b, []float64{one, all}}, {z, []float64{all}}} {
			if side.cell == nil {
				row = append(row, make([]string, 1+len(side.ideals))...)
				continue
			}
			row = append(row, rateOrWhy(side.cell))
			for _, ideal := range side.ideals {
				times := ""
				if sum := side.cell.Summary(study.Rate); sum.N > 0 && !side.cell.Starved() {
					times = units.Ratio(sum.Median / ideal)
				}
				row = append(row, times)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// opinionTable puts loadgen's own engine beside another.
func opinionTable(o study.Opinion) Table {
	t := Table{Words: 1, Header: []string{"figure", "loadgen", words(o.Other.Engine), words(o.Other.Engine) + " ÷ loadgen", "range", "within 5 %"}}
	for _, m := range []study.Metric{study.Rate, study.Mean, study.P50} {
		ratio := o.Ratio(m)
		row := []string{m.Name, value(m, o.Own.Summary(m).Median), value(m, o.Other.Summary(m).Median), units.None, "", units.None}
		if ratio.N > 0 {
			row[3] = units.Ratio(ratio.Median)
			row[4] = units.Ratio(ratio.Low) + "–" + units.Ratio(ratio.High)
			row[5] = "no"
			if ratio.Median < 1.05 && ratio.Median > 1/1.05 {
				row[5] = "yes"
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// expectationTable puts what was stated before the run beside what was measured: models down, scenarios across.
func expectationTable(list []study.Expectation) Table {
	t := Table{Header: []string{"model"}}
	column, row := map[string]int{}, map[string]int{}
	for _, e := range list {
		if column[e.Scenario] == 0 {
			t.Header = append(t.Header, e.Scenario)
			column[e.Scenario] = len(t.Header) - 1
		}
	}
	t.Words = len(t.Header)
	for _, e := range list {
		if _, ok := row[e.Model]; !ok {
			row[e.Model] = len(t.Rows)
			t.Rows = append(t.Rows, make([]string, len(t.Header)))
			t.Rows[row[e.Model]][0] = code(e.Model)
		}
		said := "held: " + words(e.Expected)
		switch {
		case e.Measured == "":
			said = "not measured (expected " + words(e.Expected) + ")"
		case e.Measured != e.Expected:
			said = fmt.Sprintf("**did not hold**: expected %s, measured %s", words(e.Expected), e.Measured)
		}
		t.Rows[row[e.Model]][column[e.Scenario]] = said
	}
	return t
}
