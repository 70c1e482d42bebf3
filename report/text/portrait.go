package text

import (
	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
	"carousel/report/words"
)

// portraitTable says what became of the clients of a script.
func portraitTable(c *findings.Cell) Table {
	of := func(say func(p *result.Portrait) string) func(m *findings.Model) string {
		return func(m *findings.Model) string {
			if m.Portrait == nil {
				return ""
			}
			return say(m.Portrait)
		}
	}
	answered := func(m *findings.Model) string {
		if m.Portrait == nil {
			return words.Lack(m)
		}
		return units.Count(m.Portrait.Answered) + " of " + units.Count(m.Portrait.Requests)
	}
	t := cellTable(c, []column{
		{"answered", answered},
		{"the last after", of(func(p *result.Portrait) string { return units.Duration(float64(p.EndNS)) })},
		{"over its own time", of(words.Longest)},
		{"never accepted", of(words.NeverAccepted)},
		{"trouble", of(words.Undrawn)},
	})
	t.Words = len(t.Header)
	return t
}
