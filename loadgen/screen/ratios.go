package screen

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/result"
	"carousel/internal/units"
)

// phrase is how a metric is put into words.
type phrase struct {
	noun       string // the figure
	are        string // "is" or "are"
	differs    string // a sentence with places for the server and the difference
	more, less string
	times      string
	other      string // the other server in the sentence, after "as"
}

var phrases = map[string]phrase{
	result.MetricRate:   {"requests per second", "are", "%s serves %s requests per second", "more", "fewer", "times as many", "%s"},
	result.MetricP50:    {"median response times", "are", "the median response time of %s is %s", "longer", "shorter", "times as long", "that of %s"},
	result.MetricP99:    {"p99", "is", "the p99 of %s is %s", "longer", "shorter", "times as long", "that of %s"},
	result.MetricSteady: {"processor time per request", "is", "%s costs %s processor time per request", "more", "less", "times as much", "%s"},
	result.MetricWhole:  {"processor time with waking", "is", "with waking %s costs %s", "more", "less", "times as much", "%s"},
}

// longestName is what a server's name is shortened to if a line would break; the heading above the sentences has the full name.
const longestName = 16

// inLine is the sentence of the ratio r; names are shortened if it is longer than columns.
func inLine(r result.Ratio, columns int) string {
	text := sentence(r)
	if visible(text) > columns {
		r.Server, r.To = shortened(r.Server, longestName), shortened(r.To, longestName)
		text = sentence(r)
	}
	return text
}

// sentence puts the ratio r into words.
func sentence(r result.Ratio) string {
	f, server, to := phrases[r.Metric], r.Server, r.To
	switch {
	case r.Outcome == result.Same:
		return fmt.Sprintf("%s %s the same within %s", f.noun, f.are, within(r))
	case r.Outcome != result.Higher && r.Outcome != result.Lower:
		return fmt.Sprintf("%s cannot be told apart (%s)", f.noun, signed(r))
	}
	if factor, turned := factor(r); factor != "" {
		if turned {
			server, to = to, server
		}
		number, interval, _ := strings.Cut(factor, " ")
		return fmt.Sprintf(f.differs, server, number+glue+f.times) + " as " + fmt.Sprintf(f.other, to) + " " + interval
	}
	amount, interval := share(r)
	word := f.more
	if r.Outcome == result.Lower {
		word = f.less
	}
	return fmt.Sprintf(f.differs, server, amount+glue+word) + " " + interval
}

// factor is a ratio of two or more, with its interval; "" below two. turned: it is the ratio of the target to the server.
func factor(r result.Ratio) (text string, turned bool) {
	ratio, low, high := r.Ratio, r.Low, r.High
	if turned = ratio < 1; turned {
		if low <= 0 {
			return "", false
		}
		ratio, low, high = 1/ratio, 1/high, 1/low
	}
	if ratio < 2 {
		return "", false
	}
	return fmt.Sprintf("%s (%s%sto%s%s)", units.Ratio(ratio), units.Ratio(low), glue, glue, units.Ratio(high)), turned
}

// share is how far a ratio is from 1 in per cent, and the interval of that.
func share(r result.Ratio) (amount, interval string) {
	low, high := r.Low-1, r.High-1
	if r.Outcome == result.Lower {
		low, high = -high, -low
	}
	return percent(math.Abs(r.Ratio-1)) + glue + "%", fmt.Sprintf("(%s%sto%s%s%s%%)", percent(low), glue, glue, percent(high), glue)
}

// signed is an interval in per cent from 1, with signs.
func signed(r result.Ratio) string {
	sign := func(share float64) string {
		text := percent(math.Abs(share))
		switch {
		case text == "0":
			return text
		case share < 0:
			return "-" + text
		}
		return "+" + text
	}
	return sign(r.Low-1) + glue + "to" + glue + sign(r.High-1) + glue + "%"
}

// within is how far an interval reaches from 1 in per cent, rounded up.
func within(r result.Ratio) string {
	reach := max(math.Abs(r.Low-1), math.Abs(r.High-1))
	return strconv.FormatFloat(max(math.Ceil(1000*reach-1e-9)/10, 0.1), 'f', 1, 64) + glue + "%"
}

// percent is a share in per cent, without the % sign: rounded to a whole number from 10 on, and "0" only below 0.005.
func percent(share float64) string {
	switch v := math.Abs(100 * share); {
	case v >= 9.95:
		return strconv.FormatFloat(100*share, 'f', 0, 64)
	case v >= 0.1:
		return strconv.FormatFloat(100*share, 'f', 1, 64)
	case v >= 0.005:
		return strconv.FormatFloat(100*share, 'f', 2, 64)
	}
	return "0"
}

// indent is the indent of sentences under their heading.
const indent = "    "

// ratios writes how each other server compares with the target, in sentences.
func (p against) ratios() {
	for _, s := range p.others() {
		sentences, lacks := p.sentences(s)
		if len(sentences)+len(lacks) == 0 {
			continue
		}
		p.gap()
		p.say("%s against %s", s.Name, p.c.Servers[0].Name)
		for _, text := range append(sentences, lacks...) {
			p.put(indent, text)
		}
	}
}

