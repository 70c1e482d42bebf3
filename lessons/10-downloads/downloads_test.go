package downloads

import (
	"sync"
	"testing"
	"time"

	"carousel/internal/sock"
	"carousel/lessons/inside"
)

const patience = 20 * time.Second

// meeting counts how many visits overlap. A visit waits until as many as wanted are there at the same time.
type meeting struct {
	sync.Mutex
	wanted, here, most int
	all                chan struct{}
	once               sync.Once
}

func meet(wanted int) *meeting { return &meeting{wanted: wanted, all: make(chan struct{})} }

func (m *meeting) visit() {
	m.Lock()
	m.here++
	m.most = max(m.most, m.here)
	if m.here == m.wanted {
		m.once.Do(func() { close(m.all) })
	}
	m.Unlock()
	select {
	case <-m.all:
	case <-time.After(patience):
	}
	time.Sleep(5 * time.Millisecond) // long enough for more visits, if the way allows them
	m.Lock()
	m.here--
	m.Unlock()
}

func (m *meeting) peak() int {
	m.Lock()
	defer m.Unlock()
	return m.most
}

// A way that downloads all at once has ten requests at the server at the same time. One that writes in the executor writes ten files at the same
// time. The others have one.
func TestWays(t *testing.T) {
	if !sock.Linux {
		t.Skip(inside.ErrSystem)
	}
	for i, c := range []struct{ asking, writing int }{{1, 1}, {images, images}, {images, 1}} {
		t.Run(ways[i].name, func(t *testing.T) {
			asking, writing := meet(c.asking), meet(c.writing)
			addr, stop, err := gallery(asking.visit)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			got, err := ways[i].run(addr, writing.visit)
			if err != nil || got.images != images || got.redirects != images {
				t.Errorf("%+v, %v", got, err)
			}
			if asked, wrote := asking.peak(), writing.peak(); asked != c.asking || wrote != c.writing {
				t.Errorf("%d requests and %d writes at the same time, want %d and %d", asked, wrote, c.asking, c.writing)
			}
		})
	}
}
