package text

import (
	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
	"carousel/report/words"
)

// portraitTable shows how the clients of the script were served.
func portraitTable(c *findings.Cell) Table {
	of := func(write func(p *result.Portrait) string) func(m *findings.Model) string {
		return func(m *findings.Model) string {
			if m.Portrait == nil {
				return ""
			}
			return write(m.Portrait)
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
		{"all done after", of(func(p *result.Portrait) string { return units.Duration(float64(p.EndNS)) })},
		{"longest delay", of(words.Longest)},
		{"never accepted", of(words.NeverAccepted)},
		{"problem", of(words.Undrawn)},
	})
	t.Words = len(t.Header)
	return t
}
