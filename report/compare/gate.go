package compare

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"carousel/report/findings"
)

// Gate is a condition on ratios of B to A, under which a comparison has failed: "target_cpu_whole_ratio>1.03".
type Gate struct {
	Expr   string
	metric string // "" for any, turned so that above 1 is worse
	op     string
	limit  float64
}

// gates are the names of metrics, as loadgen --fail-if has them where it has them.
var gates = []struct{ name, metric string }{
	{"worse_ratio", ""}, // any of the others
	{"rate_ratio", findings.Rate},
	{"p50_ratio", findings.P50},
	{"p99_ratio", findings.P99},
	{"target_cpu_whole_ratio", findings.Whole},
	{"both_cpu_ratio", findings.Both},
	{"beside_p50_ratio", findings.Beside50},
	{"beside_p90_ratio", findings.Beside90},
	{"beside_p99_ratio", findings.Beside99},
	{"total_ratio", findings.Total},
	{"peak_memory_ratio", findings.Memory},
	{"calls_ratio", findings.Calls},
}

// Gates are the names that a Gate may have.
func Gates() (names []string) {
	for _, g := range gates {
		names = append(names, g.name)
	}
	return names
}

var grammar = regexp.MustCompile(`^\s*([a-zA-Z0-9_]+)\s*(>=|<=|>|<)\s*([0-9.]+)(%?)\s*$`)

// ParseGate reads a name of Gates, one of > < >= <=, and a limit: a ratio, or with % the same in hundredths. The error says what there is.
func ParseGate(expr string) (Gate, error) {
	m := grammar.FindStringSubmatch(expr)
	if m == nil {
		return Gate{}, fmt.Errorf("%q: it takes a metric, one of > < >= <=, and a ratio, as in worse_ratio>1.03 or rate_ratio<97%%", expr)
	}
	limit, err := strconv.ParseFloat(m[3], 64)
	if err != nil || limit <= 0 {
		return Gate{}, fmt.Errorf("%q: %s is no ratio: write one above 0, such as 1.03", expr, m[3])
	}
	if m[4] != "" {
		if limit /= 100; limit < 0.5 { // probably meant as a change
			return Gate{}, fmt.Errorf("%q: %s%% is a ratio of %.3g: write %.3g if you mean that, %s>1.05 for 5 %% more, %s<0.95 for 5 %% less", expr, m[3], limit, limit, m[1], m[1])
		}
	}
	for _, g := range gates {
		if g.name == strings.ToLower(m[1]) {
			return Gate{strings.TrimSpace(expr), g.metric, m[2], limit}, nil
		}
	}
	return Gate{}, fmt.Errorf("%q: unknown metric %s; there are %s", expr, m[1], strings.Join(Gates(), " "))
}

// Broken returns the changes that break the gate: they are sure, and the whole interval is beyond the limit.
func (g Gate) Broken(c *Comparison) (broken []Change) {
	for _, x := range g.covers(c) {
		if !x.Surely() {
			continue
		}
		low, high := *x.Low, *x.High
		if g.metric == "" && !findings.Less(x.Metric) {
			low, high = 1/high, 1/low
		}
		if g.holds(low) && g.holds(high) {
			broken = append(broken, x)
		}
	}
	return broken
}

// Known reports whether there is a figure that the gate is about.
func (g Gate) Known(c *Comparison) bool {
	for _, x := range g.covers(c) {
		if x.Ratio != nil {
			return true
		}
	}
	return false
}

// covers are the changes that the gate is about: over all cells of a model, and in each cell.
func (g Gate) covers(c *Comparison) (all []Change) {
	for _, list := range [][]Change{c.Models, c.Cells} {
		for _, x := range list {
			if g.metric == "" || x.Metric == g.metric {
				all = append(all, x)
			}
		}
	}
	return all
}

func (g Gate) holds(v float64) bool {
	switch g.op {
	case ">":
		return v > g.limit
	case "<":
		return v < g.limit
	case ">=":
		return v >= g.limit
	}
	return v <= g.limit
}
