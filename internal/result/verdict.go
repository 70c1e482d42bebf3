package result

import (
	"encoding/json"
	"strings"
)

// The states of a verdict, and of a reason. A valid verdict may have reasons that are remarks: their state is valid too.
const (
	Valid   = "valid"
	Suspect = "suspect"
	Invalid = "invalid"
)

// Verdict is whether the figures of a record can be trusted. Its state is that of the worst reason.
type Verdict struct {
	State   string   `json:"state"`
	Reasons []Reason `json:"reasons"`
}

// Reason is what a check found.
type Reason struct {
	Check  string `json:"check"`  // name of the check; "" in a record of schema 1 with an unknown text
	State  string `json:"state"`  // verdict for this reason alone; "" in a record of schema 1
	Text   string `json:"text"`   // what was found
	Advice string `json:"advice"` // what to do about it; "" in a record of schema 1, where Text includes it
}

// String is the text and the advice.
func (r Reason) String() string {
	if r.Advice == "" {
		return r.Text
	}
	return r.Text + ": " + r.Advice
}

// UnmarshalJSON also accepts a reason of schema 1, which was a string.
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

// schema1Texts identify the checks of schema 1 by a part of their text.
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
