package result

import (
	"encoding/json"
	"path/filepath"
	"time"
)

// StallFile is the name of a Stall in its folder.
const StallFile = "stall.json"

// Stall is what load generators reported about a server that stood still for a while, each in its own run.
type Stall struct {
	Schema     int           `json:"schema"`
	Processors int           `json:"processors"` // of the machine; server and client had one each
	Rounds     int           `json:"rounds"`     // runs of each client
	Stop       time.Duration `json:"stop_ns"`    // how long the server stood still
	Window     time.Duration `json:"window_ns"`  // length of a run
	Rate       float64       `json:"rate_rps"`   // of the clients that send by a schedule, and of Truth
	Reports    []Report      `json:"reports"`
}

// Report is what one load generator reported.
type Report struct {
	Client   string   `json:"client"`
	Command  string   `json:"command"`
	Raw      string   `json:"raw"`      // file in the same folder with its output
	Stood    int64    `json:"stood_ns"` // how long the server stood still, by its own clock
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

// Write writes s to stall.json in folder dir, which must exist.
func (s *Stall) Write(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, StallFile), append(text, '\n'))
}

// Truth returns the response time that a share of the requests, 0 to 1, does not exceed if they are due at an even rate and only the stop delays
// them: a request that is due during the stop waits until its end.
func (s *Stall) Truth(share float64) time.Duration {
	return max(0, s.Stop-time.Duration((1-share)*float64(s.Window)))
}
