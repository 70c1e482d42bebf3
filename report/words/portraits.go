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
	switch {
	case s.State != portrait.Waits && s.State != portrait.Unaccepted:
		return said
	case s.Behind > 0:
		return said + ", behind client " + strconv.Itoa(s.Behind)
	}
	return said + ": " + nobodys + " in its lane"
}

// WhyNobodys says why it may be nobody's turn though a client waits.
const WhyNobodys = "Where it is nobody's turn in the lane that a client waits for, the machine was elsewhere, or the server works for itself."

// nobodys is whose turn it is while a client waits and the server works for none.
const nobodys = "nobody's turn"

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
		Caption: Plain(portrait.ScriptText) + " A tick is a short turn, a thin line is a client that thinks or a loop that waits for everybody. A number is a client: in a lane of the server whose turn it is, in amber whose turn is waited out. " +
			WhyNobodys,
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
		Caption:  Plain(portrait.ScriptText),
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

// Waited adds up how long the clients waited.
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
		parts = []string{"less than a millisecond for their turn"}
	}
	return "Added up, the " + units.Plural(len(p.Clients), "client") + " waited " + units.List(parts)
}

// Done is when the last client of a model was done.
func Done(p *portrait.Portrait) string { return units.Duration(float64(p.Length)) }

// Number is the number of a client.
func Number(n int) string { return strconv.Itoa(n) }

// BehindWhom says who has the turn while a client waits, one after another, and then the same in short; 0 is nobody.
func BehindWhom(clients ...int) (said []string) {
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

// Outcomes says of each model when its clients were done.
func Outcomes(all []portrait.Portrait) string {
	var parts []string
	for i := range all {
		parts = append(parts, Name(all[i].Model)+": "+Outcome(&all[i]))
	}
	return strings.Join(parts, "; ") + "."
}

// Once says how often a portrait is played, where a measurement says how many rounds it has.
const Once = "played once"

// PortraitsSay introduces the portraits of a report.
const PortraitsSay = "A portrait shows how a model takes turns, not how fast it is. " +
	"[" + PageFile + "](" + PageFile + ") plays them step by step, two side by side (download it and open it in a browser), " +
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
	return PortraitPrefix + safe + ".png"
}

// PortraitsFile is the picture of all portraits; PortraitPrefix begins the names of the pictures of one. PageFile is the report as a page.
const (
	PortraitPrefix = "portrait-"
	PortraitsFile  = "portraits.png"
	PageFile       = "report.html"
)
