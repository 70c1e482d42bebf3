package gnet

import (
	"fmt"
	"os"
	"sync"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/pool/goroutine"
	"golang.org/x/sys/unix"
)

// gnet starts these goroutines in every program that imports it; nothing here uses them.
func init() { goroutine.DefaultWorkerPool.Release() }

// OnBoot replaces gnet's own listening socket, which gnet does not watch yet, by the one that is bound already.
func (s *server) OnBoot(engine gnet.Engine) gnet.Action {
	twin, err := engine.Dup()
	if err == nil {
		fd := 0
		for fd == twin || !same(fd, twin) {
			fd++
		}
		err = unix.Dup3(s.ln, fd, unix.O_CLOEXEC)
		unix.Close(twin)
	}
	if err != nil {
		s.Errorf("cannot replace gnet's listening socket: %v", err)
		return gnet.Shutdown
	}
	return gnet.None
}

// same reports whether two descriptors refer to one socket.
func same(a, b int) bool {
	var one, other unix.Stat_t
	return unix.Fstat(a, &one) == nil && unix.Fstat(b, &other) == nil && one.Dev == other.Dev && one.Ino == other.Ino
}

// logger keeps the first error, since gnet reports only to its logger why it ends.
type logger struct {
	once  sync.Once
	first error
}

func (l *logger) Debugf(string, ...any) {}

func (l *logger) Infof(string, ...any) {}

func (l *logger) Warnf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "gnet: "+format+"\n", args...)
}

func (l *logger) Errorf(_ string, args ...any) {
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			l.once.Do(func() { l.first = err })
		}
	}
}

func (l *logger) Fatalf(format string, args ...any) { l.Errorf(format, args...) }
