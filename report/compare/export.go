package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/units"
	"carousel/report/findings"
	"carousel/report/study"
)

// JSON returns the comparison as results/README.md explains it.
func (c *Comparison) JSON() ([]byte, error) { return findings.Indented(c) }

// Smaller returns the changes of metrics of which less is better for github-action-benchmark (its tool customSmallerIsBetter): an entry for
// each model over its cells, in per cent of A.
func (c *Comparison) Smaller() ([]byte, error) { return c.action(true) }

// Bigger returns those of metrics of which more is better (customBiggerIsBetter).
func (c *Comparison) Bigger() ([]byte, error) { return c.action(false) }

func (c *Comparison) action(less bool) ([]byte, error) {
	type entry struct {
		Name  string  `json:"name"`
		Unit  string  `json:"unit"`
		Value float64 `json:"value"`
		Range string  `json:"range"`
		Extra string  `json:"extra"`
	}
	entries := []entry{}
	for _, x := range c.Models {
		if x.Ratio != nil && findings.Less(x.Metric) == less {
			entries = append(entries, entry{
				Name: x.Model + " " + x.Metric, Unit: "% of " + c.A.ID, Value: *number(100 * *x.Ratio),
				Range: "± " + strconv.FormatFloat(*number(50 * (*x.High - *x.Low)), 'f', -1, 64),
				Extra: fmt.Sprintf("%s, over %s, run %s", x.Outcome, units.Plural(x.Over, "cell"), c.B.ID)})
		}
	}
	return findings.Indented(entries)
}

// Bencher returns the changes as Bencher Metric Format: a benchmark for each model, and for each model in each cell. Its measures are the metrics
// of B over those of A, and of cells the figures of B.
func (c *Comparison) Bencher() ([]byte, error) {
	type figure struct {
		Value float64  `json:"value"`
		Low   *float64 `json:"lower_value,omitempty"`
		High  *float64 `json:"upper_value,omitempty"`
	}
	benchmarks := map[string]map[string]figure{}
	for _, x := range slices.Concat(c.Models, c.Cells) {
		name := x.Model
		if x.Cell != nil {
			name += " in " + x.Cell.Name()
		}
		measures := benchmarks[name]
		if measures == nil {
			measures = map[string]figure{}
		}
		if x.Ratio != nil {
			measures[x.Metric+"_ratio"] = figure{*x.Ratio, x.Low, x.High}
		}
		if x.After != nil {
			measures[x.Metric] = figure{Value: *x.After}
		}
		if len(measures) > 0 {
			benchmarks[name] = measures
		}
	}
	return findings.Indented(benchmarks)
}

// Bench returns every round of both runs as lines of Go benchmarks, for benchstat (golang.org/design/14313-benchmark-format): "benchstat -col
// run". It compares plain figures, so the machine is in what it finds.
func (c *Comparison) Bench() ([]byte, error) {
	lines := []string{"pkg: carousel/report", "Unit req/s better=higher", "run: A"}
	lines = append(lines, benchLines(c.samplesA)...)
	lines = append(lines, "run: B")
	lines = append(lines, benchLines(c.samplesB)...)
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// benchLines has a line for each model, cell and round, with all metrics that are known of it.
func benchLines(samples []findings.Sample) (lines []string) {
	at := map[string]int{} // by benchmark and round, its place in lines
	for _, of := range samples {
		for _, s := range of.Servers {
			if s.Control {
				continue
			}
			name := benchName(of.Cell, s.Name)
			for i, v := range s.Figures {
				if !finite(v) {
					continue
				}
				key := fmt.Sprint(name, of.Rounds[i])
				k, known := at[key]
				if !known {
					k = len(lines)
					at[key] = k
					lines = append(lines, name+" 1")
				}
				lines[k] += " " + strconv.FormatFloat(v, 'f', -1, 64) + " " + benchUnit(of.Metric)
			}
		}
	}
	return lines
}

// benchName is a model in a cell as a benchmark: parts between slashes, which a filter of benchstat knows by their keys.
func benchName(cell study.Key, model string) string {
	words := []string{"Benchmark" + strings.ToUpper(cell.Scenario[:1]) + cell.Scenario[1:], "model=" + model, "c=" + strconv.Itoa(cell.Connections)}
	if cell.Idle > 0 {
		words = append(words, "idle="+strconv.Itoa(cell.Idle))
	}
	if cell.RateRPS > 0 {
		words = append(words, "r="+strconv.FormatFloat(cell.RateRPS, 'f', -1, 64))
	}
	if cell.Mode != "" {
		words = append(words, "mode="+cell.Mode)
	}
	words = append(words, "placement="+cell.Placement)
	return strings.Join(strings.Fields(strings.Join(words, "/")), "_")
}

// benchUnit is the unit of a metric. One that ends in "-ns" benchstat shows as a time.
func benchUnit(metric string) string {
	if metric == findings.Rate {
		return "req/s"
	}
	return strings.ReplaceAll(metric, "_", "-")
}
