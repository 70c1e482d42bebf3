package main

import (
	"path/filepath"
	"slices"
	"testing"

	"carousel/internal/portrait"
)

// TestPortrait plays the script on each model: for each answered request the portrait shows the lane that worked for it, whether its handler slept
// or computed, and the model's words.
func TestPortrait(t *testing.T) {
	for _, m := range models {
		if m.hidden {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			skipUnavailable(t, m.name)
			file := filepath.Join(t.TempDir(), "trace.json.gz")
			v, err := ours(m.name).start("--trace", file)
			if err != nil {
				t.Fatal(err)
			}
			defer v.kill()
			play := portrait.Perform(t.Context(), v.addr, portrait.Script())
			v.until(t, func() bool { return true })
			if _, err := v.stop(); err != nil {
				t.Fatal(err)
			}
			f, err := portrait.ReadTrace(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := portrait.Join(f, play); err != nil {
				t.Fatal(err)
			}
			p, err := portrait.FromTrace(f)
			if err != nil {
				t.Fatal(err)
			}
			answered := 0
			for _, c := range p.Clients {
				for i, r := range c.Requests {
					if r.Status == 0 { // on a machine that is busy elsewhere
						continue
					}
					answered++
					has := func(states ...portrait.State) bool {
						return slices.ContainsFunc(r.Spans, func(s portrait.Span) bool { return slices.Contains(states, s.State) })
					}
					untold := has(portrait.Unknown) || !has(portrait.Turn, portrait.Works) || r.Path == "/spin/5ms" && !has(portrait.Works) || r.Path == "/sleep/20ms" && !has(portrait.Asleep)
					if untold || r.Error != "" || c.Accepted == 0 || len(p.Narration(c.Number, i)) == 0 {
						t.Errorf("client %d, %s: %+v", c.Number, r.Path, r)
					}
				}
			}
			if answered == 0 || p.Model != m.name {
				t.Errorf("%d requests of %s are answered", answered, p.Model)
			}
			if t.Failed() {
				t.Log(portrait.Text(p, 120))
			}
		})
	}
}
