package screen

import (
	"strings"
	"testing"
	"time"

	"carousel/internal/golden"
	"carousel/internal/result"
	"carousel/loadgen/cli"
)

// The golden files are what people see; look at them when they change.
func TestSearch(t *testing.T) {
	at := func(rate float64, length time.Duration) *result.Load {
		l := example(t)
		l.Spec.Rate, l.Spec.Duration, l.Spec.Spin, l.RateRPS = rate, length, 35*time.Microsecond, rate
		l.Verdict = result.Verdict{State: result.Valid}
		return l
	}
	steps := []result.Step{
		{Level: 4900, Outcome: result.Holds, Why: []string{"p99 1.20ms", "errors 0 %"}, Load: at(4900, time.Second)},
		{Level: 9800, Outcome: result.Void, Why: []string{"the hypervisor took 7 % of the processors' time"}, Load: at(9800, time.Second)},
		{Level: 9800, Outcome: result.Limited, Why: []string{"loadgen used 90 % of its own processor time"}, Load: at(9800, time.Second)},
		{Level: 6930, Outcome: result.Fails, Why: []string{"p99 7.20ms"}, Load: at(6930, time.Second)},
		{Level: 4900, Confirms: true, Outcome: result.Holds, Why: []string{"p99 1.30ms"}, Load: at(4900, 3*time.Second)},
	}
	one, two := []string{"p99<5ms"}, []string{"p99<5ms", "errors<0.1%"}
	for name, s := range map[string]*result.Search{
		"found": {Complete: true, Conditions: two, Steps: steps, Answer: result.Answer{Outcome: result.Found, Level: 4900, Above: 6930}},
		"at-least": {Complete: true, Conditions: one, Steps: steps,
			Answer: result.Answer{Outcome: result.AtLeast, Level: 4900, Above: 9800, Why: "loadgen itself is the limit: loadgen used 90 % of its own processor time"}},
		"no-higher": {Complete: true, Conditions: one, Steps: steps, Answer: result.Answer{Outcome: result.AtLeast, Level: 4900, Why: "there is no finer schedule"}},
		"not-even":  {Complete: true, Conditions: one, Steps: steps[3:4], Answer: result.Answer{Outcome: result.NotEven, Above: 6930, Why: "p99 7.20ms"}},
		"untold": {Complete: true, Conditions: two, Steps: steps[:2],
			Answer: result.Answer{Outcome: result.NoAnswer, Level: 4900, Above: 9800, Why: "the hypervisor took 7 % of the processors' time"}},
		"interrupted": {Conditions: one, Steps: steps[:1], Answer: result.Answer{Outcome: result.NoAnswer, Level: 4900, Why: "it was interrupted"}},
		"nothing":     {Conditions: one, Answer: result.Answer{Outcome: result.NoAnswer, Why: "it was interrupted"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.Over = result.OverRate
			var out strings.Builder
			for _, step := range s.Steps {
				out.WriteString(Step(s.Over, step) + "\n")
			}
			if err := Search(&out, "loadgen --find-max", cli.Command, s, false); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "search-"+name+".txt", out.String())
		})
	}
}

func TestLevel(t *testing.T) {
	for want, got := range map[string]string{
		"1 connection":      Level(result.OverConnections, 1),
		"1,234 connections": Level(result.OverConnections, 1234),
		"18.3/s":            Level(result.OverRate, 18.33),
		"4,900/s":           Level(result.OverRate, 4900),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
