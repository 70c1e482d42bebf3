package asyncio

import "golang.org/x/sys/unix"

// waker is an eventfd: writing to it makes it readable.
type waker struct{ fd int }

func (w *waker) open() (err error) {
	w.fd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	return err
}

func (w *waker) wake() { unix.Write(w.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// ready makes it unreadable again; the mail is collected in every turn.
func (w *waker) ready(*Loop) {
	var count [8]byte
	unix.Read(w.fd, count[:])
}

func (w *waker) close() { unix.Close(w.fd) }
