package verdict

import (
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/usage"
)

// TestJudgeComparison changes one thing in a comparison without fault, and expects one reason.
func TestJudgeComparison(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*result.Comparison)
		check  string // the check of the only reason; "": there is no reason
		state  string
	}{
		{"without fault", func(*result.Comparison) {}, "", result.Valid},
		{"a server whose figures are invalid", func(c *result.Comparison) { c.Servers[1].Load.Requests.OK = 0 }, "servers", result.Invalid},
		{"a server that had no slice yet", func(c *result.Comparison) { c.Servers[1].Load.Requests.OK, c.Servers[1].Slices = 0, nil }, "", result.Valid},
		{"a server in trouble", func(c *result.Comparison) { c.Servers[1].Trouble = "stood still for 1.00 s" }, "servers", result.Suspect},
		{"ended early", func(c *result.Comparison) { c.Complete = false }, "interrupted", result.Suspect},
		{"the client is busy", func(c *result.Comparison) { c.Servers[1].Load.Host.OwnShare = 0.8 }, "client", result.Valid},
		{"the client sets the pace", func(c *result.Comparison) { c.Servers[1].Load.Host.OwnShare = 0.95 }, "client", result.Suspect},
		{"which at a fixed rate it does not", func(c *result.Comparison) {
			for i := range c.Servers {
				c.Servers[i].Load.Spec.Rate, c.Servers[i].Load.Host.OwnShare = 1000, 0.95
			}
		}, "", result.Valid},
		{"slices too short", func(c *result.Comparison) { c.NeededNS = 2 * c.SliceNS }, "slices", result.Suspect},
		{"a restless server", func(c *result.Comparison) { c.Servers[0].IdleShare = 0.02 }, "idle", result.Valid},
		{"a very restless one", func(c *result.Comparison) { c.Servers[0].IdleShare = 0.2 }, "idle", result.Suspect},
		{"a twin that differs", func(c *result.Comparison) { c.Twin = "b"; c.Ratios[0].Outcome = result.Higher }, "twin", result.Valid},
		{"programs beside", func(c *result.Comparison) { c.BesideShare = 0.2 }, "beside", result.Valid},
		{"which spoilt it", func(c *result.Comparison) {
			c.BesideShare = 0.2
			c.Ratios[0] = result.Ratio{Server: "b", To: "a", Metric: result.MetricRate, Ratio: 1, Low: 0.9, High: 1.1, Outcome: result.Undecided}
		}, "beside", result.Suspect},
		{"which are not known where a process is not", func(c *result.Comparison) { c.BesideShare = 0.2; c.Servers[1].Load.TargetCPU = nil }, "", result.Valid},
		{"pairs that were repeated", func(c *result.Comparison) { c.Servers[1].Slices[7].Disturbed = true }, "disturbed", result.Valid},
		{"a hypervisor that takes", func(c *result.Comparison) { c.Host.StealShare = 0.1 }, "steal", result.Suspect},
	} {
		t.Run(c.name, func(t *testing.T) {
			record := sound()
			c.change(record)
			JudgeComparison(record)
			v := record.Verdict
			if v.State != c.state || len(v.Reasons) != len(c.check[:min(1, len(c.check))]) || c.check != "" && v.Reasons[0].Check != c.check {
				t.Errorf("%s, reasons %+v; want %s and %q", v.State, v.Reasons, c.state, c.check)
			}
		})
	}
}

// The verdict has how many pairs of cycles were measured again; a pair counts once for all servers.
func TestDisturbedPairs(t *testing.T) {
	record := sound()
	record.Cycles = 12
	for k := range record.Servers {
		list := &record.Servers[k].Slices
		*list = nil
		for cycle := range 16 {
			*list = append(*list, result.Slice{Cycle: cycle, Disturbed: cycle == 4 || cycle == 5 || cycle == 14 || cycle == 15})
		}
	}
	if _, text, _ := checkDisturbed(record); text != "2 of 8 pairs of cycles count nowhere, as other programs took over 10 % of the processors in them" {
		t.Error(text)
	}
}

// The advice about slices that are too short is the flag that makes them longer.
func TestAdviceOnSlices(t *testing.T) {
	for _, c := range []struct {
		given, slice, wanted int64
		want                 string
	}{
		{25e6, 50e6, 400e6, "use -d 1m20s or longer"},
		{25e6, 25e6, 400_000_001, "use --slice 401ms or longer"},
	} {
		record := sound()
		record.GivenNS, record.SliceNS, record.NeededNS = c.given, c.slice, c.wanted
		if _, _, advice := checkSlices(record); advice != c.want {
			t.Errorf("%+v: %s", c, advice)
		}
	}
}

// sound is a comparison without fault.
func sound() *result.Comparison {
	c := &result.Comparison{Complete: true, Cycles: 200, SliceNS: 25e6, GivenNS: 25e6, NeededNS: 25e6}
	for _, name := range []string{"a", "b"} {
		spec := result.DefaultSpec()
		spec.Connections, spec.Duration = 1, 10*time.Second
		l := &result.Load{Complete: true, Spec: spec, RateRPS: 1000, InFlight: 1, TargetCPU: &usage.CPU{UserNS: 1}, SliceNS: 75e6, Timed: 10}
		l.Window.ElapsedNS = int64(10 * time.Second)
		l.Requests = result.Requests{Planned: 10_000, Sent: 10_000, OK: 10_000}
		l.Connections = result.Connections{Opened: 1, Used: 1, Answered: 1}
		c.Servers = append(c.Servers, result.Compared{Name: name, Load: l, Slices: make([]result.Slice, 200)})
	}
	c.Ratios = []result.Ratio{{Server: "b", To: "a", Metric: result.MetricRate, Ratio: 1, Low: 0.99, High: 1.01, Outcome: result.Same}}
	return c
}
