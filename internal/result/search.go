package result

// What a search is over.
const (
	OverRate        = "rate"
	OverConnections = "connections"
)

// The outcomes of a step: it holds; it fails, by the server's doing; loadgen could offer no more; the host or loadgen disturbed it, so it
// does not count.
const (
	Holds   = "holds"
	Fails   = "fails"
	Limited = "limited"
	Void    = "void"
)

// The outcomes of a search.
const (
	Found    = "found"    // the level is the highest that holds
	AtLeast  = "at-least" // it holds, and above it the search could not look
	NotEven  = "not-even" // the lowest level that was tried fails
	NoAnswer = "untold"   // too few steps count
)

// Search is loadgen's record of how it looked for the highest level of a load at which conditions hold.
type Search struct {
	Schema     int      `json:"schema"`
	Complete   bool     `json:"complete"`        // false: it was interrupted, or the target was gone
	Over       string   `json:"over"`            // rate or connections: what levels are
	Conditions []string `json:"conditions"`      // as they were given; all of them must hold
	Probe      *Load    `json:"probe,omitempty"` // the closed loop that says where rates begin, where that was not given
	Steps      []Step   `json:"steps"`           // in order
	Answer     Answer   `json:"answer"`
}

// Step is one load of a search, over fresh connections.
type Step struct {
	Level    float64  `json:"level"`              // rate offered per second, or connections
	Confirms bool     `json:"confirms,omitempty"` // it was a longer one, of a level that held
	Outcome  string   `json:"outcome"`
	Why      []string `json:"why,omitempty"` // what the outcome is due to; where it holds, the figures of the conditions
	Load     *Load    `json:"load"`
}

// Answer is what a search found.
type Answer struct {
	Outcome string  `json:"outcome"`
	Level   float64 `json:"level"`         // the highest that held; 0: none did
	Above   float64 `json:"above"`         // the lowest level above it that did not hold; 0: none was tried
	Why     string  `json:"why,omitempty"` // what an outcome other than found is due to
}

// Confirming is the step that confirmed the answer, nil where none did.
func (s *Search) Confirming() *Step {
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Confirms && step.Outcome == Holds && step.Level == s.Answer.Level {
			return step
		}
	}
	return nil
}
