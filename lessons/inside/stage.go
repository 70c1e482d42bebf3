package inside

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// patience is how long a stage waits for what must come.
var patience = 10 * time.Second

// Stage is where a model and its scripted clients play. What the model narrates goes to out, and what the clients do beside it. After the
// first error nothing happens any more; End returns it, and that of the model.
type Stage struct {
	addr    string
	stop    func() error
	story   *story.Story
	clients []*Client
	err     error

	mu    sync.Mutex
	more  sync.Cond
	out   io.Writer
	said  []byte // since Until last found something
	rests bool   // Until has found something since a client acted
}

// Play begins a story and a model in it. Only one can play at a time in a process.
func Play(out io.Writer, model func(ln int, open func() *wire.Talk) error) *Stage {
	s := &Stage{out: out}
	s.more.L = &s.mu
	s.story = story.Begin(story.Options{Narrate: s, Peer: sock.Peer})
	s.addr, s.stop, s.err = Serve(model)
	return s
}

// Write takes a line of the narration.
func (s *Stage) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, line...)
	s.more.Broadcast()
	return s.out.Write(line)
}

// Until waits until the narration has these lines, one after another, since Until last returned: a client that goes on only then always
// finds the server at the same place.
func (s *Stage) Until(things ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	over := false
	defer time.AfterFunc(patience, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		over = true
		s.more.Broadcast()
	}).Stop()
	for _, thing := range things {
		for s.err == nil {
			if _, rest, found := bytes.Cut(s.said, []byte(thing)); found {
				s.said, s.rests = rest, true
				break
			}
			if over {
				s.err = fmt.Errorf("the server has not come to %q within %v", thing, patience)
			} else {
				s.more.Wait()
			}
		}
	}
}

// End ends the story, hangs up for whoever is still there and shuts the model down.
func (s *Stage) End() error {
	s.story.End()
	for _, c := range s.clients {
		c.conn.Close()
	}
	if s.stop != nil {
		s.err = errors.Join(s.err, s.stop())
	}
	return s.err
}

// Client is a scripted client.
type Client struct {
	*Stage
	lane  *story.Lane
	conn  net.Conn
	reply *bufio.Reader
	asked time.Time
}

// Connects has a client of that name connect. The server knows clients by the order in which it accepts them.
func (s *Stage) Connects(name string) *Client {
	c := &Client{Stage: s}
	if s.err != nil {
		return c
	}
	c.lane = story.NewLane(name)
	c.acts("connects")
	if c.conn, s.err = net.DialTimeout("tcp", s.addr, patience); s.err == nil {
		s.clients = append(s.clients, c)
		c.conn.SetDeadline(time.Now().Add(patience))
		c.reply = bufio.NewReader(c.conn)
	}
	return c
}

// acts says what c does next, with an empty line before it where the server has come to rest.
func (c *Client) acts(what string, n ...int) {
	c.mu.Lock()
	if c.rests && c.lane != nil {
		io.WriteString(c.out, "\n")
	}
	c.rests = false
	c.mu.Unlock()
	c.lane.Say(what, n...)
}

// Asks sends a line, for which the server owes a reply.
func (c *Client) Asks(line string) { c.sends(line, line+"\n") }

// Gets asks for a path over HTTP.
func (c *Client) Gets(path string) {
	c.sends("GET "+path, "GET "+path+" HTTP/1.1\r\nHost: lesson\r\n\r\n")
}

func (c *Client) sends(what, bytes string) {
	if c.err != nil {
		return
	}
	c.acts("sends " + strconv.Quote(what))
	c.asked = time.Now()
	_, c.err = io.WriteString(c.conn, bytes)
}

// Hears waits for the reply.
func (c *Client) Hears() {
	for line := ""; line != "Hello world\n"; {
		if c.err != nil {
			return
		}
		line, c.err = c.reply.ReadString('\n')
	}
	c.lane.Say("has the reply, after %d ms", int(time.Since(c.asked).Milliseconds()))
}

// Says has c say something of itself; what is a constant without %.
func (c *Client) Says(what string) { c.lane.Say(what) }

// Thinks lets time pass.
func (c *Client) Thinks(d time.Duration) {
	if c.err == nil {
		c.acts("thinks for %d ms", int(d.Milliseconds()))
		time.Sleep(d)
	}
}

// Leaves hangs up.
func (c *Client) Leaves() {
	if c.err == nil {
		c.acts("leaves")
		c.conn.Close()
	}
}
