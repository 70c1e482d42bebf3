// Package inside runs a server model inside the program that a lesson is.
package inside

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// ErrSystem is the error of a lesson whose model cannot run on this system.
var ErrSystem = errors.New("this lesson's model needs Linux's socket calls, this is " + runtime.GOOS)

// windUp is how long a model may take to return once its listening socket was shut down.
const windUp = 5 * time.Second

// Serve runs a model made of raw socket calls on a free port of loopback until stop is called. Close all clients before: a model that
// waits for one of them does not return. The error of stop is the model's, or says that it did not return within 5 s.
func Serve(model func(ln int, open func() *wire.Talk) error) (addr string, stop func() error, err error) {
	if !sock.Linux {
		return "", nil, ErrSystem
	}
	ln, addr, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("cannot listen on loopback: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- model(ln, new(wire.Book).Open) }()
	return addr, func() error {
		sock.Shutdown(ln)
		select {
		case err := <-done:
			sock.Close(ln)
			return err
		case <-time.After(windUp):
			return fmt.Errorf("the server had not ended %v after its socket was shut down", windUp)
		}
	}, nil
}
