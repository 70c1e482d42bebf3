//go:build exercise

package callbacks

// Want is what a descriptor is watched for.
type Want int

const (
	Nothing Want = iota
	Readable
	Writable
)

// Kernel is epoll: it keeps the list of what is watched. Each call costs, Wait alone waits.
type Kernel interface {
	Add(fd int, want Want) error
	Change(fd int, want Want)
	Remove(fd int)
	Wait() (ready []int, err error) // the descriptors that are ready for what they are watched for
	Close(fd int)                   // gives the descriptor back; the next connection may get its number
}

// Dispatcher calls a function for each descriptor that is ready.
type Dispatcher struct {
	Kernel     Kernel
	Registered map[int]Registration // by descriptor
}

// Registration is what a descriptor is watched for, and the function to call then.
type Registration struct {
	Want     Want
	Callback func()
}

// Register has fd watched, and callback called whenever it is ready.
func (d *Dispatcher) Register(fd int, want Want, callback func()) error {
	if err := d.Kernel.Add(fd, want); err != nil {
		return err
	}
	d.Registered[fd] = Registration{want, callback}
	return nil
}

// The exercise: write the other three. It is done when this passes:
//
//	go test -tags exercise ./lessons/04-callbacks

// Change has a registered fd watched for want from now on, and callback called then. Most connections change their callback and
// not what they want: those must not cost a call of the kernel.
func (d *Dispatcher) Change(fd int, want Want, callback func()) {
}

// Close unregisters fd and closes it. The order matters: a duplicate of a closed descriptor, in a child process say, would
// keep it in the kernel's list, reported for ever, and out of reach.
func (d *Dispatcher) Close(fd int) {
}

// Run waits, calls the callback of each descriptor that is ready, and waits again, until Wait fails; it returns that error. A callback may
// close others that are ready in the same turn: these have no callback any more.
func (d *Dispatcher) Run() error {
	return nil
}
