package engine

import (
	"errors"
	"io"
	"syscall"
	"time"

	"carousel/internal/uring"
	"carousel/loadgen/flight"
)

func byUring(r *run, t *target) engine {
	return &oneRingWorker{newRingWorker(r.split(1)[0], &inventedRing{target: t}, r.now, 0)}
}

// oneRingWorker is the uring engine without its thread.
type oneRingWorker struct{ *ringWorker }

func (w *oneRingWorker) phase(begin func(*flight.Shard)) {
	begin(w.shard)
	w.work()
}

func (w *oneRingWorker) close() {}

// inventedRing is a simulated ring with connections to a simulated target.
type inventedRing struct {
	*target
	ends  []*ringEnd // by descriptor; nil: closed
	queue []func()   // requests for the next Submit
	done  []uring.Completion
	came  [][]byte // the bytes received, for each of done
	at    int
}

// ringEnd is a descriptor of the ring, and the requests under way on it.
type ringEnd struct {
	opens   int64 // when the connect ends
	link    *link // nil: it fails
	err     error
	connect uint64 // its data + 1; 0: no such request is under way
	receive uint64
	send    uint64
	rest    []byte // the bytes still to be sent
	silent  bool
}

func (k *inventedRing) dial(data uint64) (int, error) {
	wait, link, err := k.target.dial(int(uint32(data)))
	if wait == 0 {
		return -1, err
	}
	k.ends = append(k.ends, &ringEnd{opens: k.now() + int64(wait), link: link, err: err, connect: data + 1})
	return len(k.ends) - 1, nil
}

func (k *inventedRing) connected(int) error { return nil }

func (k *inventedRing) Receive(fd int, data uint64) {
	k.queue = append(k.queue, func() { k.ends[fd].receive = data + 1 })
}

func (k *inventedRing) Send(fd int, p []byte, data uint64) {
	k.queue = append(k.queue, func() { k.ends[fd].send, k.ends[fd].rest, k.ends[fd].silent = data+1, p, false })
}

func (k *inventedRing) SendSilently(fd int, p []byte, data uint64) {
	k.queue = append(k.queue, func() { k.ends[fd].send, k.ends[fd].rest, k.ends[fd].silent = data+1, p, true })
}

// Cancel does nothing: a closed descriptor completes no request.
func (k *inventedRing) Cancel(uint64, uint64) {}

func (k *inventedRing) Close(fd int, _ uint64) {
	k.queue = append(k.queue, func() { k.ends[fd] = nil })
}

func (k *inventedRing) Submit() (int, syscall.Errno) {
	k.done, k.came, k.at = nil, nil, 0
	for _, do := range k.queue {
		do()
	}
	k.queue = nil
	for _, e := range k.ends {
		if e != nil {
			k.progress(e)
		}
	}
	return len(k.done), 0
}

// progress completes the requests of a descriptor that can be completed now.
func (k *inventedRing) progress(e *ringEnd) {
	now := k.now()
	if e.connect > 0 && e.opens <= now {
		k.complete(&e.connect, outcomeOf(0, e.err), nil, false)
	}
	if e.send > 0 && max(e.opens, e.link.takesMore()) <= now {
		n, err := e.link.write(e.rest)
		switch e.rest = e.rest[n:]; {
		case err != nil:
			k.complete(&e.send, outcomeOf(0, err), nil, false)
		case !e.silent && n > 0:
			k.complete(&e.send, n, nil, false)
		case len(e.rest) == 0:
			e.send = 0
		}
	}
	if e.receive > 0 && e.link.readable() <= now {
		p := make([]byte, 64<<10)
		n, err := e.link.read(p)
		if err == io.EOF {
			n, err = 0, nil
		}
		k.complete(&e.receive, outcomeOf(n, err), p[:n], n > 0)
	}
}

// outcomeOf returns the result of a completion: n, or a negative errno.
func outcomeOf(n int, err error) int {
	if e := syscall.Errno(0); errors.As(err, &e) {
		return -int(e)
	}
	return n
}

func (k *inventedRing) complete(data *uint64, res int, came []byte, more bool) {
	c := uring.Completion{Data: *data - 1, Res: int32(res)}
	if more {
		c.Flags = uring.FlagMore
	} else {
		*data = 0
	}
	k.done, k.came = append(k.done, c), append(k.came, came)
}

func (k *inventedRing) WaitUntil(at int64) (int, syscall.Errno) {
	for {
		if n, _ := k.Submit(); n > 0 || k.now() >= at {
			return n, 0
		}
		next := at
		for _, e := range k.ends {
			switch {
			case e == nil:
			case e.connect > 0:
				next = min(next, e.opens)
			default:
				if e.receive > 0 {
					next = min(next, e.link.readable())
				}
				if e.send > 0 {
					next = min(next, e.link.takesMore())
				}
			}
		}
		time.Sleep(time.Duration(next - k.now()))
	}
}

func (k *inventedRing) Next() *uring.Completion {
	if k.at == len(k.done) {
		return nil
	}
	k.at++
	return &k.done[k.at-1]
}

func (k *inventedRing) Bytes(*uring.Completion) []byte { return k.came[k.at-1] }

func (k *inventedRing) End() {}
