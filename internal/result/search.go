package result

// The levels of a search: rates or numbers of connections.
const (
	OverRate        = "rate"
	OverConnections = "connections"
)

// The outcomes of a step: it holds; it fails because of the server; loadgen could not offer more; or the host or loadgen disturbed it, so that it
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

// Search is loadgen's record of a search for the highest level at which conditions hold.
type Search struct {
	Schema     int      `json:"schema"`
	Complete   bool     `json:"complete"`        // false: it was interrupted, or the target was gone
	Over       string   `json:"over"`            // rate or connections: what a level is
	Conditions []string `json:"conditions"`      // as they were given; all of them must hold
	Probe      *Load    `json:"probe,omitempty"` // the closed loop that gave the first rate; nil: -r gave it
	Steps      []Step   `json:"steps"`           // in order
	Answer     Answer   `json:"answer"`
}

// Step is one load of a search, over fresh connections.
type Step struct {
	Level    float64  `json:"level"`              // rate offered per second, or connections
	Confirms bool     `json:"confirms,omitempty"` // a longer step at a level that held
	Outcome  string   `json:"outcome"`
	Why      []string `json:"why,omitempty"` // reasons of the outcome; if it holds, the figures of the conditions
	Load     *Load    `json:"load"`
}

// Answer is what a search found.
type Answer struct {
	Outcome string  `json:"outcome"`
	Level   float64 `json:"level"`         // the highest that held; 0: none did
	Above   float64 `json:"above"`         // the lowest level above it that did not hold; 0: none was tried
	Why     string  `json:"why,omitempty"` // reason of an outcome other than found
}

// Confirming returns the step that confirmed the answer, nil if none did.
func (s *Search) Confirming() *Step {
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Confirms && step.Outcome == Holds && step.Level == s.Answer.Level {
			return step
		}
	}
	return nil
}
