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

// LaneDoes says what a lane does in a span, in the model's own words.
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

// ClientDoes says what becomes of a client in a span.
func ClientDoes(s portrait.Span) string {
	said := map[portrait.State]string{
		portrait.Idle: "thinks", portrait.Silent: "silent", portrait.Turn: "its turn", portrait.Works: "its turn: its handler works", portrait.Asleep: "sleeps",
		portrait.Waits: "waits", portrait.Unaccepted: "not accepted", portrait.Unknown: "has asked", portrait.Replied: "its reply is on its way",
	}[s.State]
	if s.Behind > 0 && (s.State == portrait.Waits || s.State == portrait.Unaccepted) {
		said += ", behind client " + strconv.Itoa(s.Behind)
	}
	return said
}

// Said is a line of the narration without its instant.
func Said(l portrait.Line) (who, text string) { return cut(l.Who, 32), cut(l.Text, 200) }

// cut is a stranger's text as one line that is at most so many characters long.
func cut(s string, most int) string {
	letters := []rune(strings.TrimSpace(printable.Line(s)))
	if len(letters) > most {
		letters = append(letters[:most-1], '…')
	}
	return string(letters)
}

// Portrait is what is written around a portrait.
func Portrait(p *portrait.Portrait) Picture {
	return Picture{
		Title:    Name(p.Model) + ": " + Outcome(p),
		Subtitle: Waited(p) + " · " + units.Processors(p.Processors, "processors not known"),
		X:        sinceFirst,
		Caption:  Plain(portrait.ScriptWords) + " A tick is a short turn, a thin line is a client that thinks or a loop that waits for everybody. In the server's lanes a number is the client.",
	}
}

// ServersLanes heads the rows of a portrait that are the server's.
const ServersLanes = "the server, in its own words"

const sinceFirst = "milliseconds since the first client began to connect"

// Portraits is what is written around all portraits.
func Portraits(all []portrait.Portrait) Picture {
	fewest, most := 0, 0
	for _, p := range all {
		if fewest == 0 || p.Processors < fewest {
			fewest = p.Processors
		}
		most = max(most, p.Processors)
	}
	on := units.Processors(most, "processors not known")
	if fewest != most {
		on = fmt.Sprintf("%d to %s", fewest, on)
	}
	return Picture{
		Title:    "The same eight clients on " + units.Plural(len(all), "model") + ": whose turn it is, and who waits for whom",
		Subtitle: "Each model has a line for each client, the first on top; the time is when the last client was done · " + on,
		X:        sinceFirst,
		Caption:  Plain(portrait.ScriptWords),
	}
}

// Outcome says what became of the clients: "8 clients done in 148 ms".
func Outcome(p *portrait.Portrait) string {
	asked, answered := 0, 0
	for _, c := range p.Clients {
		for _, r := range c.Requests {
			asked++
			if r.Status != 0 {
				answered++
			}
		}
	}
	if answered < asked {
		return fmt.Sprintf("%d of %s answered in %s", answered, units.Plural(asked, "request"), units.Duration(float64(p.Length)))
	}
	return fmt.Sprintf("%s done in %s", units.Plural(len(p.Clients), "client"), units.Duration(float64(p.Length)))
}

// Waited says how long the clients waited together.
func Waited(p *portrait.Portrait) string {
	var behind, outside time.Duration
	told := false
	for _, c := range p.Clients {
		for _, s := range c.Spans {
			told = told || s.State == portrait.Turn || s.State == portrait.Works
			switch MarkOf(s, false) {
			case BehindMark:
				behind += s.To - s.From
			case OutsideMark:
				outside += s.To - s.From
			}
		}
	}
	if !told {
		return "This server keeps no account of its turns"
	}
	var parts []string
	if behind >= time.Millisecond {
		parts = append(parts, units.Duration(float64(behind))+" for their turn")
	}
	if outside >= time.Millisecond {
		parts = append(parts, units.Duration(float64(outside))+" to be accepted")
	}
	if parts == nil {
		return "Having asked, the clients together waited less than a millisecond for their turn"
	}
	return "Having asked, the clients together waited " + units.List(parts)
}

// Done is when the last client of a model was done.
func Done(p *portrait.Portrait) string { return units.Duration(float64(p.Length)) }

// Number is the number of a client.
func Number(n int) string { return strconv.Itoa(n) }

// BehindWhom says in short for whom a client waits.
func BehindWhom(s portrait.Span) string { return "behind " + strconv.Itoa(s.Behind) }

// Outcomes says of each model when its clients were done.
func Outcomes(all []portrait.Portrait) string {
	var parts []string
	for i := range all {
		parts = append(parts, Name(all[i].Model)+": "+Outcome(&all[i]))
	}
	return strings.Join(parts, "; ") + "."
}

// PortraitsSay introduces the portraits of a report.
const PortraitsSay = "A portrait shows how a model takes turns, not how fast it is. " +
	"[" + PortraitsPage + "](" + PortraitsPage + ") plays two of them side by side, step by step (download it and open it in a browser), " +
	"and [Perfetto](https://ui.perfetto.dev) opens the files under [portraits](portraits/), one for each model."

// Told introduces the narration of one request.
func Told(p *portrait.Portrait, client, request int) string {
	return fmt.Sprintf("in its own words: client %d asks for %s (milliseconds)", client, cut(p.Clients[client-1].Requests[request].Path, 40))
}

// Beyond says that there is more of a thing than a picture has room for.
func Beyond(n int, thing string) string { return "… and " + units.Plural(n, thing) + " more" }

// MS is an instant in milliseconds.
func MS(at time.Duration) string { return strconv.FormatFloat(float64(at)/1e6, 'f', 3, 64) }

// PortraitFile is the picture of a model's portrait. A name of a stranger's becomes one that a folder and a link can hold.
func PortraitFile(model string) string {
	safe := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, cut(model, 40))
	return "portrait-" + safe + ".png"
}

// PortraitsFile is the picture of all portraits, PortraitsPage the page that plays them.
const (
	PortraitsFile = "portraits.png"
	PortraitsPage = "portraits.html"
)
