package flight

// queue is a first-in, first-out list that a connection may leave from anywhere.
type queue struct{ first, last *Conn }

func (q *queue) push(c *Conn) {
	c.queue, c.prev, c.next = q, q.last, nil
	if q.last != nil {
		q.last.next = c
	} else {
		q.first = c
	}
	q.last = c
}

func (q *queue) pop() *Conn {
	c := q.first
	q.remove(c)
	return c
}

func (q *queue) remove(c *Conn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		q.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		q.last = c.prev
	}
	c.queue, c.prev, c.next = nil, nil, nil
}

// todo is the connections with something to be done, the longest first.
type todo struct{ first, last *Conn }

func (t *todo) push(c *Conn) {
	if c.after = nil; t.last != nil {
		t.last.after = c
	} else {
		t.first = c
	}
	t.last = c
}

// pop is nil when nothing is to be done.
func (t *todo) pop() *Conn {
	c := t.first
	if c == nil {
		return nil
	}
	if t.first = c.after; t.first == nil {
		t.last = nil
	}
	return c
}
