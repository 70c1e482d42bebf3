package inside

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"carousel/internal/sock"
	"carousel/internal/wire"
	"carousel/servers/epoll"
)

func TestPlay(t *testing.T) {
	if !sock.Linux {
		t.Skip(ErrSystem)
	}
	var out bytes.Buffer
	s := Play(&out, epoll.Serve)
	s.Until("epoll_wait")
	ann := s.Connects("Ann")
	s.Until("client 1", "waits: epoll_wait")
	ann.Asks("hello")
	s.Until("12 bytes are sent", "waits: epoll_wait")
	ann.Hears()
	ann.Thinks(time.Millisecond)
	ann.Says("is done")
	ann.Leaves()
	s.Until("closed", "waits: epoll_wait")
	bob := s.Connects("Bob")
	s.Until("client 2", "waits: epoll_wait")
	bob.Gets("/")
	s.Until("77 bytes are sent")
	bob.Hears()
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	rest := out.String()
	for _, line := range []string{"Ann       connects", "client 1  connects from", `Ann       sends "hello"`, "client 1  12 bytes are sent", "Ann       has the reply",
		"Ann       thinks for 1 ms", "Ann       is done", "Ann       leaves", "Bob       connects", `Bob       sends "GET /"`, "client 2  77 bytes are sent", "Bob       has the reply"} {
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Fatalf("%q is missing, or out of place:\n%s", line, &out)
		}
		rest = after
	}
	if strings.Contains(rest, "shut") || strings.Contains(rest, "leaves") {
		t.Errorf("the story goes on after its end: %s", rest)
	}
}

// An error on a stage ends the play; the rest of the script does nothing.
func TestPlayFails(t *testing.T) {
	if !sock.Linux {
		if err := Play(new(bytes.Buffer), epoll.Serve).End(); !errors.Is(err, ErrSystem) {
			t.Errorf("%v, want %v", err, ErrSystem)
		}
		return
	}
	defer func(before time.Duration) { patience = before }(patience)
	patience = 50 * time.Millisecond
	failing := errors.New("no")
	for name, c := range map[string]struct {
		model func(int, func() *wire.Talk) error
		want  string
	}{
		"a model that fails":         {func(int, func() *wire.Talk) error { return failing }, failing.Error()},
		"what never happens":         {epoll.Serve, `the server has not come to "tea" within 50ms`},
		"a model that serves nobody": {func(ln int, _ func() *wire.Talk) error { return sock.WaitShutdown(ln) }, `"tea"`},
	} {
		s := Play(new(bytes.Buffer), c.model)
		ann := s.Connects("Ann")
		s.Until("tea")
		ann.Asks("hello")
		ann.Hears()
		ann.Thinks(time.Hour)
		ann.Leaves()
		s.Connects("Bob").Gets("/")
		if err := s.End(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
