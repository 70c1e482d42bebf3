package gnet

import (
	"fmt"
	"os"
	"sync"

	"github.com/panjf2000/gnet/v2/pkg/pool/goroutine"
)

// gnet starts these goroutines with the program, whatever model it runs; nothing here uses them.
func init() { goroutine.DefaultWorkerPool.Release() }

// logger keeps the first error, since gnet tells only its logger why it ends.
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
