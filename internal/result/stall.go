package result

import (
	"encoding/json"
	"path/filepath"
	"time"
)

// StallFile is the name of a Stall in its folder.
const StallFile = "stall.json"

// Stall is what load generators reported of a server that stood still for a while, each in a run of its own.
type Stall struct {
	Schema     int           `json:"schema"`
	Processors int           `json:"processors"` // of the machine; server and client had one each
	Rounds     int           `json:"rounds"`     // runs of each client
	Stop       time.Duration `json:"stop_ns"`    // how long the server stood still
	Window     time.Duration `json:"window_ns"`  // length of a run
	Rate       float64       `json:"rate_rps"`   // at which those that send by a schedule did, and which the truth is of
	Reports    []Report      `json:"reports"`
}

// Report is what one of them said.
type Report struct {
	Client   string   `json:"client"`
	Command  string   `json:"command"`
	Raw      string   `json:"raw"`      // the file beside this one with what it printed
	Stood    int64    `json:"stood_ns"` // for how long the server stood still by its own clock
	Requests int64    `json:"requests"` // answered
	Times    []Within `json:"times"`    // as far as they were printed, in ascending order
	Max      int64    `json:"max_ns"`
}

// Within is the response time that a share of the requests, 0 to 1, did not exceed.
type Within struct {
	Share float64 `json:"share"`
	NS    int64   `json:"ns"`
}

// ReadStall returns the stall in folder dir.
func ReadStall(dir string) (*Stall, error) { return readWhole[Stall](filepath.Join(dir, StallFile)) }

// Write writes it into folder dir, which must exist.
func (s *Stall) Write(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, StallFile), append(text, '\n'))
}

// Truth is how long a share of the requests, 0 to 1, waited at most for the server to go on, were they due at an even rate: each that is due
// while it stands still waits for what is left of that.
func (s *Stall) Truth(share float64) time.Duration {
	return max(0, s.Stop-time.Duration((1-share)*float64(s.Window)))
}
