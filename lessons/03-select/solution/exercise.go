package selectloop

import "slices"

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
			} else if message := k.Read(fd); message != "" {
				k.Write(fd, "Hello world\n")
			} else {
				watch = slices.DeleteFunc(watch, func(watched int) bool { return watched == fd })
				k.Close(fd)
			}
		}
	}
}
