package portrait

import (
	"fmt"
	"strings"
	"time"
)

// marks are what Text draws for a client's states.
var marks = [...]rune{Idle: '·', Silent: '_', Turn: '#', Works: '@', Asleep: 'z', Waits: '-', Unaccepted: '=', Unknown: '?', Replied: '·'}

// words are the meanings of the marks, in the order of the legend.
var words = []struct {
	State
	text string
}{
	{Turn, "has the turn"}, {Works, "has the turn and computes"}, {Asleep, "asleep"}, {Waits, "waits for another"}, {Unaccepted, "waits to be accepted"},
	{Unknown, "waits for its reply"}, {Idle, "has no request"}, {Silent, "silent, by the script"},
}

// Text draws a portrait for a terminal with so many columns, at least 40: a row for each client and each lane, and a legend. In a client's
// row a turn shows however short it is; a lane's row shows the number of the client that has it longest.
func Text(p Portrait, columns int) string {
	margin := len("client 1") + 4
	for _, l := range p.Lanes {
		margin = max(margin, min(len([]rune(l.Name))+1, 20))
	}
	width := max(columns, 40) - margin
	column := max(p.Length/time.Duration(width), 1)
	var b strings.Builder
	row := func(name string, mark func(from, to time.Duration) rune) {
		var marks strings.Builder
		for i := range width {
			marks.WriteRune(mark(p.Length*time.Duration(i)/time.Duration(width), p.Length*time.Duration(i+1)/time.Duration(width)))
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*.*s%s", margin, margin-1, name, marks.String()), " ") + "\n")
	}
	fmt.Fprintf(&b, "%s: %d clients in %.0f ms, a column is %.1f ms\n\n", p.Model, len(p.Clients), inMS(p.Length), inMS(column))
	seen := map[State]bool{}
	for _, c := range p.Clients {
		row(fmt.Sprintf("client %d", c.Number), func(from, to time.Duration) rune {
			state, is := prevailing(c.Spans, from, to)
			if !is {
				return ' '
			}
			seen[state] = true
			return marks[state]
		})
	}
	if len(p.Lanes) > 0 {
		b.WriteString("\n")
	}
	alone := false
	for _, l := range p.Lanes {
		row(l.Name, func(from, to time.Duration) rune {
			mark := holding(l.Spans, from, to)
			alone = alone || mark == ':'
			return mark
		})
	}
	b.WriteString(axis(p.Length, margin, width))
	var legend []string
	for _, w := range words {
		if seen[w.State] {
			legend = append(legend, fmt.Sprintf("%c %s", marks[w.State], w.text))
		}
	}
	if len(p.Lanes) > 0 {
		legend = append(legend, fmt.Sprintf("1 to %d: whose turn it is there", len(p.Clients)))
	}
	if alone {
		legend = append(legend, ": nobody's, it waits for one client alone")
	}
	b.WriteString("\n" + wrap(legend, max(columns, 40)))
	return b.String()
}

func inMS(d time.Duration) float64 { return d.Seconds() * 1000 }

// prevailing returns the state that a column shows: if there is a turn, Turn or Works, whichever is longer; else the longest state.
func prevailing(spans []Span, from, to time.Duration) (state State, is bool) {
	var sum [len(marks)]time.Duration
	for _, s := range spans {
		if within := min(to, s.To) - max(from, s.From); within > 0 {
			sum[s.State] += within
			is = true
		}
	}
	if sum[Turn] > 0 || sum[Works] > 0 {
		if sum[Works] > sum[Turn] {
			return Works, true
		}
		return Turn, true
	}
	for s := range sum {
		if sum[s] > sum[state] {
			state = State(s)
		}
	}
	return state, is
}

// holding returns what a column of a lane shows: the client that has it longest, or what it does if none has it.
func holding(spans []Span, from, to time.Duration) rune {
	var turn [10]time.Duration
	waits, there := time.Duration(0), time.Duration(0)
	for _, s := range spans {
		within := min(to, s.To) - max(from, s.From)
		if within <= 0 {
			continue
		}
		there += within
		switch {
		case s.State == Waits:
			waits += within
		case (s.State == Turn || s.State == Works) && s.Client < len(turn):
			turn[s.Client] += within
		}
	}
	most := 1
	for n := range turn {
		if n > 0 && turn[n] > turn[most] {
			most = n
		}
	}
	switch {
	case turn[most] > 0:
		return rune('0' + most)
	case waits > there/2:
		return ':'
	case there > 0:
		return '·'
	}
	return ' '
}

// axis returns a line with the instants under their columns.
func axis(length time.Duration, margin, width int) string {
	step := 10 * time.Millisecond
	for i := 0; length/step > 8; i++ {
		step = step * []time.Duration{4, 5, 4}[i%3] / 2 // 20, 50, 100
	}
	line := []rune(strings.Repeat(" ", margin+width))
	for at := time.Duration(0); at < length; at += step {
		text := fmt.Sprint(at.Milliseconds())
		from := margin + int(at*time.Duration(width)/length)
		if from+len(text) <= len(line) {
			copy(line[from:], []rune(text))
		}
	}
	copy(line, []rune("ms"))
	return strings.TrimRight(string(line), " ") + "\n"
}

// wrap returns the parts of a legend in lines of at most so many columns.
func wrap(parts []string, columns int) string {
	var b strings.Builder
	used := 0
	for i, part := range parts {
		n := len([]rune(part))
		switch {
		case i > 0 && used+3+n > columns:
			b.WriteString("\n")
			used = 0
		case i > 0:
			b.WriteString("   ")
			used += 3
		}
		b.WriteString(part)
		used += n
	}
	return b.String() + "\n"
}
