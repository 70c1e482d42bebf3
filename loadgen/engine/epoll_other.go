//go:build !linux

package engine

import "errors"

func newEpoll(*run, *threadPool) (engine, error) {
	return nil, errors.New("engine epoll needs Linux: use --engine net")
}

func newUring(*run, *threadPool) (engine, error) { return nil, CheckUring() }

func precise() {}
