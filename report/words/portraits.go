package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"carousel/internal/portrait"
	"carousel/internal/printable"
	"carousel/internal/units"
)

// LaneDoes says what a lane of the server does in a span, in the words of the server's trace.
func LaneDoes(s portrait.Span) string {
	why := cut(s.Why, 100)
	if s.Client == 0 {
		return why
	}
	who := "client " + strconv.Itoa(s.Client)
	if why == "" {
		return who
	}
	return who + ": " + why
}

// ClientDoes says what a client does in a span, or waits for.
func ClientDoes(s portrait.Span) string {
	does := map[portrait.State]string{
		portrait.Idle: "thinks", portrait.Silent: "silent", portrait.Turn: "its turn", portrait.Works: "its turn: its handler works", portrait.Asleep: "sleeps",
		portrait.Waits: "waits", portrait.Unaccepted: "not accepted", portrait.Unknown: "request sent", portrait.Replied: "its reply is on its way",
	}[s.State]
	switch {
	case s.State != portrait.Waits && s.State != portrait.Unaccepted:
		return does
	case s.Behind > 0:
		return does + ", behind client " + strconv.Itoa(s.Behind)
	}
	return does + ": " + nobodys + " in its lane"
}

// WhyNobodys explains why no client may have the turn although one waits.
const WhyNobodys = "If it is nobody's turn in the lane that a client waits for, the machine ran something else, or the server did work of its own."

// nobodys labels a wait in which the server works for no client.
const nobodys = "nobody's turn"

// TraceLine is a line of the server's trace without its instant.
func TraceLine(l portrait.Line) (who, text string) { return cut(l.Who, 32), cut(l.Text, 200) }

// cut makes foreign text one line of at most so many characters.
func cut(s string, most int) string {
	letters := []rune(strings.TrimSpace(printable.Line(s)))
	if len(letters) > most {
		letters = append(letters[:most-1], '…')
	}
	return string(letters)
}

// Portrait is the text around the portrait of a model.
func Portrait(p *portrait.Portrait) Picture {
	return Picture{
		Title:    Name(p.Model) + ": " + Outcome(p),
		Subtitle: Waited(p) + " · " + units.Processors(p.Processors, "processors not known"),
		X:        sinceFirst,
		Caption: Plain(portrait.ScriptText) + " A tick is a short turn. A thin line is a client that thinks, or a loop that waits for any client. A number is a client: in a lane of the server the one whose turn it is, in amber the one that has the turn meanwhile. " +
			WhyNobodys,
	}
}

// ServersLanes heads the server's rows of a portrait.
const ServersLanes = "the server, by its own trace"

const sinceFirst = "milliseconds since the first client began to connect"

// Portraits is the text around the picture of all portraits.
func Portraits(all []portrait.Portrait) Picture {
	fewest, most := 0, 0
	for _, p := range all {
		if fewest == 0 || p.Processors < fewest {
			fewest = p.Processors
		}
		most = max(most, p.Processors)
	}
	machine := units.Processors(most, "processors not known")
	if fewest != most {
		machine = fmt.Sprintf("%d to %s", fewest, machine)
	}
	return Picture{
		Title:    "The same eight clients on " + units.Plural(len(all), "model") + ": whose turn it is, and who waits for whom",
		Subtitle: "A line for each client of each model, the first client on top; the time is when the last client was done · " + machine,
		X:        sinceFirst,
		Caption:  Plain(portrait.ScriptText),
	}
}

// Outcome is "8 clients done in 148 ms", or "38 of 40 requests answered in 2 s".
func Outcome(p *portrait.Portrait) string {
	requests, answered := 0, 0
	for _, c := range p.Clients {
		for _, r := range c.Requests {
			requests++
			if r.Status != 0 {
				answered++
			}
		}
	}
	if answered < requests {
		return fmt.Sprintf("%d of %s answered in %s", answered, units.Plural(requests, "request"), units.Duration(float64(p.Length)))
	}
	return fmt.Sprintf("%s done in %s", units.Plural(len(p.Clients), "client"), units.Duration(float64(p.Length)))
}

// Waited sums how long the clients waited for their turn and to be accepted.
func Waited(p *portrait.Portrait) string {
	var behind, outside time.Duration
	traced := false
	for _, c := range p.Clients {
		for _, s := range c.Spans {
			traced = traced || s.State == portrait.Turn || s.State == portrait.Works
			switch MarkOf(s, false) {
			case BehindMark:
				behind += s.To - s.From
			case OutsideMark:
				outside += s.To - s.From
			}
		}
	}
	if !traced {
		return strings.TrimSuffix(NoTrace, ".")
	}
	var parts []string
	if behind >= time.Millisecond {
		parts = append(parts, units.Duration(float64(behind))+" for their turn")
	}
	if outside >= time.Millisecond {
		parts = append(parts, units.Duration(float64(outside))+" to be accepted")
	}
	if parts == nil {
		parts = []string{"less than a millisecond for their turn"}
	}
	return "In sum the " + units.Plural(len(p.Clients), "client") + " waited " + units.List(parts)
}

// Done is when the last client of a model was done.
func Done(p *portrait.Portrait) string { return units.Duration(float64(p.Length)) }

// Number is the number of a client.
func Number(n int) string { return strconv.Itoa(n) }

// BehindWhom names the clients that have the turn while another waits, in a long and a short form; 0 is none.
func BehindWhom(clients ...int) (forms []string) {
	var names []string
	for _, n := range clients {
		if n > 0 {
			names = append(names, strconv.Itoa(n))
		}
	}
	if names == nil {
		return []string{nobodys, "nobody"}
	}
	all := strings.Join(names, ", ")
	return []string{"behind " + all, all}
}

// Outcomes is the Outcome of every model.
func Outcomes(all []portrait.Portrait) string {
	var parts []string
	for i := range all {
		parts = append(parts, Name(all[i].Model)+": "+Outcome(&all[i]))
	}
	return strings.Join(parts, "; ") + "."
}

// Once stands in the place of a number of rounds for a portrait.
const Once = "played once"

// PortraitsIntro introduces the portraits of a report.
const PortraitsIntro = "A portrait shows how a model takes turns, not how fast it is. " +
	"[" + PageFile + "](" + PageFile + ") plays them step by step, two side by side (download it and open it in a browser), " +
	"and [Perfetto](https://ui.perfetto.dev) opens the files in [portraits](portraits/), one for each model."

// TraceOf heads the trace of one request.
func TraceOf(p *portrait.Portrait, client, request int) string {
	return fmt.Sprintf("the server's trace: client %d requests %s (milliseconds)", client, cut(p.Clients[client-1].Requests[request].Path, 40))
}

// Beyond says how many things a picture has no room for.
func Beyond(n int, thing string) string { return "… and " + units.Plural(n, thing) + " more" }

// MS is an instant in milliseconds.
func MS(at time.Duration) string { return strconv.FormatFloat(float64(at)/1e6, 'f', 3, 64) }

// PortraitFile is the file name of a model's portrait. Characters that are not safe in a file name or a link become dashes.
func PortraitFile(model string) string {
	safe := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, cut(model, 40))
	return PortraitPrefix + safe + ".png"
}

// Names of files beside the README: pictures of one portrait begin with PortraitPrefix, PortraitsFile shows all portraits, PageFile is the page.
const (
	PortraitPrefix = "portrait-"
	PortraitsFile  = "portraits.png"
	PageFile       = "report.html"
)
