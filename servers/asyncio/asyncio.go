// Package asyncio is an event loop with futures and tasks, in the manner of Python's asyncio, and the model built on it.
//
// Lesson: a task is a coroutine that the loop steps, a future is what it awaits. The program reads like blocking code
// again, and every place where it gives way is marked. Nothing else gives way: a handler that blocks stops everybody,
// unless it hands its work to an executor.
//
// The semantics are those of Python 3.11's asyncio: the tests compare with what scripts/asyncio_cases.py prints. A file holds one idea:
//
//	loop.go      the loop: a turn waits, collects the callbacks that are ready, and calls each once
//	timers.go    callbacks that wait for their time
//	polling.go   callbacks that wait for a descriptor, and how the loop waits
//	mail.go      callbacks from other goroutines
//	future.go    a result that is not there yet
//	task.go      a future around a coroutine, stepped by the loop
//	sleep.go     waiting for a time, and a limit to a wait
//	gather.go    waiting for many
//	waitfor.go   waiting for one, for a while
//	shield.go    waiting for one that is not to be cancelled
//	executor.go  blocking calls, made elsewhere
//	handler.go   errors that no caller can receive
//	conn.go      sockets that tasks wait for
//	streams.go   the same with buffers: Reader and Writer
//	server.go    a task per connection
//	run.go       a loop for one program
//	story.go     the narration of all this
//	asyncio.go   the model
package asyncio

import (
	"carousel/internal/sock"
	"carousel/internal/wire"
)

// Serve answers connections to ln until it is shut down. Work blocks the loop.
func Serve(ln int, open func() *wire.Talk) error {
	return serve(ln, open, func(c *Co, talk *wire.Talk) error {
		talk.Work()
		return nil
	})
}

// ServeExecutor is Serve with Work handed to an executor.
func ServeExecutor(ln int, open func() *wire.Talk) error {
	return serve(ln, open, func(c *Co, talk *wire.Talk) error {
		c.awaits("work", "Task-%d hands its work to the executor, and awaits the future of that", c.task.number)
		_, err := Await(c, RunInExecutor(c.Loop, func() (struct{}, error) {
			talk.Work()
			return struct{}{}, nil
		}))
		return err
	})
}

type server struct {
	open func() *wire.Talk
	work func(*Co, *wire.Talk) error
	buf  [sock.ReadBytes]byte // of the task that runs, until its next await
}

func serve(ln int, open func() *wire.Talk, work func(*Co, *wire.Talk) error) error {
	s := &server{open: open, work: work}
	_, err := Run(func(c *Co) (none struct{}, err error) {
		ended := NewFuture[error](c.Loop)
		accepted := func(fd int) {
			CreateTask(c.Loop, func(c *Co) (none struct{}, err error) { return none, s.client(c, fd) })
		}
		if err := c.Loop.accept(ln, accepted, func(err error) { ended.SetResult(err) }); err != nil {
			return none, err
		}
		c.awaits("read", "Task-%d awaits a future that is done when the server is to end", c.task.number)
		err, cancelled := Await(c, ended)
		if cancelled != nil {
			return none, cancelled
		}
		return none, sock.Ended(err)
	})
	return err
}

// client is one connection from beginning to end.
func (s *server) client(c *Co, fd int) error {
	conn, err := NewConn(c.Loop, fd)
	if err != nil {
		sock.Refuse(fd, err.Error())
		return nil
	}
	conn.CancelOnHangup(c)
	talk, bye := s.open(), sock.Close
	c.serves(talk.Client(), fd)
	defer func() {
		talk.Client().Closes("Task-%d returns, and fd %d is closed", c.task.number, fd)
		conn.Close(bye)
	}()
	for {
		switch talk.Next() {
		case wire.Read:
			n, err := Timeout(c, talk.Pause(), func() (int, error) { return conn.Recv(c, s.buf[:]) })
			if err == ErrTimeout {
				talk.Late(fd)
				continue
			} else if err != nil {
				talk.Client().Breaks(err)
				return nil
			}
			talk.Turn()
			talk.Feed(s.buf[:n])
		case wire.Write:
			if err := giveWay(c, talk); err != nil {
				return err
			}
			n, err := Timeout(c, talk.Pause(), func() (int, error) { return conn.Send(c, talk.Out()) })
			if err == ErrTimeout {
				talk.Late(fd)
				continue
			} else if err != nil {
				talk.Client().Breaks(err)
				return nil
			}
			talk.Sent(n)
		case wire.Sleep:
			if err := Sleep(c, talk.Pause()); err != nil {
				return err
			}
			talk.Woke()
		case wire.Work:
			if err := giveWay(c, talk); err != nil {
				return err
			}
			if err := s.work(c, talk); err != nil {
				return err
			}
		case wire.Close:
			bye = sock.Bye
			return nil
		}
	}
}

// giveWay lets the others have their turn if this one's is over.
func giveWay(c *Co, talk *wire.Talk) error {
	if !talk.Over() {
		return nil
	}
	talk.Turn()
	return c.Yield()
}
