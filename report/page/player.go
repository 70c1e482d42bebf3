package page

import (
	"slices"
	"time"

	"carousel/internal/portrait"
	"carousel/report/words"
)

// A span is the index of its mark, the gap to the span before it, its length, and the index of its text. A traceLine is the time since the line
// before it, the index of its lane's name, and the index of its text. Times are in microseconds. Small numbers keep the page small.
type (
	span      = [4]int
	traceLine = [3]int
)

type row struct {
	Name   string `json:"name"`
	Server bool   `json:"server,omitempty"`
	Spans  []span `json:"spans"`
}

type model struct {
	Name    string      `json:"name"`
	Outcome string      `json:"outcome"`
	Length  int         `json:"length"` // in microseconds
	Rows    []row       `json:"rows"`
	Trace   []traceLine `json:"trace"`
}

// player is the data of the player.
type player struct {
	Sides   []string     `json:"sides"`  // the ids of their sections: two, or one for a model alone
	First   []string     `json:"first"`  // the models shown in them before any is chosen
	Marks   []words.Mark `json:"marks"`  // in the order in which they are drawn
	Server  string       `json:"server"` // heading of the server's rows
	Play    string       `json:"play"`
	Pause   string       `json:"pause"`
	NoTrace string       `json:"noTrace"` // text for a server without a trace
	Words   []string     `json:"words"`
	Models  []model      `json:"models"`

	known map[string]int
}

// word is the index of a text in Words.
func (d *player) word(s string) int {
	i, is := d.known[s]
	if !is {
		i = len(d.Words)
		d.known[s], d.Words = i, append(d.Words, s)
	}
	return i
}

// second is the model shown beside the first.
const second = "epoll"

// playerOf returns the player of these portraits; nil if there are none.
func playerOf(all []portrait.Portrait) *player {
	if len(all) == 0 {
		return nil
	}
	d := &player{
		Sides: []string{"left", "right"}, Marks: words.Marks, Server: words.ServersLanes, Play: words.Play, Pause: words.Pause, NoTrace: words.NoTrace,
		Words: []string{}, known: map[string]int{},
	}
	for i := range all {
		d.Models = append(d.Models, d.model(&all[i]))
	}
	names := d.names()
	d.First = []string{names[0], names[len(names)-1]}
	if slices.Contains(names, second) {
		d.First[1] = second
	}
	if len(all) == 1 {
		d.Sides, d.First = d.Sides[:1], d.First[:1]
	}
	return d
}

func (d *player) names() (all []string) {
	for _, m := range d.Models {
		all = append(all, m.Name)
	}
	return all
}

func (d *player) model(p *portrait.Portrait) model {
	m := model{Name: words.Name(p.Model), Outcome: words.Outcome(p) + ". " + words.Waited(p) + ".", Length: micros(p.Length), Rows: []row{}, Trace: []traceLine{}}
	for _, c := range p.Clients {
		m.Rows = append(m.Rows, d.row(words.ClientName(c), c.Spans, false, words.ClientDoes))
	}
	for _, l := range words.Lanes(p) {
		m.Rows = append(m.Rows, d.row(l.Name, l.Spans, true, words.LaneDoes))
	}
	last := 0
	for _, l := range p.Lines {
		who, text := words.TraceLine(l)
		m.Trace = append(m.Trace, traceLine{micros(l.At) - last, d.word(who), d.word(text)})
		last = micros(l.At)
	}
	return m
}

func (d *player) row(name string, spans []portrait.Span, server bool, does func(portrait.Span) string) row {
	r := row{Name: name, Server: server, Spans: []span{}}
	end := 0
	for _, s := range spans {
		from, to := micros(s.From), micros(s.To)
		r.Spans = append(r.Spans, span{slices.Index(words.Marks, words.MarkOf(s, server)), from - end, to - from, d.word(does(s))})
		end = to
	}
	return r
}

func micros(d time.Duration) int { return int(d.Microseconds()) }
