package wire

// story tells what happens to one talk, for servers --narrate.
type story struct {
	tell   func(string, ...any)
	client int64 // in the order they were accepted, from 1
	wants  Want  // told last
	told   bool  // that it waits; not yet since its last turn
}

func (s *story) say(what string, args ...any) {
	s.tell("client %d "+what, append([]any{s.client}, args...)...)
}

// turn tells what a talk does now that it is its turn.
func (s *story) turn(what string, args ...any) {
	s.told = false
	s.say(what, args...)
}

func (t *Talk) fed(n int) {
	if n == 0 {
		t.story.turn("has finished sending")
	} else {
		t.story.turn("is read: %d bytes", n)
	}
}

// wants tells what a talk waits for, once.
func (t *Talk) wants(want Want) {
	s := t.story
	if s.told && s.wants == want {
		return
	}
	s.told, s.wants = true, want
	switch want {
	case Read:
		s.say("waits to be read")
	case Write:
		s.say("waits to be answered")
	case Sleep:
		s.say("sleeps for %v", t.Pause())
	case Work:
		s.say("has work that blocks")
	case Close:
		s.say("leaves")
	}
}
