package kept

import (
	"slices"

	"carousel/internal/result"
)

// withheld are the figures that cannot be computed from the figures of parts.
func withheld(why string, also ...string) map[string]string {
	all := map[string]string{}
	for _, name := range append([]string{"p50", "p90", "p95", "p99", "p999"}, also...) {
		all[name] = why
	}
	return all
}

const noBuckets = "the records hold percentiles of it and no histogram, and percentiles cannot be added up"

// paths adds up the requests by path or kind. Mean and maximum are known, percentiles are not.
func paths(records []Record) (all []result.PathLatency) {
	for i, p := range records[0].Load.Paths {
		one := result.PathLatency{Path: p.Path, Kind: p.Kind}
		weighted := 0.0
		for _, r := range records {
			if len(r.Load.Paths) != len(records[0].Load.Paths) {
				return nil
			}
			part := r.Load.Paths[i]
			one.OK, one.Count = one.OK+part.OK, one.Count+part.Count
			for class, n := range part.Errors {
				if one.Errors == nil {
					one.Errors = map[string]int64{}
				}
				one.Errors[class] += n
			}
			weighted += part.Latency.Mean * float64(part.Count)
			one.Latency.Max = max(one.Latency.Max, part.Latency.Max)
			for _, name := range []string{"mean", "max"} {
				if slices.Contains(part.Latency.AtLeast, name) && !slices.Contains(one.Latency.AtLeast, name) {
					one.Latency.AtLeast = append(one.Latency.AtLeast, name)
				}
				if part.Latency.Withheld[name] != "" && part.Count > 0 {
					one.Latency.Withheld = withheld(noBuckets, "mean", "max")
				}
			}
		}
		if one.Latency.Withheld == nil {
			one.Latency.Withheld = withheld(noBuckets)
		}
		if one.Count > 0 {
			one.Latency.Mean = weighted / float64(one.Count)
		}
		all = append(all, one)
	}
	return all
}

// handshakes adds up the TLS handshakes. Mean and maximum are known, percentiles are not.
func handshakes(records []Record) *result.TLS {
	var all *result.TLS
	for _, r := range records {
		t := r.Load.TLS
		if t == nil {
			continue
		}
		if all == nil {
			all = &result.TLS{Version: t.Version, Cipher: t.Cipher}
		}
		all.Handshakes += t.Handshakes
		all.Handshake.Mean += t.Handshake.Mean * float64(t.Handshakes)
		all.Handshake.Max = max(all.Handshake.Max, t.Handshake.Max)
	}
	if all != nil {
		all.Handshake.Mean /= float64(all.Handshakes)
		all.Handshake.Withheld = withheld(noBuckets)
	}
	return all
}

// connections adds up the connections. Fairness over all is not known: it needs the sum of squares, which no record has.
func connections(records []Record, sequence bool) result.Connections {
	c := records[0].Load.Connections
	for _, r := range records[1:] {
		o := r.Load.Connections
		c.Opened, c.Failed = c.Opened+o.Opened, c.Failed+o.Failed
		c.Fewest, c.Most, c.LongestWaitNS = min(c.Fewest, o.Fewest), max(c.Most, o.Most), max(c.LongestWaitNS, o.LongestWaitNS)
		switch {
		case !sequence:
			c.Used, c.Answered = c.Used+o.Used, c.Answered+o.Answered
		case o.Answered < c.Answered: // report the load with the fewest answered
			c.Used, c.Answered = o.Used, o.Answered
		}
	}
	if len(records) > 1 {
		c.Fairness = 0
	}
	return c
}

// silent adds up the silent connections.
func silent(records []Record, sequence bool) *result.Silent {
	var all *result.Silent
	for _, r := range records {
		s := r.Load.Silent
		switch {
		case s == nil:
		case all == nil:
			all = &result.Silent{Open: s.Open, Refused: s.Refused}
		case sequence:
			all.Open, all.Refused = min(all.Open, s.Open), all.Refused+s.Refused
		default:
			all.Open, all.Refused = all.Open+s.Open, all.Refused+s.Refused
		}
	}
	return all
}

// answered adds up the times of connections that were answered, if others never were.
func answered(m *result.Load, records []Record, sequence bool) (*result.Answered, error) {
	if sequence || result.Starved(m) == "" {
		return nil, nil
	}
	var a result.Answered
	for _, r := range records {
		l := r.Load
		if result.Starved(l) != "" && l.Answered == nil || l.Connections.Answered == 0 {
			return nil, nil
		}
		a.Connections, a.Of = a.Connections+l.Connections.Answered, a.Of+l.Eligible()
	}
	parts := func(whole func(*result.Load) (string, result.Latency), some func(*result.Answered) (string, result.Latency)) (result.Latency, string, error) {
		return sum(records, func(l *result.Load) (string, result.Latency) {
			if result.Starved(l) != "" {
				return some(l.Answered)
			}
			return whole(l)
		})
	}
	var err error
	a.Latency, a.Histogram, err = parts(func(l *result.Load) (string, result.Latency) { return l.Histogram, l.Latency },
		func(a *result.Answered) (string, result.Latency) { return a.Histogram, a.Latency })
	if err != nil {
		return nil, err
	}
	a.Service, a.ServiceHistogram, err = parts(func(l *result.Load) (string, result.Latency) { return l.ServiceHistogram, l.Service },
		func(a *result.Answered) (string, result.Latency) { return a.ServiceHistogram, a.Service })
	return &a, err
}
