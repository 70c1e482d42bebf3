package main

import (
	"slices"
	"strings"
	"testing"

	"carousel/internal/sock"
	"carousel/internal/wire"
	"carousel/servers/blocking"
)

// twins are models that make a mistake, and are named after it. They prove that the cases named so have teeth.
var twins = []model{
	{"replies once per recv", "a message is not what recv returns", oncePerRecv, true},
	{"ignores the count send returns", "the kernel takes what it has room for", ignoresCount, true},
	{"closes the listener when the first client leaves", "two sockets, two lives", closesListener, true},
	{"answers end-of-file", "nothing is not a message", answersEnd, true},
}

func oncePerRecv(ln int, open func() *wire.Talk) error {
	return each(ln, func(fd int) {
		buf := make([]byte, sock.ReadBytes)
		for {
			n, err := sock.ReadWait(fd, buf, 0)
			if n == 0 || err != nil {
				return
			}
			sock.WriteWait(fd, []byte(hello), 0)
		}
	})
}

func ignoresCount(ln int, open func() *wire.Talk) error {
	return each(ln, func(fd int) {
		buf := make([]byte, sock.ReadBytes)
		for talk := open(); ; {
			switch talk.Next() {
			case wire.Read:
				n, err := sock.ReadWait(fd, buf, talk.Pause())
				if err != nil {
					return
				}
				talk.Feed(buf[:n])
			case wire.Write:
				out := talk.Out()
				if _, err := sock.Write(fd, out); err != nil && err != sock.Again {
					return
				}
				talk.Sent(len(out))
			case wire.Sleep:
				sock.Sleep(talk.Pause())
				talk.Woke()
			case wire.Work:
				talk.Work()
			case wire.Close:
				return
			}
		}
	})
}

func closesListener(ln int, open func() *wire.Talk) error {
	fd, err := sock.AcceptWait(ln)
	if err != nil {
		return sock.Ended(err)
	}
	blocking.Converse(fd, open(), make([]byte, sock.ReadBytes))
	sock.Close(ln)
	return nil
}

func answersEnd(ln int, open func() *wire.Talk) error {
	return each(ln, func(fd int) {
		buf := make([]byte, sock.ReadBytes)
		for n := 1; n > 0; {
			n, _ = sock.ReadWait(fd, buf, 0)
			sock.WriteWait(fd, []byte(hello), 0)
		}
	})
}

// each gives every connection a thread for its conversation.
func each(ln int, converse func(fd int)) error {
	for {
		fd, err := sock.AcceptWait(ln)
		if err != nil {
			return sock.Ended(err)
		}
		go func() {
			converse(fd)
			sock.Bye(fd)
		}()
	}
}

// Every twin fails every case that is named after its mistake.
func TestTwins(t *testing.T) {
	for _, twin := range twins {
		t.Run(twin.name, func(t *testing.T) {
			if why := twin.unavailable(); why != "" {
				t.Skip(why)
			}
			t.Parallel()
			named := slices.DeleteFunc(slices.Clone(cases), func(c testcase) bool { return !strings.HasPrefix(c.name, twin.name) })
			if len(named) == 0 {
				t.Fatal("no case is named after this mistake")
			}
			failed := failures(modelOf("twins", twin.name), named)
			for _, c := range named {
				if failed[c.name] == nil {
					t.Errorf("passes %q", c.name)
				} else {
					t.Logf("%s: %v", c.name, failed[c.name])
				}
			}
		})
	}
}
