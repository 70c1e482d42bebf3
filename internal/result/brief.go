package result

import "slices"

// Brief returns a copy of a *Load, *Comparison or *Search with empty histograms, which are most of a record. It returns any other value
// unchanged.
func Brief(record any) any {
	switch r := record.(type) {
	case *Load:
		return r.brief()
	case *Comparison:
		c := *r
		c.Servers = slices.Clone(c.Servers)
		for i := range c.Servers {
			c.Servers[i].Load = c.Servers[i].Load.brief()
		}
		return &c
	case *Search:
		s := *r
		s.Probe, s.Steps = s.Probe.brief(), slices.Clone(s.Steps)
		for i := range s.Steps {
			s.Steps[i].Load = s.Steps[i].Load.brief()
		}
		return &s
	}
	return record
}

func (l *Load) brief() *Load {
	if l == nil {
		return nil
	}
	b := *l
	b.Histogram, b.ServiceHistogram = "", ""
	if b.Answered != nil {
		a := *b.Answered
		a.Histogram, a.ServiceHistogram = "", ""
		b.Answered = &a
	}
	if b.Intervals != nil {
		v := Intervals{b.Intervals.LengthNS, slices.Clone(b.Intervals.List)}
		for i := range v.List {
			v.List[i].Histogram = ""
		}
		b.Intervals = &v
	}
	return &b
}
