//go:build exercise

package selectloop

// Kernel is the calls that the loop makes. Only Select waits.
type Kernel interface {
	Select(watch []int) (ready []int, err error) // those of the descriptors in watch that can be read; an error for one that is not open
	Accept(ln int) (fd int)                      // the next client's descriptor, the smallest number that is free
	Read(fd int) string                          // what has arrived; "" is the end: the client has left
	Write(fd int, reply string)
	Close(fd int)
}

// Serve answers whatever the clients of the listening socket ln send, a message a read, with "Hello world\n", until
// Select returns an error, which it returns.
//
// The exercise: this is the original tutorial's loop, with three of its mistakes.
//
//   - It answers a client that has left, and closes the listening socket when one asks: the condition is the wrong way round.
//   - It watches clients that have left. A socket at its end can be read for ever, so every Select returns at once,
//     and the loop never waits again.
//   - It does not close them either, so that their descriptors are used up.
//
// Mend them, until this passes:
//
//	go test -tags exercise ./lessons/03-select
//
// A hint: the number that Close gives back may be a new client's a moment later. Stop watching it first.
func Serve(k Kernel, ln int) error {
	watch := []int{ln}
	for {
		ready, err := k.Select(watch)
		if err != nil {
			return err
		}
		for _, fd := range ready {
			if fd == ln {
				watch = append(watch, k.Accept(ln))
			} else if message := k.Read(fd); message == "" {
				k.Write(fd, "Hello world\n")
			} else {
				k.Close(ln)
			}
		}
	}
}
