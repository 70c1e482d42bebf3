package result

import (
	"encoding/json"
	"strings"
)

// The states of a verdict, and of a reason. A valid verdict may still carry remarks, which are valid too.
const (
	Valid   = "valid"
	Suspect = "suspect"
	Invalid = "invalid"
)

// Verdict says whether a record can be believed: its state is that of the worst reason.
type Verdict struct {
	State   string   `json:"state"`
	Reasons []Reason `json:"reasons"`
}

// Reason is what a check found.
type Reason struct {
	Check  string `json:"check"`  // its name, by which reasons of several records are alike; "" in a record of schema 1 whose text is not known
	State  string `json:"state"`  // how far it hurts; "" in a record of schema 1, which does not say
	Text   string `json:"text"`   // what was found
	Advice string `json:"advice"` // what can be done about it; "" in a record of schema 1, where Text says it
}

// String is the whole of it, for a person.
func (r Reason) String() string {
	if r.Advice == "" {
		return r.Text
	}
	return r.Text + ": " + r.Advice
}

// UnmarshalJSON also takes a reason of schema 1, which was a text.
func (r *Reason) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '"' {
		type plain Reason
		return json.Unmarshal(text, (*plain)(r))
	}
	*r = Reason{}
	if err := json.Unmarshal(text, &r.Text); err != nil {
		return err
	}
	for _, known := range schema1Texts {
		if strings.Contains(r.Text, known.words) {
			r.Check = known.check
			break
		}
	}
	return nil
}

// schema1Texts tell the checks of schema 1 apart.
var schema1Texts = []struct{ check, words string }{
	{"starved", "ever answered"},
	{"answers", "no request succeeded"},
	{"interrupted", "the run was"},
	{"connects", "attempts to connect failed"},
	{"errors", "requests failed"},
	{"resent", "sent a second time"},
	{"hey", "hey keeps"},
	{"offered", "offered were served"},
	{"little", "Little's law"},
	{"own-share", "its own processor time"},
	{"lateness", "loadgen was late"},
	{"stall", "loadgen itself stood still"},
	{"steal", "the hypervisor took"},
	{"drops", "the host dropped"},
	{"support", "are too few for"},
}
