package asyncio

import "sync"

// mail holds the callbacks that other goroutines schedule.
type mail struct {
	sync.Mutex
	calls  []callback
	closed bool
}

// CallSoonThreadsafe is CallSoon for other goroutines: it wakes the loop. On a closed loop it returns ErrLoopClosed.
func (l *Loop) CallSoonThreadsafe(fn func()) error {
	l.mail.Lock()
	defer l.mail.Unlock()
	if l.mail.closed {
		return ErrLoopClosed
	}
	l.mail.calls = append(l.mail.calls, &Handle{fn: fn})
	if len(l.mail.calls) == 1 {
		l.polling.wake()
	}
	return nil
}

// collect moves the callbacks to the ready queue.
func (m *mail) collect(l *Loop) {
	m.Lock()
	defer m.Unlock()
	if len(m.calls) > 0 {
		l.story.Say("callbacks that other threads have scheduled: %d", len(m.calls))
	}
	l.ready = append(l.ready, m.calls...)
	clear(m.calls)
	m.calls = m.calls[:0]
}

func (m *mail) close() {
	m.Lock()
	defer m.Unlock()
	m.calls, m.closed = nil, true
}
