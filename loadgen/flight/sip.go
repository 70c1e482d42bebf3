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
func (d *Deck) sip(c *Conn) {
	if c.room == 0 {
		return
	}
	c.room = 0
	if d.begun > len(d.sips)/2 {
		d.sips, d.begun = slices.Delete(d.sips, 0, d.begun), 0
	}
	d.sips = append(d.sips, sip{c, c.Era, later(d.now(), int64(d.most)*int64(time.Second)/d.ReadRate)})
}

// sipped is a connection that may be read from again.
func (d *Deck) sipped() (*Conn, Do) {
	for d.begun < len(d.sips) && d.sips[d.begun].at <= d.turned {
		s := d.sips[d.begun]
		d.begun++
		if s.conn.Era == s.era {
			s.conn.room = d.most
			return s.conn, Read
		}
	}
	return nil, Nothing
}
