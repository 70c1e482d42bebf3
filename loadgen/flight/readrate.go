package flight

import (
	"slices"
	"time"
)

// pausedRead is a connection that must not be read from until an instant.
type pausedRead struct {
	conn *Conn
	era  uint32
	at   int64
}

// readsPerSecond is how often a connection with --read-rate is read from, unless the rate is so high that client.MaxRead limits each read.
const readsPerSecond = 20

// pauseReads sets c's room to 0 for the time that one full read takes at --read-rate.
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

// nextPaused returns the next connection that may be read from again, with Read; else nil and Nothing.
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
