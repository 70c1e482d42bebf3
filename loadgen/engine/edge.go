package engine

import (
	"cmp"
	"fmt"
	"time"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/usage"
)

// edge is a sample of counters at one end of the window.
type edge struct {
	own      usage.CPU
	delay    int64 // nanoseconds that threads waited for a processor
	gc       result.GC
	target   host.Tree // processor time of the target's processes
	lacks    error     // why target is not known
	host     host.Snapshot
	queue    *host.Queue // nil: not known
	counters *result.Counters
	room     *result.Room // sampled at the end only
}

func (r *run) sample() edge {
	e := edge{own: host.SelfCPU(), delay: host.RunDelay(r.threads), gc: collected()}
	if r.counters != nil {
		e.counters = r.counters.Read()
	}
	if r.PID > 0 {
		var err error
		if e.target, err = host.TreeCPU(r.PID); err != nil {
			e.lacks = fmt.Errorf("%v into the run, %w", time.Since(r.base).Round(time.Millisecond), err)
		}
	}
	if len(r.further) == 0 {
		e.queue = queueOf(r.addr)
	}
	if r.PID > 0 { // so that the processor time of other programs is known
		e.host = host.TakeAll()
	} else {
		e.host = host.Take()
	}
	return e
}

// lastSample takes the sample at the end of the window. It reads the host's tables too, which may take long.
func (r *run) lastSample() edge {
	e := r.sample()
	e.room = room(r.addrs()...)
	return e
}

// queueOf returns the listen queue of addr, nil if it is not known.
func queueOf(addr string) *host.Queue {
	if q, known := host.ListenQueue(addr); known {
		return &q
	}
	return nil
}

// sampleEdges takes a sample when the window opens after a warm-up, and one when it is over, before the grace. It ends early when over is closed.
func (r *run) sampleEdges(over <-chan struct{}, opened, closed chan<- edge) {
	defer close(opened)
	defer close(closed)
	var window <-chan time.Time
	if r.Warmup > 0 {
		window = time.After(time.Duration(r.Opens - r.now()))
	}
	for {
		select {
		case <-window:
			opened <- r.sample()
		case <-r.WindowClosed():
			closed <- r.lastSample()
			return
		case <-over:
			return
		}
	}
}

// price writes into l what the window cost, from the samples at its ends.
func (r *run) price(l *result.Load, first, last edge) {
	l.CPU = minus(last.own, first.own)
	if r.PID > 0 {
		cpu, err := first.target.Until(last.target)
		if err = cmp.Or(first.lacks, last.lacks, err); err != nil {
			l.TargetCPULacks = err.Error()
		} else {
			l.TargetCPU = &cpu
		}
	}
	if r.counters != nil {
		l.Counters = last.counters.Since(first.counters)
	}
	if cycles := last.gc.Cycles - first.gc.Cycles; cycles > 0 {
		l.GC = &result.GC{Cycles: cycles, PauseNS: last.gc.PauseNS - first.gc.PauseNS}
	}
	l.Room = last.room
	d := first.host.Until(last.host)
	l.Host = hostDelta(d)
	ownDrops(&l.Host, first.queue, last.queue)
	noteQueue(&l.Host, first.queue, last.queue)
	if l.TargetCPU != nil {
		l.Host.BesideShare = d.Beside(l.CPU.Total() + l.TargetCPU.Total())
	}
	if l.Window.ElapsedNS > 0 {
		theirs := float64(l.Window.ElapsedNS) * float64(r.processors())
		l.Host.OwnShare = float64(max(0, l.CPU.Total()-l.SpunNS)) / theirs
		l.Host.RunDelayShare = max(0, float64(last.delay-first.delay)) / theirs // below 0: a thread ended
	}
}

// hostDelta converts d for the record.
func hostDelta(d host.Delta) result.HostDelta {
	return result.HostDelta{
		StealShare: d.StealShare, ListenDrops: d.ListenDrops,
		Throttled: d.Throttled, ThrottledNS: d.ThrottledNS, Retransmits: d.Retransmits, SynRetransmits: d.SynRetransmits,
	}
}

// ownDrops replaces the machine's listen drops in the record by those of the target's own queue, if both samples have that.
func ownDrops(to *result.HostDelta, first, last *host.Queue) {
	if first != nil && last != nil {
		to.ListenDrops = max(0, last.Drops-first.Drops) // below 0: another socket listens there now
	}
}

// noteQueue writes the target's listen queue into the record: the fullest of the samples.
func noteQueue(to *result.HostDelta, seen ...*host.Queue) {
	for _, q := range seen {
		if q != nil && (to.ListenBacklog == nil || q.Waiting > to.ListenWaiting) {
			to.ListenBacklog, to.ListenWaiting = &q.Backlog, q.Waiting
		}
	}
}

// processors returns how many processors loadgen's threads can use at most.
func (r *run) processors() int {
	if r.Engine == result.Epoll || r.Engine == result.Uring {
		return min(len(host.CPUs()), Threads(r.Spec))
	}
	return len(host.CPUs())
}

func minus(a, b usage.CPU) usage.CPU {
	return usage.CPU{UserNS: a.UserNS - b.UserNS, SystemNS: a.SystemNS - b.SystemNS}
}
