package protocol

import (
	"slices"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// pacedRate returns the offered rate of cells with a rule: half the rate of the slowest model, among the models that served every
// connection of the reference level in the first round; 0 if there is none. A model's rate is its median over the levels from scenario.Few
// connections on, so that one disturbed trial does not decide it. It depends on the trials alone, so a resumed run computes the
// same rate.
func pacedRate(trials []result.Trial, placement string) float64 {
	rates, served := map[string][]float64{}, map[string]bool{}
	for _, t := range trials {
		c, l := t.Cell, t.Load
		if t.Round != 1 || c.Scenario != "hello" || c.Connections < scenario.Few || c.Placement != placement || c.Control || c.Model == result.Null ||
			l == nil || t.Failed != "" || l.RateRPS <= 0 || l.Connections.Answered < int64(c.Connections) {
			continue
		}
		rates[c.Model] = append(rates[c.Model], l.RateRPS)
		served[c.Model] = served[c.Model] || c.Connections == scenario.ReferenceLevel
	}
	slowest := 0.0
	for model, all := range rates {
		if rate := lowerMedian(all); served[model] && (slowest == 0 || rate < slowest) {
			slowest = rate
		}
	}
	return float64(int64(slowest / 2))
}

// lowerMedian returns the median of rates, of an even number the lower of the middle two. rates must not be empty.
func lowerMedian(rates []float64) float64 {
	return slices.Sorted(slices.Values(rates))[(len(rates)-1)/2]
}
