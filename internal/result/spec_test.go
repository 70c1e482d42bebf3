package result

import (
	"encoding/json"
	"strings"
	"testing"
)

// A record holds a body from the command line whole, and of a body from a file its name, length and digest.
func TestBodyInJSON(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		`"body":"text"`: func(s *Spec) { s.Body = "text" },
		`"body_file":"f","body_bytes":2,"body_sha256":"00ff"`: func(s *Spec) {
			s.Body, s.BodyFile, s.BodyBytes, s.BodySHA256 = "\xff\xfe", "f", 2, "00ff"
		},
	} {
		var s Spec
		change(&s)
		text, err := json.Marshal(s)
		if err != nil || !strings.Contains(string(text), want) || strings.Count(string(text), `"body`) != strings.Count(want, `"body`) {
			t.Errorf("%s, %v, want %s", text, err, want)
		}
	}
}
