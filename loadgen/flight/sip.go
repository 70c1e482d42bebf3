package flight

import (
	"slices"
	"time"
)

// sip is when a connection may be read from again.
type sip struct {
	conn *Conn
	era  uint32
	at   int64
}

// sipsPerSecond is how often a connection is read from that takes in so many bytes a second, if it is not fast.
const sipsPerSecond = 20

// sip has c not read from for as long as what may be read at once lasts.
func (s *Shard) sip(c *Conn) {
	if c.room == 0 {
		return
	}
	c.room = 0
	if s.begun > len(s.sips)/2 {
		s.sips, s.begun = slices.Delete(s.sips, 0, s.begun), 0
	}
	s.sips = append(s.sips, sip{c, c.Era, later(s.now(), int64(s.most)*int64(time.Second)/s.ReadRate)})
}

// sipped is a connection that may be read from again.
func (s *Shard) sipped() (*Conn, Action) {
	for s.begun < len(s.sips) && s.sips[s.begun].at <= s.turned {
		p := s.sips[s.begun]
		s.begun++
		if p.conn.Era == p.era {
			p.conn.room = s.most
			return p.conn, Read
		}
	}
	return nil, Nothing
}
