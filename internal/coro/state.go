package coro

// State is where a generator stands. The names are those of Python's inspect.getgeneratorstate.
type State uint8

const (
	Created   State = iota // not started
	Suspended              // at a yield
	Running                // resumed, and not yet back
	Closed                 // over: it returned, failed, panicked or was closed
)

func (s State) String() string {
	return [...]string{"created", "suspended", "running", "closed"}[s]
}

// State returns the generator's state. One that runs on its delegator's stack has the state of that.
func (g *Gen[Y, S, R]) State() State {
	switch {
	case g.over:
		return Closed
	case g.lent != nil:
		return g.lent.state
	case g.flow != nil:
		return g.flow.state
	}
	return Created
}
