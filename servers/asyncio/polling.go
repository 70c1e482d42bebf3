package asyncio

import (
	"errors"
	"fmt"
	"os"
	"time"

	"carousel/internal/sock"
)

// polling is how the loop waits: for descriptors, once there are any, and always for timers and mail.
type polling struct {
	poller *sock.Poller
	events []sock.Event
	files  []*file // by descriptor
	waker  waker   // a descriptor that other goroutines make readable
	woken  chan struct{}
}

// file is a descriptor, with the watchers that poll calls when it is ready.
type file struct {
	fd             int
	registered     bool
	events         uint32 // what it is registered for
	reader, writer watcher
	owner          *task // cancelled if the peer hangs up while nothing is watched for
}

// watcher is what poll calls when a descriptor is ready.
type watcher interface{ ready(*Loop) }

func (h *Handle) ready(l *Loop) { l.soon(h) }

// AddReader calls fn in every turn in which fd is readable or has failed, until RemoveReader.
func (l *Loop) AddReader(fd int, fn func()) error {
	f, err := l.file(fd)
	if err != nil {
		return err
	}
	stop(f.reader)
	f.reader = &Handle{fn: fn}
	return l.register(f)
}

// AddWriter calls fn in every turn in which fd is writable or has failed, until RemoveWriter.
func (l *Loop) AddWriter(fd int, fn func()) error {
	f, err := l.file(fd)
	if err != nil {
		return err
	}
	stop(f.writer)
	f.writer = &Handle{fn: fn}
	return l.register(f)
}

// RemoveReader undoes AddReader, and reports whether fd had a reader.
func (l *Loop) RemoveReader(fd int) bool {
	f := l.known(fd)
	if f == nil || f.reader == nil {
		return false
	}
	stop(f.reader)
	f.reader = nil
	l.register(f)
	return true
}

// RemoveWriter undoes AddWriter, and reports whether fd had a writer.
func (l *Loop) RemoveWriter(fd int) bool {
	f := l.known(fd)
	if f == nil || f.writer == nil {
		return false
	}
	stop(f.writer)
	f.writer = nil
	l.register(f)
	return true
}

// stop keeps a callback that is scheduled already from being called.
func stop(w watcher) {
	if h, ok := w.(*Handle); ok {
		h.Cancel()
	}
}

// known returns the file of fd, or nil.
func (l *Loop) known(fd int) *file {
	if fd < 0 || fd >= len(l.polling.files) {
		return nil
	}
	return l.polling.files[fd]
}

// file returns the file of fd, a new one if there is none.
func (l *Loop) file(fd int) (*file, error) {
	if f := l.known(fd); f != nil {
		return f, nil
	}
	f := &file{fd: fd}
	return f, l.adopt(f)
}

// adopt makes f the file of its descriptor.
func (l *Loop) adopt(f *file) error {
	if err := l.openPoller(); err != nil {
		return err
	}
	if f.fd < 0 {
		return fmt.Errorf("asyncio: descriptor %d cannot be watched", f.fd)
	}
	l.polling.files = sock.Put(l.polling.files, f.fd, f)
	return nil
}

// register makes the poller watch f for what its watchers want. A file with an owner is watched even if they want nothing, since
// the poller always reports a hang-up. If the poller refuses f, it is not watched at all.
func (l *Loop) register(f *file) error {
	var events uint32
	if f.reader != nil {
		events |= sock.Readable
	}
	if f.writer != nil {
		events |= sock.Writable
	}
	wanted := events != 0 || f.owner != nil
	if f.registered == wanted && f.events == events {
		return nil
	}
	before := f.registered
	f.registered, f.events = wanted, events
	l.polling.files[f.fd] = f
	var err error
	switch {
	case !wanted:
		err = l.polling.poller.Remove(f.fd)
	case !before:
		err = l.polling.poller.Add(f.fd, events, uint64(f.fd))
	default:
		err = l.polling.poller.Change(f.fd, events, uint64(f.fd))
	}
	if !wanted || err != nil {
		l.polling.files[f.fd] = nil
		f.reader, f.writer, f.registered, f.events = nil, nil, false, 0
	}
	return err
}

// forget stops watching f, whose descriptor is about to be closed.
func (l *Loop) forget(f *file) {
	f.reader, f.writer, f.owner = nil, nil, nil
	l.register(f)
}

func (l *Loop) openPoller() error {
	p := &l.polling
	switch {
	case p.poller != nil:
		return nil
	case l.Virtual:
		return errors.New("asyncio: a loop on a virtual clock has no sockets")
	case l.closed:
		return ErrLoopClosed
	}
	poller, err := sock.NewPoller()
	if err != nil {
		return err
	}
	l.mail.Lock()
	defer l.mail.Unlock()
	if err := p.waker.open(); err != nil {
		poller.Close()
		return os.NewSyscallError("eventfd", err)
	}
	p.poller, p.events = poller, make([]sock.Event, 512)
	if len(l.mail.calls) > 0 {
		p.wake() // the mail has woken only the wait without a poller: wake the new kind too
	}
	waker := &file{fd: p.waker.fd, reader: &p.waker}
	p.files = sock.Put(p.files, waker.fd, waker)
	return l.register(waker)
}

// poll waits for at most wait (negative: for ever) and calls the watchers of what is ready.
func (l *Loop) poll(wait time.Duration) error {
	p := &l.polling
	if p.poller == nil {
		l.idle(wait)
		return nil
	}
	p.poller.Hold = l.executor.pending == 0 // else its workers need the processor
	n, err := p.poller.Wait(p.events, wait)
	for i := range p.events[:n] {
		f := l.known(int(p.events[i].Data()))
		if f == nil {
			continue
		}
		events := p.events[i].Events
		if f.events == 0 {
			l.story.Say("fd %d has hung up: Task-%d is cancelled", f.fd, f.owner.number)
			f.owner.cancel()
			l.forget(f)
			continue
		}
		if f.reader != nil && events&(sock.Readable|sock.Hangup) != 0 {
			l.story.reported(f.fd, f.reader)
			f.reader.ready(l)
		}
		if f.writer != nil && events&(sock.Writable|sock.Hangup) != 0 {
			l.story.reported(f.fd, f.writer)
			f.writer.ready(l)
		}
	}
	return err
}

// idle waits without descriptors. A virtual clock jumps to the end of the wait. Calls in the executor take no virtual time,
// so idle waits for those first.
func (l *Loop) idle(wait time.Duration) {
	switch {
	case wait == 0:
	case wait > 0 && l.Virtual && l.executor.pending == 0:
		l.now += wait
	case wait > 0 && !l.Virtual:
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-l.polling.wakening(&l.mail):
		case <-timer.C:
		}
	default:
		<-l.polling.wakening(&l.mail)
	}
}

// wakening returns the channel that wakes a loop without descriptors. It is ready if there is mail already.
func (p *polling) wakening(m *mail) <-chan struct{} {
	m.Lock()
	defer m.Unlock()
	if p.woken == nil {
		p.woken = make(chan struct{}, 1)
		if len(m.calls) > 0 {
			p.wake()
		}
	}
	return p.woken
}

// wake ends the present wait of the loop, or the next one. Call it with the mail locked.
func (p *polling) wake() {
	if p.poller != nil {
		p.waker.wake()
		return
	}
	select {
	case p.woken <- struct{}{}:
	default: // woken already, or not waiting for mail yet
	}
}

func (p *polling) close() {
	if p.poller != nil {
		p.poller.Close()
		p.waker.close()
	}
}
