//go:build !linux

package engine

import "errors"

func newEpoll(*run, *team) (crew, error) {
	return nil, errors.New("engine epoll needs Linux: use --engine net")
}

func precise() {}
