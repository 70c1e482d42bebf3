package engine

import (
	"context"
	"time"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/loadgen/flight"
)

// Memory is at rest when it has changed by at most restWithin bytes of each kind in restLooks samples, restLook apart. A target that keeps growing is
// waited for restMost at most.
const (
	restLook             = 25 * time.Millisecond
	restLooks            = 3
	restWithin, restMost = 128 << 10, 3 * time.Second
)

// openSilent opens the silent connections. It records the memory of target and kernel, at rest, before and after.
func (r *run) openSilent(ctx context.Context, e engine) {
	if r.Idle == 0 {
		return
	}
	look := func() *result.Memory { return memory(r.PID) }
	r.silent = &result.Silent{Before: atRest(ctx, look)}
	e.phase(func(d *flight.Shard) { d.Try(true) })
	if r.silent.Before != nil {
		r.silent.Settled = atRest(ctx, look)
	}
}

// memory returns the memory of process pid and of the kernel now; nil if it is not known.
func memory(pid int) *result.Memory {
	if pid == 0 {
		return nil
	}
	slab, err := host.Slab()
	user := host.Resident(pid)
	if err != nil || user == 0 {
		return nil
	}
	return &result.Memory{User: user, Kernel: slab}
}

// atRest samples memory until it is at rest, and returns the last sample.
func atRest(ctx context.Context, look func() *result.Memory) *result.Memory {
	last := look()
	for same, begun := 0, time.Now(); same < restLooks && last != nil && ctx.Err() == nil && time.Since(begun) < restMost; {
		time.Sleep(restLook)
		next := look()
		if next != nil && unmoved(next.User, last.User) && unmoved(next.Kernel, last.Kernel) {
			same++
		} else {
			same = 0
		}
		last = next
	}
	return last
}

func unmoved(a, b int64) bool { return max(a-b, b-a) <= restWithin }

// silentResult returns what became of the silent connections; nil: there are none.
func (r *run) silentResult() *result.Silent {
	if r.silent != nil {
		for _, d := range r.shards {
			open, refused := d.Silent()
			r.silent.Open += open
			r.silent.Refused += refused
		}
	}
	return r.silent
}
