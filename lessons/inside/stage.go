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

// patience is how long a stage waits for the next expected line or byte.
var patience = 10 * time.Second

// Stage runs a model and scripted clients in one process. It prints the narration of the model and of the clients to out. After the first error
// its methods do nothing; End returns that error, and the model's.
type Stage struct {
	addr    string
	stop    func() error
	story   *story.Story
	clients []*Client
	err     error

	mu    sync.Mutex
	more  sync.Cond
	out   io.Writer
	lines []byte // narration since the last line that Until found
	rests bool   // Until has found a line since a client last acted: the server is at rest
}

// Play begins a story and starts a model. A process can have only one stage at a time.
func Play(out io.Writer, model func(ln int, open func() *wire.Talk) error) *Stage {
	s := &Stage{out: out}
	s.more.L = &s.mu
	s.story = story.Begin(story.Options{Narrate: s, Peer: sock.Peer})
	s.addr, s.stop, s.err = Serve(model)
	return s
}

// Write receives a line of the narration.
func (s *Stage) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line...)
	s.more.Broadcast()
	return s.out.Write(line)
}

// Until waits until the narration since the last Until holds these texts, in this order. A client that acts only after that always finds the
// server in the same state.
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
			if _, rest, found := bytes.Cut(s.lines, []byte(thing)); found {
				s.lines, s.rests = rest, true
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

// End ends the story, closes all connections and shuts the model down.
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
	sent  time.Time
}

// Connects makes a client of that name connect. The server numbers clients in the order in which it accepts them.
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

// acts narrates what c does next, after an empty line if the server is at rest.
func (c *Client) acts(what string, n ...int) {
	c.mu.Lock()
	if c.rests && c.lane != nil {
		io.WriteString(c.out, "\n")
	}
	c.rests = false
	c.mu.Unlock()
	c.lane.Say(what, n...)
}

// Asks sends a line, to which the server must reply.
func (c *Client) Asks(line string) { c.sends(line, line+"\n") }

// Gets requests a path over HTTP.
func (c *Client) Gets(path string) {
	c.sends("GET "+path, "GET "+path+" HTTP/1.1\r\nHost: lesson\r\n\r\n")
}

func (c *Client) sends(what, bytes string) {
	if c.err != nil {
		return
	}
	c.acts("sends " + strconv.Quote(what))
	c.sent = time.Now()
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
	c.lane.Say("has the reply, after %d ms", int(time.Since(c.sent).Milliseconds()))
}

// Says narrates something about c; what is a constant without %.
func (c *Client) Says(what string) { c.lane.Say(what) }

// Thinks waits for d.
func (c *Client) Thinks(d time.Duration) {
	if c.err == nil {
		c.acts("thinks for %d ms", int(d.Milliseconds()))
		time.Sleep(d)
	}
}

// Leaves closes the connection.
func (c *Client) Leaves() {
	if c.err == nil {
		c.acts("leaves")
		c.conn.Close()
	}
}
