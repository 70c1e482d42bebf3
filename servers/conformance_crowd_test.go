package main

import (
	"strings"
	"time"
)

// crowd is how many clients come at once.
const crowd = 200

// flood is more than a server can answer a client that does not read.
func (x *exam) flood() string {
	if x.lines {
		return strings.Repeat("\n", 1<<20) // 13 MB of replies
	}
	return strings.Repeat(ask("/bytes/1000"), 20_000) // 22 MB of replies
}

// besides expects that other clients are served while the clients of the case go on.
func (x *exam) besides() {
	for range 3 {
		c := x.dial()
		c.hello()
		c.hello()
		c.close()
	}
}

// dials opens n connections, which stay open.
func (x *exam) dials(n int) []*conn {
	all := make([]*conn, n)
	for i := range all {
		all[i] = x.dial()
	}
	return all
}

// Several clients at once: what one of them does must not affect the others.
var crowdCases = []testcase{
	{name: "one thinking client stops nobody", needs: several, run: func(x *exam) {
		c := x.dial()
		x.besides()
		c.hello()
		x.besides()
		c.hello()
	}},
	{name: "one that stops in the middle of a request stops nobody", needs: several | web, run: func(x *exam) {
		c := x.dial()
		c.send(get[:10])
		x.besides()
		c.send(get[10:])
		c.expect(hello)
	}},
	{name: "one that sends byte by byte stops nobody", needs: several | web, run: func(x *exam) {
		c := x.dial()
		for i := range get {
			c.send(get[i : i+1])
			if i%8 == 0 {
				x.besides()
			}
		}
		c.expect(hello)
	}},
	{name: "one that sleeps stops nobody", needs: several | web, alone: true, run: func(x *exam) {
		x.dial().send(ask("/sleep/60s"))
		x.besides()
	}},
	{name: "sleeps pass side by side", needs: several | crowds | web, run: func(x *exam) {
		all := x.dials(crowd) // one after another they would take 100 s, longer than patience
		for _, c := range all {
			c.send(ask("/sleep/500ms"))
		}
		for _, c := range all {
			c.expect(hello)
		}
	}},
	{name: "uses blocking calls after readiness: one that asks for much and reads nothing stops nobody", needs: several | web, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(ask("/bytes/1073741824"))
		c.expect("HTTP/1.1 200 OK\r\n")
		x.besides()
	}},
	{name: "uses blocking calls after readiness: a pipeliner that does not read stops nobody", needs: several, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(x.flood())
		c.expect(x.response()[:12])
		x.besides()
		time.Sleep(50 * time.Millisecond)
		x.besides()
	}},
	{name: "a pipeliner that floods stops nobody", needs: several | web, run: func(x *exam) {
		c := x.dial()
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			batch := []byte(strings.Repeat(get, 100))
			for {
				if _, err := c.tcp.Write(batch); err != nil {
					return
				}
			}
		}()
		go func() {
			sink := make([]byte, 64<<10)
			for {
				if _, err := c.tcp.Read(sink); err != nil {
					return
				}
			}
		}()
		x.besides()
		time.Sleep(50 * time.Millisecond)
		x.besides()
		c.close()
	}},
	{name: "one that reads slowly stops nobody", needs: several | web, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(ask("/bytes/1048576"))
		for range 20 {
			c.in.Discard(1000)
			x.besides()
		}
	}},
	{name: "200 connections at once", needs: several | crowds, run: func(x *exam) {
		all := x.dials(crowd)
		for range 3 {
			for i := range all {
				all[len(all)-1-i].hello()
			}
		}
	}},
	{name: "200 connections at once, all in the middle of a request", needs: several | crowds | web, run: func(x *exam) {
		all := x.dials(crowd)
		for _, piece := range []string{get[:3], get[3:20], get[20:26]} {
			for _, c := range all {
				c.send(piece)
			}
		}
		for i := range all {
			c := all[len(all)-1-i]
			c.send(get[26:])
			c.expect(hello)
		}
	}},
	{name: "200 connections at once, each in its own thread", needs: several | crowds | web, run: func(x *exam) {
		all := x.dials(crowd)
		x.each(crowd, func(i int) {
			c := all[i]
			for n := range 5 {
				c.send(ask("/bytes/50000") + post("abc") + ask("/sleep/1ms"))
				c.answered(ok(content(50000)), ok("abc"), ok(world))
				if (i+n)%10 == 0 {
					c.reset()
					c = x.dial()
				}
			}
		})
	}},
	{name: "those who stay are served when others leave", needs: several | crowds, run: func(x *exam) {
		all := x.dials(60)
		for _, c := range all {
			c.hello()
		}
		for i, c := range all {
			switch i % 4 {
			case 0:
				c.reset()
			case 1:
				c.close()
			}
		}
		for i, c := range all {
			if i%4 > 1 {
				c.hello()
			}
		}
		x.besides()
	}},
	{name: "many come and go one by one", run: func(x *exam) {
		for range crowd {
			x.served()
		}
	}},
	{name: "many come at once and reset", needs: web, run: func(x *exam) {
		x.each(crowd, func(i int) {
			c := x.dial()
			c.send(ask("/bytes/100000"))
			c.reset()
		})
		x.served()
	}},
}
