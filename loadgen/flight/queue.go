package flight

// queue is a first-in, first-out list that a connection may leave from anywhere.
type queue struct{ first, last *Conn }

func (q *queue) push(c *Conn) { q.insert(c, q.last) }

// enter inserts c in the order of freed.
func (q *queue) enter(c *Conn) {
	before := q.last
	for before != nil && before.freed > c.freed {
		before = before.prev
	}
	q.insert(c, before)
}

// insert puts c behind before; nil: at the front.
func (q *queue) insert(c, before *Conn) {
	c.queue, c.prev, c.next = q, before, q.first
	if before != nil {
		c.next = before.next
		before.next = c
	} else {
		q.first = c
	}
	if c.next != nil {
		c.next.prev = c
	} else {
		q.last = c
	}
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

// todo is a queue of the connections for which there is an action. Unlike queue, a connection leaves it at the front only.
type todo struct{ first, last *Conn }

func (t *todo) push(c *Conn) {
	if c.after = nil; t.last != nil {
		t.last.after = c
	} else {
		t.first = c
	}
	t.last = c
}

// pop removes and returns the first connection, nil if there is none.
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
