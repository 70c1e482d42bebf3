package kept

import (
	"fmt"
	"maps"
	"slices"

	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/loadgen/verdict"
)

// Merge adds up the records of loads that ran side by side, as several loadgens load one server: connections, rates and all that was counted.
// Histograms are added up bucket for bucket, so percentiles are those of all requests together. With sequence the loads came one after
// another instead, each like the others: what was counted adds up over the sum of their windows. What cannot be known of the whole from its
// parts is left out, or withheld with the reason. The error says in what the records differ, or that their windows do not fit.
func Merge(records []Record, sequence bool) (*result.Load, error) {
	first := records[0]
	fields := shared
	if sequence {
		fields = free
	}
	for _, r := range records[1:] {
		if other, _ := fields.Compare(first.Load.Spec, r.Load.Spec); len(other) > 0 {
			return nil, refusal(first, r, other)
		}
	}
	overlap, err := fit(records, sequence)
	if err != nil {
		return nil, err
	}
	m := &result.Load{
		Schema: result.Schema, Complete: true, UnsentBy: map[string]int64{}, Errors: map[string]int64{}, ConnectErrors: map[string]int64{},
		Spec: specOf(records, sequence), Window: window(records, sequence),
	}
	for _, r := range records {
		l := r.Load
		m.Merged = append(m.Merged, partsOf(r)...)
		m.Complete, m.Gone = m.Complete && l.Complete, m.Gone || l.Gone
		count(m, l)
		share := 1.0
		if sequence {
			share = float64(l.Window.ElapsedNS) / float64(m.Window.ElapsedNS)
		}
		m.RateRPS += l.RateRPS * share
		m.InFlight += l.InFlight * share
	}
	if err := times(m, records); err != nil {
		return nil, err
	}
	m.Paths = paths(records)
	m.TLS = handshakes(records)
	m.Connections = connections(records, sequence)
	m.Silent = silent(records, sequence)
	m.Answered, err = answered(m, records, sequence)
	if err != nil {
		return nil, err
	}
	if !sequence {
		m.Series = series(m, records)
	}
	targetCPU(m, records, overlap, sequence)
	m.Verdict = judge(m, records) // before loadgen's own and the machines' figures are in it, which are judged in the parts
	own(m, records)
	m.Doubt()
	return m, nil
}

// count adds what was counted.
func count(m, l *result.Load) {
	add := func(to, of map[string]int64) {
		for name, n := range of {
			to[name] += n
		}
	}
	q, r := &m.Requests, l.Requests
	q.Planned, q.Sent, q.Unsent = q.Planned+r.Planned, q.Sent+r.Sent, q.Unsent+r.Unsent
	q.OK, q.Errors, q.Unanswered = q.OK+r.OK, q.Errors+r.Errors, q.Unanswered+r.Unanswered
	add(m.UnsentBy, l.UnsentBy)
	add(m.Errors, l.Errors)
	add(m.ConnectErrors, l.ConnectErrors)
	m.BytesRead += l.BytesRead
	m.Redirects += l.Redirects
	m.Resent += l.Resent
	m.SpunNS += l.SpunNS
	m.CPU = sumCPU(m.CPU, l.CPU)
}

func sumCPU(a, b usage.CPU) usage.CPU {
	return usage.CPU{UserNS: a.UserNS + b.UserNS, SystemNS: a.SystemNS + b.SystemNS}
}

// partsOf is a record as part of the whole; one that was merged is its parts.
func partsOf(r Record) []result.Part {
	l := r.Load
	if len(l.Merged) > 0 {
		return l.Merged
	}
	return []result.Part{{File: r.Name, Target: l.Spec.Target, Window: l.Window, Connections: l.Spec.Connections, Offered: l.Spec.Rate, RateRPS: l.RateRPS, OK: l.Requests.OK, Verdict: l.Verdict}}
}

// times adds up response and service times.
func times(m *result.Load, records []Record) (err error) {
	m.Latency, m.Histogram, err = sum(records, func(l *result.Load) (string, result.Latency) { return l.Histogram, l.Latency })
	if err == nil {
		m.Service, m.ServiceHistogram, err = sum(records, func(l *result.Load) (string, result.Latency) { return l.ServiceHistogram, l.Service })
	}
	return err
}

// sum adds up one histogram of each record.
func sum(records []Record, of func(*result.Load) (string, result.Latency)) (result.Latency, string, error) {
	h, unanswered := result.NewHistogram(), int64(0)
	for _, r := range records {
		text, latency := of(r.Load)
		if text == "" {
			return result.Latency{}, "", fmt.Errorf("%s has no histograms, without which percentiles cannot be added up: keep the record with -o FILE", r.Name)
		}
		one, err := result.Restore(text, latency)
		if err != nil {
			return result.Latency{}, "", fmt.Errorf("%s: %w", r.Name, err)
		}
		h.Merge(one)
		unanswered = max(unanswered, latency.Unanswered)
	}
	text, err := h.Encode()
	latency := h.Latency()
	latency.Unanswered = unanswered
	return latency, text, err
}

// withheld are the figures that percentiles of parts say nothing of.
func withheld(why string, also ...string) map[string]string {
	all := map[string]string{}
	for _, name := range append([]string{"p50", "p90", "p95", "p99", "p999"}, also...) {
		all[name] = why
	}
	return all
}

const noBuckets = "the records hold percentiles of it and no histogram, and percentiles cannot be added up"

// paths are what became of the requests by kind. Mean and maximum are known, percentiles are not.
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

