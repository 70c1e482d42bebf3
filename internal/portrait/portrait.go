// Package portrait shows how a server takes turns: eight clients play a small fixed script on it, the server keeps a trace of
// whose turn it is and why, and both become one picture on one clock.
//
// Script is what the clients do, Perform does it on an address, Join adds what they did to the server's trace, Read makes a Portrait of it,
// and Text draws one for a terminal.
package portrait

import "time"

// State says what a client or a lane does for a while. Turn and Works mean that the server works; in Waits and Unaccepted
// somebody has asked and goes without.
type State uint8

const (
	Idle       State = iota // a client: nothing was asked. A lane: it waits, and no client keeps it from others (epoll_wait)
	Silent                  // a client: connected, and sends nothing as the script has it
	Turn                    // it is this client's turn
	Works                   // within its turn the handler computes or blocks: nobody else moves this lane meanwhile
	Asleep                  // the request is awaited: it sleeps, and nobody has to work for it
	Waits                   // a client: it has asked and waits for its turn. A lane: it waits for one client alone (blocked in read)
	Unaccepted              // a client: it has asked, and its connection is not yet accepted
	Unknown                 // a client: it has asked, and the server's trace says nothing of it
	Replied                 // a client: the server has sent its reply, which it has not taken in yet
)

func (s State) String() string {
	return [...]string{"idle", "silent", "turn", "works", "asleep", "waits", "unaccepted", "unknown", "replied"}[s]
}

// Span is one state for a while. The spans of a row are in order and do not overlap.
type Span struct {
	From, To time.Duration // since the first client began to connect
	State    State
	Why      string // in the model's own words: "fd 7 is readable", "epoll_wait"; "" where it has none
	Lane     int    // on a client's row: index in Lanes of the lane that serves it or will; -1 where none is known
	Client   int    // on a lane's row: the script's number of the client it works or waits for; 0 for the lane itself
	Behind   int    // on a client's row, waiting: the script's number of the client who has that lane; 0 for nobody
}

// Request is one request of a client, from its first byte sent to its last byte received.
type Request struct {
	From, To time.Duration
	Done     time.Duration // when the server is done with it, which it may say after its reply was taken in
	Path     string
	Status   int    // 0: never answered, and To is when its client gave up
	Error    string // why it was not answered, or what was wrong with the reply; "" when all was well
	Spans    []Span // what happened, from From to To without a gap
}

// Client is the row of one client.
type Client struct {
	Number   int           // the script's, from 1
	Accepted int           // the server's number of its connection; 0: never accepted, or the server's trace says nothing of it
	Process  int           // the trace's pid of the process that accepted it; 0 as above
	Connects time.Duration // when it began to connect
	Closed   time.Duration // when it closed
	Spans    []Span        // its whole row from Connects to Closed without a gap: those of its requests, and Idle and Silent between them
	Requests []Request
}

// Lane is the row of a loop, a thread, a goroutine or a worker: of whatever takes turns.
type Lane struct {
	Name    string // in the model's own words: "loop", "thread 3"
	Process int    // the trace's pid: several processes have a lane of the same name
	Spans   []Span // Idle, Turn, Works and Waits; where there is none, the trace says nothing of it
}

// Line is one line of the server's narration.
type Line struct {
	At     time.Duration
	Who    string // whose line it is, as the narration has it: "loop", "client 2"
	Text   string
	Lane   int // index in Lanes; -1 for a line of a client
	Client int // the script's number of the client it is about: the line's own, or the one who has the lane's turn; 0 for none
}

// Portrait is what happened while the script was played on one server.
type Portrait struct {
	Model      string
	Command    string // how the server was started
	Processors int    // of the machine
	Length     time.Duration
	Clients    []Client // in the order of the script
	Lanes      []Lane   // in the order of processes and lanes; none for a server that keeps no account of its turns
	Lines      []Line   // in the order of their instants
}

// Narration are the lines that tell one request, in order, until the server is done with it: those about its client, and those of the
// lane that serves it which are about nobody else.
// Client is the script's number, request an index in its requests; both must be there.
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
