package kept

import (
	"fmt"
	"maps"

	"carousel/internal/result"
	"carousel/internal/units"
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
	m.Verdict = judge(m, records) // before loadgen's own and the machines' figures are in it, which are judged in the parts
	if remark := outOfStep(m, records, sequence); remark != nil {
		m.Verdict.Reasons = append(m.Verdict.Reasons, *remark)
	}
	own(m, records)
	m.Annotate()
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

// judge is the verdict on what the loads did together, with what was found in each of them and not in the whole: by check, in the words of the
// load that it hurts most. That a load was too short by itself for a percentile does not hurt the whole.
func judge(m *result.Load, records []Record) result.Verdict {
	v := verdict.Judge(m)
	whole := len(v.Reasons)
	at := map[string]int{"support": -1} // where the reason of a check stands
	for i, reason := range v.Reasons {
		at[reason.Check] = i
	}
	of := map[string][]string{} // names of the records with a check, the one whose words they are first
	for _, r := range records {
		v.State = verdict.Worse(v.State, r.Load.Verdict.State)
		for _, reason := range r.Load.Verdict.Reasons {
			i, found := at[reason.Check]
			switch names := of[reason.Check]; {
			case !found:
				at[reason.Check] = len(v.Reasons)
				v.Reasons = append(v.Reasons, reason)
				of[reason.Check] = []string{r.Name}
			case i < whole: // it is said of the whole, or of nobody
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
