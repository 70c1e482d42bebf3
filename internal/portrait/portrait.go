// Package portrait shows how a server takes turns: eight clients play a small fixed script on it, the server keeps a trace of
// whose turn it is and why, and both become one picture on one clock.
//
// Script is what the clients do, Perform does it on an address, Join adds what they did to the server's trace, FromTrace makes a Portrait of
// that, and Text draws one for a terminal.
package portrait

import "time"

// State is what a client or a lane does for a while. In Turn and Works the server works for a client; in Waits and Unaccepted a client
// has sent a request and nothing works for it.
type State uint8

const (
	Idle       State = iota // a client: it has no request pending. A lane: it waits, for any client (epoll_wait)
	Silent                  // a client: connected, and sends nothing, as in the script
	Turn                    // the lane works for this client
	Works                   // the same, and the handler computes or blocks: no other client has a turn on this lane meanwhile
	Asleep                  // the request sleeps, and needs no lane
	Waits                   // a client: its request waits for a turn. A lane: it waits for one client alone (blocked in read)
	Unaccepted              // a client: its request waits, and its connection is not accepted yet
	Unknown                 // a client: its request is pending, and the server's trace does not show why
	Replied                 // a client: the server has sent the reply, and the client has not read it yet
)

func (s State) String() string {
	return [...]string{"idle", "silent", "turn", "works", "asleep", "waits", "unaccepted", "unknown", "replied"}[s]
}

// Span is one state for a while. The spans of a row are in order and do not overlap.
type Span struct {
	From, To time.Duration // since the first client began to connect
	State    State
	Why      string // in the model's own words: "fd 7 is readable", "epoll_wait"; "": none
	Lane     int    // on a client's row: index in Lanes of the lane that serves it or will; -1: not known
	Client   int    // on a lane's row: the script's number of the client that it works or waits for; 0: none
	Behind   int    // on a client's row, waiting: the script's number of the client that has that lane; 0: none
}

// Request is one request of a client, from its first byte sent to its last byte received.
type Request struct {
	From, To time.Duration
	Done     time.Duration // when the server is done with it; by its trace that may be after the client has read the reply
	Path     string
	Status   int    // 0: never answered; To is when its client gave up
	Error    string // why it was not answered, or what was wrong with the reply; "": no error
	Spans    []Span // from From to To without a gap
}

// Client is the row of one client.
type Client struct {
	Number   int           // the script's, from 1
	Accepted int           // the server's number of its connection; 0: never accepted, or not in the server's trace
	Process  int           // the trace's pid of the process that accepted it; 0 as above
	Connects time.Duration // when it began to connect
	Closed   time.Duration // when it closed
	Spans    []Span        // its whole row from Connects to Closed without a gap: those of its requests, and Idle and Silent between them
	Requests []Request
}

// Lane is the row of a loop, a thread, a goroutine or a worker: of what gives turns.
type Lane struct {
	Name    string // in the model's own words: "loop", "thread 3"
	Process int    // the trace's pid: several processes have a lane of the same name
	Spans   []Span // Idle, Turn, Works and Waits; a gap is time that the trace does not show
}

// Line is one line of the server's narration.
type Line struct {
	At     time.Duration
	Who    string // the lane or client it is about, as in the narration: "loop", "client 2"
	Text   string
	Lane   int // index in Lanes; -1 for a line of a client
	Client int // the script's number of the client it is about: its own line, or a line of the lane during its turn; 0: none
}

// Portrait is what happened while the script was played on one server.
type Portrait struct {
	Model      string
	Command    string // how the server was started
	Processors int    // of the machine
	Length     time.Duration
	Clients    []Client // in the order of the script
	Lanes      []Lane   // in the order of processes and lanes; none for a server without a trace of its turns
	Lines      []Line   // in the order of their instants
}

// Narration returns the lines about one request, in order, until the server is done with it: those about its client, and those of the lane
// that serves it which are about no other client.
// client is the script's number, request an index in its requests; both must be there.
func (p Portrait) Narration(client, request int) []Line {
	r := p.Clients[client-1].Requests[request]
	serves := map[int]bool{}
	for _, s := range r.Spans {
		serves[s.Lane] = s.Lane >= 0
	}
	var lines []Line
	for _, l := range p.Lines {
		if l.At >= r.From && l.At <= max(r.To, r.Done) && (l.Client == client || l.Client == 0 && serves[l.Lane]) {
			lines = append(lines, l)
		}
	}
	return lines
}
