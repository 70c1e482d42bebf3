package carousel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/record"
	"carousel/loadgen/screen"
	"carousel/loadgen/verdict"
	"carousel/report/findings"
	"carousel/report/study"
)

// observed returns the record of 1000 requests a second over 64 connections, as long as length. A request that is due at an instant takes
// target(due); if that is negative, its connection is never answered again.
func observed(t *testing.T, length time.Duration, target func(due time.Duration) time.Duration) *result.Load {
	t.Helper()
	const connections, rate = 64, 1000
	spec := result.DefaultSpec()
	spec.Engine, spec.Connections, spec.Rate, spec.Duration = result.Net, connections, rate, length
	r := record.NewRecorder(connections, true, nil)
	end, over := int64(length), int64(length+spec.Grace)
	r.Open(0)
	r.Close(end, over)
	stuck := 0
	for i := range int64(length.Seconds() * rate) {
		due := i * int64(time.Second/rate)
		sent := due + 20_000 + i%7*1000
		switch took := target(time.Duration(due)); {
		case took >= 0:
			r.Sent(int(i%connections), due)
			r.Late(due, sent, false)
			r.Ended(int(i%connections), due, sent, sent+int64(took), record.OK)
		case stuck < connections:
			stuck++
			r.Sent(int(i%connections), due)
			r.Late(due, sent, false)
			r.Unanswered(int(i%connections), due, sent)
		default:
			r.Unsent(due, record.NoConnection)
		}
	}
	l, err := record.Merge([]*record.Recorder{r}, length)
	if err != nil {
		t.Fatal(err)
	}
	l.Complete, l.Spec = true, spec
	l.Verdict = verdict.Judge(l)
	l.Annotate()
	return l
}

// From six copies of a record report finds the figures that loadgen prints of it. Both withhold the same figures and mark the same ones as
// lower bounds, as the record does. A gate a little above a figure breaks if the figure is withheld or a lower bound.
func TestLoadgenAndReportAgree(t *testing.T) {
	const usual = 200 * time.Microsecond
	for name, c := range map[string]struct {
		load *result.Load
		want string // marks of response p50, p99, p99.9, service p99 and send lateness p99: = shown, > lower bound, - withheld
	}{
		"healthy": {observed(t, 10*time.Second, func(due time.Duration) time.Duration { return usual + due/1e5 }), "====="},
		"few":     {observed(t, 900*time.Millisecond, func(due time.Duration) time.Duration { return usual + due/1e5 }), "=----"},
		"stalled": {observed(t, 10*time.Second, func(due time.Duration) time.Duration {
			if due > 9*time.Second {
				return -1
			}
			return usual
		}), "=>>>>"},
		"overloaded": {observed(t, 10*time.Second, func(due time.Duration) time.Duration { return usual + due/20 }), "---=-"},
	} {
		t.Run(name, func(t *testing.T) {
			var summary strings.Builder
			if err := screen.Summary(&summary, "loadgen", c.load, false); err != nil {
				t.Fatal(err)
			}
			printed := terminalFigures(t, summary.String())

			dir := t.TempDir()
			for round := range 6 {
				trial := result.Trial{Schema: result.Schema, Round: round + 1, Load: c.load,
					Cell: result.Cell{Model: "epoll", Scenario: "paced", Connections: 64, RateRPS: 1000, Placement: result.Split}}
				if err := result.Append(dir, trial); err != nil {
					t.Fatal(err)
				}
			}
			trials, _, err := result.ReadTrials(dir)
			if err != nil {
				t.Fatal(err)
			}
			found := findings.Of(study.New(result.Run{Rounds: 6}, trials, nil)).Cells[0].Models[0].Figures

			marks, read := "", trials[0].Load
			for _, figure := range []struct {
				row, column, metric string
				gate, name          string
				of                  result.Latency
			}{
				{"response time", "p50", findings.P50, "p50", "p50", read.Latency}, {"response time", "p99", findings.P99, "p99", "p99", read.Latency},
				{"response time", "p99.9", findings.P999, "p999", "p999", read.Latency}, {"service time", "p99", findings.Service, "service_p99", "p99", read.Service},
				{"send lateness", "p99", findings.Lateness, "lateness_p99", "p99", read.Lateness},
			} {
				loadgens, reports := printed[figure.row][figure.column], "-"
				if f, is := found[figure.metric]; is {
					reports = plainFigure(t, units.Duration(f.Value))
					if f.AtLeast {
						reports = ">=" + reports
					}
				}
				if loadgens == "" {
					loadgens = "-" // its row is not shown
				}
				if reports != loadgens {
					t.Errorf("%s %s: loadgen prints %q, report finds %q", figure.row, figure.column, loadgens, reports)
				}
				mark, recorded := "=", "="
				switch {
				case reports == "-":
					mark = "-"
				case strings.HasPrefix(reports, ">="):
					mark = ">"
				}
				switch {
				case figure.of.Withheld[figure.name] != "":
					recorded = "-"
				case slices.Contains(figure.of.AtLeast, figure.name):
					recorded = ">"
				}
				if recorded != mark {
					t.Errorf("%s %s: the record has the mark %q, report finds %q", figure.row, figure.column, recorded, mark)
				}
				gate, err := verdict.Parse(fmt.Sprintf("%s>%.0fns", figure.gate, 1.02*figure.of.Figure(figure.name)+1))
				if err != nil {
					t.Fatal(err)
				}
				if broken, why := gate.Broken(read); broken != (mark != "=") {
					t.Errorf("%s is broken: %v (%s), report finds the mark %q", gate.Expr, broken, why, mark)
				}
				marks += mark
			}
			if marks != c.want {
				t.Errorf("marks %q, want %q in\n%s", marks, c.want, &summary)
			}
		})
	}
}

// plainFigure converts a figure of either program to a duration with its mark.
func plainFigure(t *testing.T, text string) string {
	t.Helper()
	text = strings.NewReplacer("≥", ">=", "–", "-", "\u00a0", "", " ", "").Replace(text)
	number := strings.TrimPrefix(text, ">=")
	if text == "-" {
		return text
	}
	d, err := time.ParseDuration(number)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(text, number) + d.String()
}

// terminalFigures returns the figures of loadgen's summary, by row and column.
func terminalFigures(t *testing.T, summary string) map[string]map[string]string {
	t.Helper()
	before, rest, _ := strings.Cut(summary, " p50 ")
	lines := strings.Split(before[strings.LastIndex(before, "\n")+1:]+" p50 "+rest, "\n")
	heads, found := strings.Fields(lines[0]), map[string]map[string]string{}
	for _, line := range lines[1:] {
		for _, label := range []string{"response time", "service time", "send lateness"} {
			text, is := strings.CutPrefix(strings.TrimSpace(line), label)
			cells := strings.Fields(text)
			if !is || len(cells) != len(heads) {
				continue
			}
			found[label] = map[string]string{}
			for i, head := range heads {
				found[label][head] = plainFigure(t, cells[i])
			}
		}
	}
	return found
}
