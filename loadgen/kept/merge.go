package kept

import (
	"fmt"
	"maps"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/internal/usage"
	"carousel/loadgen/verdict"
)

// Merge adds up the records of loads that ran at the same time, as when several loadgens load one server: connections, rates and counts.
// It adds histograms bucket by bucket, so percentiles are those of all requests. With sequence the loads ran one after another instead, with equal
// specs, and their windows add up too. Figures that the parts do not determine are left out, or withheld with the reason. Merge returns an error if the
// specs differ too much, if the windows do not fit, or if a record occurs twice.
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
	if err := once(records); err != nil {
		return nil, err
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
		overTime(m, records)
	}
	targetCPU(m, records, overlap, sequence)
	m.Verdict = judge(m, records) // before own adds figures of loadgen and the machines: those are judged in each part
	if remark := outOfStep(m, records, sequence); remark != nil {
		m.Verdict.Reasons = append(m.Verdict.Reasons, *remark)
	}
	own(m, records)
	m.Annotate()
	return m, nil
}

// count adds the counts of l to m.
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

// partsOf is a record as a part of the sum; a merged record counts as its parts.
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

// alike is the share of the longest window for which all windows must overlap so that the processor time read in one of them is that of all.
const alike = 0.99

// targetCPU sets the target's processor time, if one record covers all of it, or if each of a sequence has its own.
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
		m.TargetCPULacks = fmt.Sprintf("only %s has it, and its window differs from the others", has[0].Name)
	default:
		m.TargetCPULacks = "several records have it, of one process or of several: give --pid to one loadgen"
	}
}

// judge is the verdict on the sum, plus the reasons of each part that the sum does not show itself. Parts that share a check give one reason, in the
// words of the worst. That a part has too few samples for a percentile does not count.
func judge(m *result.Load, records []Record) result.Verdict {
	v := verdict.Judge(m)
	whole := len(v.Reasons)
	at := map[string]int{"support": -1} // index of the reason of each check
	for i, reason := range v.Reasons {
		at[reason.Check] = i
	}
	of := map[string][]string{} // names of the records with that check, first the one whose text is used
	for _, r := range records {
		v.State = verdict.Worse(v.State, r.Load.Verdict.State)
		for _, reason := range r.Load.Verdict.Reasons {
			i, found := at[reason.Check]
			switch names := of[reason.Check]; {
			case !found:
				at[reason.Check] = len(v.Reasons)
				v.Reasons = append(v.Reasons, reason)
				of[reason.Check] = []string{r.Name}
			case i < whole: // the sum has this reason itself, or it does not count
			case verdict.Worse(v.Reasons[i].State, reason.State) != v.Reasons[i].State:
				v.Reasons[i] = reason
				of[reason.Check] = append([]string{r.Name}, names...)
			default:
				of[reason.Check] = append(names, r.Name)
			}
		}
	}
	for i := whole; i < len(v.Reasons); i++ {
		reason := &v.Reasons[i]
		names := of[reason.Check]
		reason.Text = names[0] + ": " + reason.Text
		if others := names[1:]; len(others) > 0 {
			reason.Text += fmt.Sprintf(" (likewise in %s)", units.List(others))
		}
	}
	return v
}

// own sets the figures of the loadgens and their machines: the largest of each, because those of several machines do not add up.
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

// arrivals adds up the gaps of all records, if they have the same tolerance.
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