// others are the servers that the target is compared with, without its twin.
func (p against) others() (others []result.Compared) {
	for i, s := range p.c.Servers {
		if i > 0 && s.Name != p.c.Twin {
			others = append(others, s)
		}
	}
	return others
}

// sentences are the ratios of a server in words, and the reasons why others are missing.
func (p against) sentences(s result.Compared) (sentences, lacks []string) {
	var reasons []string               // in the order in which they came up
	of := make(map[string][]phrase, 2) // the metrics without a ratio, by reason
	for _, metric := range result.Metrics {
		r := p.c.Ratio(s.Name, metric)
		switch {
		case r == nil:
		case r.Lacks == "" && metric == result.MetricRate && p.keepUp(s, *r):
			sentences = append(sentences, "both serve what is offered")
		case r.Lacks == "":
			sentences = append(sentences, inLine(*r, terminal-len(indent)))
		case of[r.Lacks] == nil:
			reasons = append(reasons, r.Lacks)
			of[r.Lacks] = []phrase{phrases[metric]}
		case metric != result.MetricWhole: // implied by the others
			of[r.Lacks] = append(of[r.Lacks], phrases[metric])
		}
	}
	if len(sentences) == 0 && len(reasons) == 1 {
		return nil, []string{shortened(s.Name, longestName) + " is not compared: " + reasons[0]}
	}
	for _, reason := range reasons {
		var nouns []string
		are := of[reason][0].are
		for _, f := range of[reason] {
			nouns = append(nouns, f.noun)
		}
		if len(nouns) > 1 {
			are = "are"
		}
		lacks = append(lacks, units.List(nouns)+" "+are+" not compared: "+reason)
	}
	return sentences, lacks
}

// keepUp reports whether a server and the target both served the offered rate; their ratio of rates then says nothing about them.
func (p against) keepUp(s result.Compared, r result.Ratio) bool {
	behind := func(l *result.Load) bool { return result.Shortfall(l) > 0.02 }
	return p.rate() > 0 && r.Outcome != result.Higher && r.Outcome != result.Lower && !behind(s.Load) && !behind(p.c.Servers[0].Load)
}

// twin prints how the target compares with itself: the error of the measurement.
func (p against) twin() {
	const longest = len("cpu with waking")
	var figures, differ []string
	for _, metric := range result.Metrics {
		r := p.c.Ratio(p.c.Twin, metric)
		if p.c.Twin == "" || r == nil || r.Lacks != "" {
			continue
		}
		at := signed(result.Ratio{Low: r.Ratio, High: r.Ratio})
		at, _, _ = strings.Cut(at, glue)
		figures = append(figures, fmt.Sprintf("%-*s%7s %% (%s)", longest, metricWord[metric], at, signed(*r)))
		if r.Outcome == result.Higher || r.Outcome == result.Lower {
			differ = append(differ, metricWord[metric])
		}
	}
	if len(figures) == 0 {
		return
	}
	p.gap()
	p.say("the instrument against itself: %s is %s", p.c.Twin, p.c.Servers[0].Name)
	for _, figure := range figures {
		fmt.Fprintln(p.w, indent+strings.ReplaceAll(figure, glue, " "))
	}
	if len(differ) > 0 {
		p.say("%s", p.paint("it finds a difference in "+units.List(differ)+" where there is none: ignore differences of that size", yellow))
	}
}

// standing states the confidence of the intervals, and that they are about these processes.
func (p against) standing() {
	compared, sure := 1, []float64{}
	processes := map[int]bool{p.spec().PID: true} // the processes that are known
	for _, s := range p.others() {
		known := false
		for _, metric := range result.Metrics {
			if r := p.c.Ratio(s.Name, metric); r != nil && r.Lacks == "" {
				known = true
				if !slices.Contains(sure, r.Confidence) {
					sure = append(sure, r.Confidence)
				}
			}
		}
		if known {
			compared++
			processes[s.Load.Spec.PID] = true
		}
	}
	if compared == 1 {
		return
	}
	p.gap()
	if len(sure) == 1 {
		p.say("In brackets are intervals of %s%s%% confidence.", strconv.FormatFloat(100*sure[0], 'g', 3, 64), glue)
	} else {
		p.say("In brackets are intervals; the outcomes of a metric are 95" + glue + "%% sure together.")
	}
	if len(processes) == 1 && !processes[0] {
		p.say("This is about this one process, not about all runs of its program.")
		return
	}
	number := strconv.Itoa(compared)
	if words := []string{2: "two", "three", "four", "five", "six", "seven", "eight", "nine"}; compared < len(words) {
		number = words[compared]
	}
	p.say("Ratios are taken within cycles, the table is of the whole run.")
	p.say("This is about these %s processes, not about all runs of these programs.", number)
}
