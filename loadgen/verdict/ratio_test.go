package verdict

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
)

// compared returns a comparison of a with b, c and twin: in every metric the ratio to a is 0.90 to 0.96 for b, 1.05 to 1.25 for c, and 9 for twin.
func compared(t *testing.T, change func(*result.Comparison)) *result.Comparison {
	c := &result.Comparison{Twin: "twin", Verdict: result.Verdict{State: result.Valid}}
	for _, name := range []string{"a", "b", "c", "twin"} {
		l := closed(t)
		l.Verdict.State = result.Valid
		c.Servers = append(c.Servers, result.Compared{Name: name, Load: l})
		if name == "a" {
			continue
		}
		for _, metric := range result.Metrics {
			r := result.Ratio{Server: name, To: "a", Metric: metric, Ratio: 0.93, Low: 0.9, High: 0.96}
			switch name {
			case "c":
				r.Ratio, r.Low, r.High = 1.15, 1.05, 1.25
			case "twin":
				r.Ratio, r.Low, r.High = 9, 9, 9
			}
			c.Ratios = append(c.Ratios, r)
		}
	}
	if change != nil {
		change(c)
	}
	return c
}

func TestBrokenComparison(t *testing.T) {
	broken := func(texts ...string) (out []Finding) {
		for _, text := range texts {
			out = append(out, Finding{Text: text})
		}
		return out
	}
	interval := func(ratio, low, high float64) func(*result.Comparison) { // sets that of b's rate
		return func(c *result.Comparison) {
			r := c.Ratio("b", result.MetricRate)
			r.Ratio, r.Low, r.High = ratio, low, high
		}
	}
	for _, c := range []struct {
		name, expr string
		change     func(*result.Comparison)
		want       []Finding
	}{
		// The interval of b ends at 0.96, that of c begins at 1.05.
		{"the whole interval is below", "rate_ratio<0.97", nil, broken("rate_ratio<0.97: b serves 0.93 of what a does (0.90 to 0.96)")},
		{"the same in hundredths", "rate_ratio < 97%", nil, broken("rate_ratio < 97%: b serves 0.93 of what a does (0.90 to 0.96)")},
		{"touched from below", "rate_ratio<0.96", nil, nil},
		{"touched from below, which counts", "rate_ratio<=0.96", nil, broken("rate_ratio<=0.96: b serves 0.93 of what a does (0.90 to 0.96)")},
		{"the limit is in the interval", "rate_ratio<=0.95", nil, nil},
		{"below the interval", "rate_ratio<0.5", nil, nil},
		{"the whole interval is above", "p99_ratio>1.04", nil, broken("p99_ratio>1.04: the p99 of c is 1.15 of that of a (1.05 to 1.25)")},
		{"touched from above", "p99_ratio>1.05", nil, nil},
		{"touched from above, which counts", "p99_ratio>=1.05", nil, broken("p99_ratio>=1.05: the p99 of c is 1.15 of that of a (1.05 to 1.25)")},
		{"the limit is in that interval", "p99_ratio>=1.06", nil, nil},
		{"two servers", "p50_ratio>50%", nil,
			broken("p50_ratio>50%: the p50 of b is 0.93 of that of a (0.90 to 0.96)", "p50_ratio>50%: the p50 of c is 1.15 of that of a (1.05 to 1.25)")},
		{"by a little", "rate_ratio<0.97", interval(0.9695, 0.9691, 0.9699), broken("rate_ratio<0.97: b serves 0.9695 of what a does (0.9691 to 0.9699)")},
		{"the steady cost", "target_cpu_ratio>1", func(c *result.Comparison) {
			c.Ratio("c", result.MetricWhole).Low = 0.5
		}, broken("target_cpu_ratio>1: a request costs c 1.15 of what it costs a (1.05 to 1.25)")},
		{"the whole cost", "target_cpu_whole_ratio>1", func(c *result.Comparison) {
			c.Ratio("c", result.MetricSteady).Low = 0.5
		}, broken("target_cpu_whole_ratio>1: a request, waking included, costs c 1.15 of what it costs a (1.05 to 1.25)")},
		{"no twin is excused", "rate_ratio>2", func(c *result.Comparison) { c.Twin = "" }, broken("rate_ratio>2: twin serves 9.00 of what a does (9.00 to 9.00)")},

		{"what lacks is neither", "rate_ratio<0.97", func(c *result.Comparison) {
			*c.Ratio("b", result.MetricRate) = result.Ratio{Server: "b", To: "a", Metric: result.MetricRate, Lacks: "3 cycles are too few"}
		}, []Finding{{"rate_ratio<0.97: not measured for b: 3 cycles are too few", true}}},
		{"what is not there is neither", "rate_ratio<0.97", func(c *result.Comparison) { c.Ratios = nil },
			[]Finding{{"rate_ratio<0.97: not measured for b: the record has no such ratio", true}, {"rate_ratio<0.97: not measured for c: the record has no such ratio", true}}},

		{"every load holds", "p99>5ms", nil, nil},
		{"one load breaks", "errors>0", func(c *result.Comparison) { fail(c.Find("b").Load, 100) }, broken("b: errors>0: errors is 100")},
		{"that of the target too", "errors>0", func(c *result.Comparison) { fail(c.Find("a").Load, 7) }, broken("a: errors>0: errors is 7")},
		{"the verdict of the comparison", "verdict!=valid", func(c *result.Comparison) { c.Verdict.State = result.Suspect }, broken("verdict!=valid: verdict is suspect")},
		{"not that of a load", "verdict!=valid", func(c *result.Comparison) { c.Find("b").Load.Verdict.State = result.Suspect }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := Parse(c.expr)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, Broken([]Gate{g}, compared(t, c.change))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryGateOfSeveral(t *testing.T) {
	var gates []Gate
	for _, expr := range []string{"rate_ratio<0.97", "p99>5s", "p99>0.5ms"} {
		g, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		gates = append(gates, g)
	}
	if found := Broken(gates, compared(t, nil)); len(found) != 5 { // the ratio of b, and the p99 of all four
		t.Errorf("%+v", found)
	}
	if found := Broken(gates, &result.Comparison{}); len(found) != 0 { // an empty record
		t.Errorf("%+v", found)
	}
}

func TestOfRatio(t *testing.T) {
	for _, m := range metrics {
		ratio, cost := false, false
		switch m.name {
		case "target_cpu_ratio", "target_cpu_whole_ratio":
			ratio, cost = true, true
		case "target_cpu_per_request":
			cost = true
		case "rate_ratio", "p50_ratio", "p99_ratio":
			ratio = true
		}
		late := m.name == "lateness_p99" || m.name == "pacer_lateness_p99"
		if g := (Gate{metric: &m}); g.OfRatio() != ratio || g.OfCost() != cost || g.OfLateness() != late {
			t.Errorf("%s: of a ratio %v, of a cost %v", m.name, g.OfRatio(), g.OfCost())
		}
	}
}
