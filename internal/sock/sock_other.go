//go:build !linux

package sock

import (
	"errors"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Linux reports whether this system has the raw calls. Here only Listen, NetListener, AcceptNet, Shutdown, ByeConn and Sleep work.
const Linux = false

var errLinux = errors.New("raw socket calls need Linux")

// listeners are the sockets by the numbers that Listen returns: not every system has plain numbers for them.
var listeners struct {
	sync.Mutex
	list []net.Listener
}

// Listen opens a listening TCP socket on addr and returns a number for NetListener and Shutdown.
func Listen(addr string) (int, string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return -1, "", err
	}
	listeners.Lock()
	defer listeners.Unlock()
	listeners.list = append(listeners.list, l)
	return len(listeners.list) - 1, l.Addr().String(), nil
}

// NetListener makes the listening socket ln a listener of package net.
func NetListener(ln int) (net.Listener, error) {
	listeners.Lock()
	defer listeners.Unlock()
	return listeners.list[ln], nil
}

// Peer returns the address of the peer of fd, "" if it has left.
func Peer(int) string { return "" }

// Queued returns how many connections wait in the listen queue of ln; 0 where the kernel does not report it.
func Queued(int) int { return 0 }

// Shutdown ends a listening socket: accept, a blocked one too, fails from then on.
func Shutdown(ln int) {
	if l, _ := NetListener(ln); l != nil {
		l.Close()
	}
}

// Sleep sleeps for d.
func Sleep(d time.Duration) { time.Sleep(d) }

func passing(e syscall.Errno) bool { return e == syscall.ECONNABORTED }

func full(e syscall.Errno) bool { return e == syscall.EMFILE || e == syscall.ENFILE }

func spared() bool { return true }

// shed leaves a connection waiting: without a descriptor it cannot be refused here.
func shed(int) error { return Again }

func unacked(int) (n int, known bool) { return 0, false }
func unread(int) int                  { return 0 }

// ByeConn closes a connection after its last reply.
func ByeConn(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	c.Close()
}

// The rest exists so that the models compile; the table of models never runs them here.

const (
	Readable  = 1
	Writable  = 2
	Hangup    = 4
	FDSetSize = 1024
)

type Poller struct{ Waiter }

type Event struct{ Events uint32 }

func (e *Event) Data() uint64 { return 0 }

type FDSet struct{}

func (s *FDSet) Set(int)      {}
func (s *FDSet) Unset(int)    {}
func (s *FDSet) Has(int) bool { return false }

func NewPoller() (*Poller, error)                          { return nil, errLinux }
func (p *Poller) Add(int, uint32, uint64) error            { return errLinux }
func (p *Poller) Change(int, uint32, uint64) error         { return errLinux }
func (p *Poller) Remove(int) error                         { return errLinux }
func (p *Poller) Wait([]Event, time.Duration) (int, error) { return 0, errLinux }
func (p *Poller) Close()                                   {}
func NonBlocking(int) error                                { return errLinux }
func Accept(int) (int, error)                              { return -1, errLinux }
func Read(int, []byte) (int, error)                        { return 0, errLinux }
func Write(int, []byte) (int, error)                       { return 0, errLinux }
func WriteUrgent(int, byte) error                          { return errLinux }
func Close(int)                                            {}
func ListenSamePort(int) (int, error)                      { return -1, errLinux }
func PassListener(int, *exec.Cmd)                          {}
func Inherit() (int, string, error)                        { return -1, "", errLinux }
func WaitShutdown(int) error                               { return errLinux }
func Bye(int)                                              {}

type PollFD struct {
	FD            int32
	Events, Ready int16
}

type Waiter struct{ Hold bool }

func NewWaiter() *Waiter { return &Waiter{} }

func (w *Waiter) Close()                                                         {}
func (w *Waiter) Accept(int) (int, error)                                        { return -1, errLinux }
func (w *Waiter) Read(int, []byte, time.Duration) (int, error)                   { return 0, errLinux }
func (w *Waiter) Write(int, []byte, time.Duration) (int, error)                  { return 0, errLinux }
func (w *Waiter) Select(int, *FDSet, *FDSet, *FDSet, time.Duration) (int, error) { return 0, errLinux }
func (w *Waiter) Poll(*[]PollFD, time.Duration) (int, error)                     { return 0, errLinux }
