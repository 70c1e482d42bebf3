package result

import "slices"

// Brief is a record without its histograms, which are most of it and which nobody reads by eye: those of a *Load, a *Comparison or a
// *Search are empty in the copy. Anything else is what it is.
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
