package words

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/portrait"
)

// Mark is how a span of a portrait is drawn. TurnMark and HeldMark have one colour, BehindMark and OutsideMark the other; HeldMark and
// OutsideMark are hatched. The style sheet of the page names its classes after the marks.
type Mark string

// The marks.
const (
	TurnMark    Mark = "turn"
	HeldMark    Mark = "held"
	BehindMark  Mark = "behind"
	OutsideMark Mark = "outside"
	UnknownMark Mark = "unknown"
	ItselfMark  Mark = "itself"
	QuietMark   Mark = "quiet"
	OpenMark    Mark = "open"
)

// Marks lists the marks in drawing order: turns last, since most are so short that others would cover them.
var Marks = []Mark{OpenMark, QuietMark, UnknownMark, OutsideMark, BehindMark, HeldMark, ItselfMark, TurnMark}

// Key is an entry of the legend.
type Key struct {
	Mark Mark
	Name string
}

// keys is the whole legend.
var keys = []Key{
	{TurnMark, "the client's turn: the server works for it"},
	{HeldMark, "its request sleeps; in the server's lanes: waits for this client alone"},
	{BehindMark, "its request, or its reply, waits for a turn"},
	{OutsideMark, "its request is sent, its connection not yet accepted"},
	{UnknownMark, "its request is sent; the server's trace shows no more"},
	{ItselfMark, "in the server's lanes: work of its own, such as accepting"},
}

// MarkOf returns the mark of a span in the row of a client, or in a lane of the server.
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
		return UnknownMark
	case portrait.Silent:
		return QuietMark
	}
	return OpenMark
}

// LegendOf returns the legend of these portraits, with or without the lanes of their servers: the two colours and the two patterns, and of
// the other marks those that are shown.
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

// ClientName names the row of a client.
func ClientName(c portrait.Client) string { return "client " + strconv.Itoa(c.Number) }

// Lane is a row of the server.
type Lane struct {
	Name  string
	Spans []portrait.Span
}

// Lanes returns the server's rows, "worker 2" before "worker 10". Lanes with the same name get a number.
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
	places := map[string]int{} // by name without number: where it comes first, from 1
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

// numbered splits a name into what stands before its final number, and that number.
func numbered(name string) (string, int) {
	letters := strings.TrimRight(name, "0123456789")
	n, _ := strconv.Atoi(name[len(letters):])
	return letters, n
}
