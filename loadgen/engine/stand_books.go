package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

// Finish closes the connections and returns the servers, in their order, with their loads, and what the machine did meanwhile. No slice may follow.
func (s *Stand) Finish() (*result.Comparison, error) {
	last := edge{own: host.SelfCPU(), host: host.TakeAll()}
	c := &result.Comparison{Schema: result.Schema}
	known := last.own.Total() - s.first.own.Total()
	counted := map[int]bool{}
	for _, v := range s.servers {
		one, tree, err := s.books(v)
		if err != nil {
			return nil, err
		}
		if !counted[v.pid] {
			known += tree.Total()
			counted[v.pid] = true
		}
		c.Servers = append(c.Servers, one)
	}
	d := s.first.host.Until(last.host)
	c.Host, c.BesideShare = hostDelta(d), d.Beside(known)
	for _, v := range c.Servers {
		c.Host.OwnShare = max(c.Host.OwnShare, v.Load.Host.OwnShare)
	}
	return c, nil
}

// books returns the record of server v, and the processor time of its processes since all connections were open.
func (s *Stand) books(v *standServer) (one result.Compared, tree usage.CPU, err error) {
	now, queue := s.now(), queueOf(v.addr)
	if v.engine != nil {
		v.engine.close()
	}
	if v.shards == nil { // its name could not be resolved
		v.split(1)
	}
	alive := 0
	for _, d := range v.shards {
		alive += d.Alive()
	}
	v.Finish(now)
	if v.begun > 0 {
		flight.Settle(v.shards, v.Until(), record.Interrupted)
	} else {
		for _, d := range v.shards {
			d.Record.Close(now, now)
		}
	}
	l, err := record.Merge(v.records(), time.Duration(v.totals.window))
	if err != nil {
		return one, tree, err
	}
	one.Load = l
	v.neverSent(l, now)
	l.Spec, l.SliceNS = v.Spec, v.longest
	l.Window.Start = s.base.Add(time.Duration(v.begun))
	noteQueue(&l.Host, queue)
	l.CPU = v.totals.own
	if v.totals.elapsed > 0 {
		l.Host.OwnShare = float64(v.totals.own.Total()) / float64(v.totals.elapsed) / float64(v.processors())
	}
	tree = v.price(l)
	others := func(w *standServer) bool { return w != v && w.sameProcess(v) }
	if v.slept > 0 && v.meter != nil && !slices.ContainsFunc(s.servers, others) { // if another server is the same process, it is not idle in that one's slices
		one.IdleShare = float64(v.idle) / float64(v.slept)
	}
	one.Gone = v.why != nil || alive == 0 && v.refused // without connections alone it may be a server that closes after each reply
	one.Trouble = s.trouble(v, l, one.Gone)
	return one, tree, nil
}

// price writes into l the processor time of v's process in its slices, and returns that of the whole run. User and system time are divided as in the
// whole run.
func (v *standServer) price(l *result.Load) (tree usage.CPU) {
	if v.meter == nil {
		if v.lacks != nil {
			l.TargetCPULacks = v.lacks.Error()
		}
		return tree
	}
	l.Spec.PID = v.pid
	last, err := host.TreeCPU(v.pid)
	if err == nil {
		tree, err = v.tree.Until(last)
	}
	if err = cmp.Or(v.lacks, err); err != nil {
		l.TargetCPULacks = err.Error()
		return tree
	}
	l.TargetCPU = &usage.CPU{SystemNS: v.totals.cpu}
	if all := tree.Total(); all > 0 {
		l.TargetCPU.UserNS = int64(float64(v.totals.cpu) * float64(tree.UserNS) / float64(all))
		l.TargetCPU.SystemNS = v.totals.cpu - l.TargetCPU.UserNS
	}
	return tree
}

// trouble returns what was wrong with v, in words; "" if nothing was.
func (s *Stand) trouble(v *standServer, l *result.Load, gone bool) string {
	into := func(at int64) string { return fmt.Sprintf("%.2f s into the run", float64(at-s.opens)/1e9) }
	switch {
	case v.why != nil:
		return "is not there: " + v.why.Error()
	case v.begun == 0: // the run was stopped in the warm-up, which is not judged
		return ""
	case gone && v.replied == 0:
		return "hung up in the warm-up and could not be connected to again"
	case gone:
		return "hung up " + into(v.replied) + " and could not be connected to again: what is compared came before"
	case v.replied == 0 && l.Requests.Errors == 0 && v.ended > 0:
		return "never answered"
	case v.replied == 0:
		return ""
	case v.ended-v.replied > int64(v.Grace):
		return "has not answered since " + into(v.replied) + ": what is compared came before"
	}
	return ""
}
