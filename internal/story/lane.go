package story

import "carousel/internal/traceevent"

// Lane is what gives turns: a loop, a thread, a goroutine or a worker. All methods do nothing on nil.
type Lane struct {
	story  *Story
	name   string
	number int // from 1
	span
}

// NewLane adds a lane; name is a format for n. It returns nil if there is no story.
func NewLane(name string, n ...int) *Lane {
	if current == nil {
		return nil
	}
	return current.lane(text(name, n))
}

func (s *Story) lane(name string) *Lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &Lane{story: s, name: name, number: len(s.lanes) + 1}
	s.lanes = append(s.lanes, l)
	s.width = max(s.width, len(name))
	return l
}

// Turn begins a turn of client c, which is connected to fd, or of l itself if c is nil. why, a format for n, is what it goes on with.
func (l *Lane) Turn(c *Client, fd int, why string, n ...int) {
	if l != nil {
		l.turn(c, fd, why, n)
	}
}

func (l *Lane) turn(c *Client, fd int, format string, n []int) {
	why := text(format, n)
	s := l.story
	s.mu.Lock()
	defer s.mu.Unlock()
	c.known(fd)
	at := s.since()
	name := l.name
	if c != nil {
		name = c.name()
		s.line(event{lane: l}, l.name, name+"'s turn: "+why, at)
		c.become(span{category: "turn", name: "its turn", from: at, lane: l})
		c.step(at)
	} else {
		s.line(event{lane: l}, l.name, why, at)
	}
	l.become(span{category: "turn", name: name, why: why, from: at, client: c})
}

// Wait records that l waits from now on, and in what. No client has a turn meanwhile.
func (l *Lane) Wait(what string, n ...int) {
	if l != nil {
		l.wait(what, n)
	}
}

func (l *Lane) wait(format string, n []int) {
	what := text(format, n)
	s := l.story
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.category == "wait" && l.span.name == what && l.span.client == nil {
		return // it was woken for nothing
	}
	at := s.since()
	s.line(event{lane: l}, l.name, "waits: "+what, at)
	l.become(span{category: "wait", name: what, from: at})
}

// Say records what happens on l.
func (l *Lane) Say(what string, n ...int) {
	if l != nil {
		l.say(what, n)
	}
}

func (l *Lane) say(format string, n []int) {
	what := text(format, n)
	l.story.mu.Lock()
	defer l.story.mu.Unlock()
	l.story.line(event{lane: l}, l.name, what, l.story.since())
}

// become ends the span of l and begins the next one.
func (l *Lane) become(next span) {
	if l.category != "" {
		l.story.keep(event{span: l.span, phase: traceevent.Slice, to: next.from, lane: l})
	}
	l.span = next
}
