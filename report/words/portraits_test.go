package words

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/portrait"
	"carousel/internal/portrait/portraittest"
)

func TestLanes(t *testing.T) {
	for _, test := range []struct {
		name        string
		lanes, want []string
	}{
		{"none", nil, nil},
		{"in the order of their numbers, not of their letters", []string{"main", "goroutine 10", "goroutine 9", "executor 2", "goroutine 1"}, []string{"main", "goroutine 1", "goroutine 9", "goroutine 10", "executor 2"}},
		{"of one name", []string{"loop", "thread", "thread"}, []string{"loop", "thread 1", "thread 2"}},
		{"a stranger's", []string{"\x1b[2J" + strings.Repeat("x", 99)}, []string{`\x1b[2J` + strings.Repeat("x", 16) + "…"}},
	} {
		var p portrait.Portrait
		for _, l := range test.lanes {
			p.Lanes = append(p.Lanes, portrait.Lane{Name: l})
		}
		var got []string
		for _, l := range Lanes(&p) {
			got = append(got, l.Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestPortraitFile(t *testing.T) {
	for model, want := range map[string]string{
		"asyncio-executor": "portrait-asyncio-executor.png", "../../etc": "portrait-------etc.png", "a\nb) c": "portrait-a-nb--c.png", "": "portrait-.png", "сервер": "portrait-------.png",
		strings.Repeat("x", 300): "portrait-" + strings.Repeat("x", 39) + "-.png",
	} {
		if got := PortraitFile(model); got != want {
			t.Errorf("%q is in %s, want %s", model, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	late := portraittest.Loop()
	late.Clients[7].Requests[4].Status = 0
	brief := portraittest.Loop()
	for i := range brief.Clients {
		for k, s := range brief.Clients[i].Spans {
			if s.State == portrait.Waits {
				brief.Clients[i].Spans[k].To = s.From + time.Microsecond
			}
		}
	}
	for name, test := range map[string]struct {
		p               portrait.Portrait
		outcome, waited string
	}{
		"a loop":         {portraittest.Loop(), "8 clients done in 109\u00a0ms", "In sum the 8 clients waited 73\u00a0ms for their turn"},
		"blocking":       {portraittest.Blocking(), "8 clients done in 425\u00a0ms", "In sum the 8 clients waited 1.67\u00a0s to be accepted"},
		"no account":     {portraittest.Silent(), "8 clients done in 109\u00a0ms", "This server wrote no trace of its turns"},
		"not answered":   {late, "39 of 40 requests answered in 109\u00a0ms", "In sum the 8 clients waited 73\u00a0ms for their turn"},
		"hardly a wait":  {brief, "8 clients done in 109\u00a0ms", "In sum the 8 clients waited less than a millisecond for their turn"},
		"nothing at all": {portrait.Portrait{}, "0 clients done in 0\u00a0ns", "This server wrote no trace of its turns"},
	} {
		if got := Outcome(&test.p); got != test.outcome {
			t.Errorf("%s: %q, want %q", name, got, test.outcome)
		}
		if got := Waited(&test.p); got != test.waited {
			t.Errorf("%s: %q, want %q", name, got, test.waited)
		}
	}
}

// Every state has a mark and words, in a client's row and in a lane.
func TestEveryStateHasAMark(t *testing.T) {
	for s := portrait.Idle; s <= portrait.Replied; s++ {
		for _, lane := range []bool{false, true} {
			if mark := MarkOf(portrait.Span{State: s, Client: 1}, lane); mark == "" {
				t.Errorf("%s has no mark", s)
			}
		}
		if ClientDoes(portrait.Span{State: s}) == "" {
			t.Errorf("%s has no words", s)
		}
	}
	if got := MarkOf(portrait.Span{State: portrait.Waits}, true); got != HeldMark {
		t.Errorf("a lane that waits for one client is %s", got)
	}
	if got := MarkOf(portrait.Span{State: portrait.Waits}, false); got != BehindMark {
		t.Errorf("a client that waits is %s", got)
	}
}

// The words for a waiting client name the client that has the turn, or say that none has.
func TestWhoHasTheTurn(t *testing.T) {
	for _, test := range []struct {
		span portrait.Span
		want string
	}{
		{portrait.Span{State: portrait.Waits, Behind: 3}, "waits, behind client 3"},
		{portrait.Span{State: portrait.Waits}, "waits: nobody's turn in its lane"},
		{portrait.Span{State: portrait.Unaccepted}, "not accepted: nobody's turn in its lane"},
		{portrait.Span{State: portrait.Turn}, "its turn"},
	} {
		if got := ClientDoes(test.span); got != test.want {
			t.Errorf("%+v: %q, want %q", test.span, got, test.want)
		}
	}
	for want, clients := range map[string][]int{"behind 3, 7|3, 7": {3, 0, 7}, "nobody's turn|nobody": {0}} {
		if got := strings.Join(BehindWhom(clients...), "|"); got != want {
			t.Errorf("%v: %q, want %q", clients, got, want)
		}
	}
}

// The legend has the two colours, the two patterns, and the other marks of a picture: a lane's own work only if lanes are drawn.
func TestLegendOf(t *testing.T) {
	alone := portraittest.Loop()
	alone.Lanes[0].Spans = append(alone.Lanes[0].Spans, portrait.Span{From: alone.Length, To: alone.Length + 1, State: portrait.Turn})
	for name, test := range map[string]struct {
		lanes bool
		p     portrait.Portrait
		more  []Mark
	}{
		"a loop": {true, portraittest.Loop(), nil}, "for itself": {true, alone, []Mark{ItselfMark}}, "without its lanes": {false, alone, nil}, "untold": {true, portraittest.Silent(), []Mark{UnknownMark}},
	} {
		var got []Mark
		for _, k := range LegendOf(test.lanes, test.p) {
			got = append(got, k.Mark)
		}
		if diff := cmp.Diff(append([]Mark{TurnMark, HeldMark, BehindMark, OutsideMark}, test.more...), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
