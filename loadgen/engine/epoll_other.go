//go:build !linux

package engine

import "errors"

func newEpoll(*run, *team) (crew, error) {
	return nil, errors.New("engine epoll needs Linux: use --engine net")
}

func newUring(*run, *team) (crew, error) { return nil, Rings() }

func precise() {}
