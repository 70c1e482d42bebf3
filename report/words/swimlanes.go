package words

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/portrait"
)

// Mark is how a span of a portrait is drawn. Two colours and two patterns tell who has the turn: TurnMark and HeldMark are of the one colour,
// BehindMark and OutsideMark of the other, HeldMark and OutsideMark are hatched.
type Mark string

// The marks.
const (
	TurnMark    Mark = "turn"
	HeldMark    Mark = "held"
	BehindMark  Mark = "behind"
	OutsideMark Mark = "outside"
	UntoldMark  Mark = "untold"
	ItselfMark  Mark = "itself"
	QuietMark   Mark = "quiet"
	OpenMark    Mark = "open"
)

// Marks are all, in the order in which they are drawn: turns last, since most are so short that others would cover them.
var Marks = []Mark{OpenMark, QuietMark, UntoldMark, OutsideMark, BehindMark, HeldMark, ItselfMark, TurnMark}

// Key is an entry of the legend.
type Key struct {
	Mark Mark
	Name string
}

// keys are the legend.
var keys = []Key{
	{TurnMark, "the client's turn: the server works for it"},
	{HeldMark, "it sleeps; in the server's lanes: waits for this client alone"},
	{BehindMark, "it has asked, and waits for its turn, or its reply does"},
	{OutsideMark, "it has asked, and is not yet accepted"},
	{UntoldMark, "it has asked; the server does not tell more"},
	{ItselfMark, "in the server's lanes: works for itself, as when it accepts"},
}

// MarkOf is how a span is drawn on a row of a client, or of a lane of the server.
func MarkOf(s portrait.Span, lane bool) Mark {
	switch s.State {
	case portrait.Turn, portrait.Works:
		if lane && s.Client == 0 {
			return ItselfMark
		}
		return TurnMark
	case portrait.Asleep:
		return HeldMark
	case portrait.Waits:
		if lane {
			return HeldMark
		}
		return BehindMark
	case portrait.Unaccepted:
		return OutsideMark
	case portrait.Unknown:
		return UntoldMark
	case portrait.Silent:
		return QuietMark
	}
	return OpenMark
}

// LegendOf is the legend of these portraits, with the lanes of their servers or without: what none of them shows is left out, but for the two
// colours and the two patterns.
func LegendOf(lanes bool, all ...portrait.Portrait) []Key {
	shown := map[Mark]bool{TurnMark: true, HeldMark: true, BehindMark: true, OutsideMark: true}
	show := func(spans []portrait.Span, lane bool) {
		for _, s := range spans {
			shown[MarkOf(s, lane)] = true
		}
	}
	for _, p := range all {
		for _, c := range p.Clients {
			show(c.Spans, false)
		}
		for _, l := range p.Lanes {
			if lanes {
				show(l.Spans, true)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return !shown[k.Mark] })
}

// ClientName is what a row of a client is called.
func ClientName(c portrait.Client) string { return "client " + strconv.Itoa(c.Number) }

// Lane is a row of the server.
type Lane struct {
	Name  string
	Spans []portrait.Span
}

// Lanes are the rows of the server by their names, "worker 2" before "worker 10". Lanes of one name get a number.
func Lanes(p *portrait.Portrait) (lanes []Lane) {
	names, seen := map[string]int{}, map[string]int{}
	for _, l := range p.Lanes {
		names[l.Name]++
	}
	for _, l := range p.Lanes {
		name := cut(l.Name, 24)
		if names[l.Name] > 1 {
			seen[l.Name]++
			name += " " + strconv.Itoa(seen[l.Name])
		}
		lanes = append(lanes, Lane{name, l.Spans})
	}
	places := map[string]int{} // of names without their numbers, in the order of the lanes
	for i, l := range lanes {
		if name, _ := numbered(l.Name); places[name] == 0 {
			places[name] = i + 1
		}
	}
	slices.SortStableFunc(lanes, func(a, b Lane) int {
		x, n := numbered(a.Name)
		y, m := numbered(b.Name)
		return cmp.Or(places[x]-places[y], n-m)
	})
	return lanes
}

// numbered is a name without the number that it ends in, and that number.
func numbered(name string) (string, int) {
	letters := strings.TrimRight(name, "0123456789")
	n, _ := strconv.Atoi(name[len(letters):])
	return letters, n
}
