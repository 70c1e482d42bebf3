package protocol

import (
	"slices"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// pacedRate is the rate that cells with a rule are offered: half the slowest model's rate, among the models that served every connection
// of the reference level in the first round; 0 while there is none. A model's rate is its median over the levels of a
// few connections and more, so that one disturbed trial does not decide it. It follows from the trials alone, so an
// interrupted run finds it again.
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

// lowerMedian is the middle one of rates, of which there is one at least, or the lower of the two in the middle.
func lowerMedian(rates []float64) float64 {
	return slices.Sorted(slices.Values(rates))[(len(rates)-1)/2]
}
