package flight

import (
	"slices"
	"time"
)

// pausedRead is when a connection may be read from again.
type pausedRead struct {
	conn *Conn
	era  uint32
	at   int64
}

// sipsPerSecond is how often a connection is read from that takes in so many bytes a second, if it is not fast.
const sipsPerSecond = 20

// pauseReads has c not read from for as long as what may be read at once lasts.
func (s *Shard) pauseReads(c *Conn) {
	if c.room == 0 {
		return
	}
	c.room = 0
	if s.resumed > len(s.paused)/2 {
		s.paused, s.resumed = slices.Delete(s.paused, 0, s.resumed), 0
	}
	s.paused = append(s.paused, pausedRead{c, c.Era, later(s.now(), int64(s.most)*int64(time.Second)/s.ReadRate)})
}

// nextPaused is a connection that may be read from again.
func (s *Shard) nextPaused() (*Conn, Action) {
	for s.resumed < len(s.paused) && s.paused[s.resumed].at <= s.turned {
		p := s.paused[s.resumed]
		s.resumed++
		if p.conn.Era == p.era {
			p.conn.room = s.most
			return p.conn, Read
		}
	}
	return nil, Nothing
}