// handshakes are those of TLS of all. Mean and maximum are known, percentiles are not.
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

// connections are those of all. How evenly they were served together is not known: the sum of squares is in no record.
func connections(records []Record, sequence bool) result.Connections {
	c := records[0].Load.Connections
	for _, r := range records[1:] {
		o := r.Load.Connections
		c.Opened, c.Failed = c.Opened+o.Opened, c.Failed+o.Failed
		c.Fewest, c.Most, c.LongestWaitNS = min(c.Fewest, o.Fewest), max(c.Most, o.Most), max(c.LongestWaitNS, o.LongestWaitNS)
		switch {
		case !sequence:
			c.Asked, c.Answered = c.Asked+o.Asked, c.Answered+o.Answered
		case o.Answered < c.Answered: // the load in which fewest were answered is the one to be told
			c.Asked, c.Answered = o.Asked, o.Answered
		}
	}
	if len(records) > 1 {
		c.Fairness = 0
	}
	return c
}

// silent are the silent connections of all.
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

// answered is what was measured on connections that were answered, where others never were.
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
		a.Connections, a.Of = a.Connections+l.Connections.Answered, a.Of+l.Entitled()
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

// alike is the share of the longest window that all must have in common for processor time that one of them read to be of all.
const alike = 0.99

// targetCPU is the processor time of the target, which one of the records may have of all that it served.
func targetCPU(m *result.Load, records []Record, overlap float64, sequence bool) {
	var has []Record
	var total usage.CPU
	for _, r := range records {
		if r.Load.TargetCPU != nil {
			has = append(has, r)
			total = sumCPU(total, *r.Load.TargetCPU)
		}
	}
	switch {
	case sequence && len(has) == len(records), !sequence && len(has) == 1 && overlap >= alike:
		m.TargetCPU = &total
	case len(has) == 0:
		m.TargetCPULacks = records[0].Load.TargetCPULacks
	case sequence:
		m.TargetCPULacks = "some of the records do not have it"
	case len(has) == 1:
		m.TargetCPULacks = fmt.Sprintf("the window of %s, which has it, is not that of the others", has[0].Name)
	default:
		m.TargetCPULacks = "several records have it, of one process or of several: give --pid to one loadgen"
	}
}

// judge is the verdict on what the loads did together, with what was found in each of them and not in the whole. That a load was too short by
// itself for a percentile does not hurt the whole.
func judge(m *result.Load, records []Record) result.Verdict {
	v := verdict.Judge(m)
	found := map[string]bool{"support": true}
	for _, reason := range v.Reasons {
		found[reason.Check] = true
	}
	for _, r := range records {
		for _, reason := range r.Load.Verdict.Reasons {
			if !found[reason.Check] {
				reason.Text = r.Name + ": " + reason.Text
				v.Reasons = append(v.Reasons, reason)
			}
		}
		v.State = verdict.Worse(v.State, r.Load.Verdict.State)
	}
	return v
}

// own is what the loadgens and their machines did: the largest of each figure, since those of several machines do not add up.
func own(m *result.Load, records []Record) {
	var h result.HostDelta
	for _, r := range records {
		l, o := r.Load, r.Load.Host
		m.OwnStallNS = max(m.OwnStallNS, l.OwnStallNS)
		h.StealShare, h.OwnShare, h.RunDelayShare, h.BesideShare = max(h.StealShare, o.StealShare), max(h.OwnShare, o.OwnShare), max(h.RunDelayShare, o.RunDelayShare), max(h.BesideShare, o.BesideShare)
		h.ListenDrops, h.ListenWaiting = max(h.ListenDrops, o.ListenDrops), max(h.ListenWaiting, o.ListenWaiting)
		h.Throttled, h.ThrottledNS = max(h.Throttled, o.Throttled), max(h.ThrottledNS, o.ThrottledNS)
		h.Retransmits, h.SynRetransmits = max(h.Retransmits, o.Retransmits), max(h.SynRetransmits, o.SynRetransmits)
		if o.ListenBacklog != nil {
			h.ListenBacklog = o.ListenBacklog
		}
		if l.GC != nil {
			if m.GC == nil {
				m.GC = &result.GC{}
			}
			m.GC.Cycles, m.GC.PauseNS = m.GC.Cycles+l.GC.Cycles, m.GC.PauseNS+l.GC.PauseNS
		}
		m.Lateness.Max, m.PacerLateness.Max = max(m.Lateness.Max, l.Lateness.Max), max(m.PacerLateness.Max, l.PacerLateness.Max)
	}
	m.Host = h
	if m.Spec.Rate > 0 {
		m.Lateness.Withheld = withheld(noBuckets, "mean")
		m.PacerLateness.Withheld = maps.Clone(m.Lateness.Withheld)
	}
	m.Arrivals = arrivals(records)
}

// arrivals are the gaps of all, if they were held against one tolerance.
func arrivals(records []Record) *result.Arrivals {
	var all result.Arrivals
	off := 0.0
	for _, r := range records {
		a := r.Load.Arrivals
		if a == nil || all.ToleranceNS > 0 && a.ToleranceNS != all.ToleranceNS {
			return nil
		}
		all.ToleranceNS = a.ToleranceNS
		all.Gaps, all.Waited = all.Gaps+a.Gaps, all.Waited+a.Waited
		off += a.OffShare * float64(a.Gaps)
	}
	if all.Gaps > 0 {
		all.OffShare = off / float64(all.Gaps)
	}
	return &all
}
