package draw

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"carousel/internal/portrait"
	"carousel/internal/portrait/portraittest"
	"carousel/report/words"
)

// extremes returns unusual portraits: empty ones, ones with more than there is room for, ones with foreign text.
func extremes() []portrait.Portrait {
	crowd := portraittest.Threads()
	for len(crowd.Lanes) < 40 {
		crowd.Lanes = append(crowd.Lanes, crowd.Lanes[0])
	}
	for range 3 {
		crowd.Lines = append(crowd.Lines, crowd.Lines...)
	}
	crowd.Model, crowd.Processors = "crowd", 0
	hostile := portraittest.Loop()
	hostile.Model = "../x\x1b[2J\n<script>alert(1)</script>" + fmt.Sprintf("%0999d", 0)
	for i := range hostile.Lanes {
		hostile.Lanes[i].Name = hostile.Model
		for k := range hostile.Lanes[i].Spans {
			hostile.Lanes[i].Spans[k].Why = hostile.Model
		}
	}
	for i := range hostile.Lines {
		hostile.Lines[i].Who, hostile.Lines[i].Text = hostile.Model, hostile.Model
	}
	beyond := portraittest.Loop()
	beyond.Model, beyond.Length = "beyond", time.Nanosecond
	for i := range beyond.Clients {
		for k := range beyond.Clients[i].Spans {
			beyond.Clients[i].Spans[k] = portrait.Span{From: -math.MaxInt64, To: math.MaxInt64, State: portrait.State(k % 8)}
		}
	}
	return []portrait.Portrait{beyond, {Model: "nothing"}, {Model: "a client", Clients: make([]portrait.Client, 1), Length: time.Hour}, crowd, hostile}
}

func TestPortraitsAreWhole(t *testing.T) {
	for name, all := range map[string][]portrait.Portrait{"invented": portraittest.All(), "extremes": extremes(), "one": portraittest.All()[:1], "none": nil} {
		pictures, err := Portraits(all)
		if err != nil {
			t.Fatal(err)
		}
		want := len(all)
		if want > 1 {
			want++ // all under one axis
		}
		if len(pictures) != want {
			t.Errorf("%s: %d pictures of %d portraits: %v", name, len(pictures), len(all), slices.Sorted(maps.Keys(pictures)))
		}
		for file, text := range pictures {
			picture, err := png.Decode(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if at, c := edge(picture); at != nil {
				t.Errorf("%s: %s: something reaches the edge at %v: %v", name, file, at, c)
			}
			if w, h := picture.Bounds().Dx(), picture.Bounds().Dy(); w != 1440 || h > 2200 {
				t.Errorf("%s: %s has %d x %d pixels, want 1440 and at most 2200", name, file, w, h)
			}
		}
		again, err := Portraits(all)
		if err != nil || !maps.EqualFunc(pictures, again, bytes.Equal) {
			t.Errorf("%s: the same portraits gave other pictures (%v)", name, err)
		}
	}
}

// A portrait is readable without colour: the two colours differ in brightness, and hatched areas differ from filled ones.
func TestHatchesDifferInGrey(t *testing.T) {
	const side = 40
	grey := map[words.Mark][2]int{} // mean, and how far single pixels are from it
	for mark, h := range hatches {
		img := vgimg.NewWith(vgimg.UseWH(side, side), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(paper))
		h.fill(draw.New(img), vg.Rectangle{Max: vg.Point{X: side, Y: side}})
		var levels []int
		b := img.Image().Bounds().Inset(3)
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				levels = append(levels, int(color.GrayModel.Convert(img.Image().At(x, y)).(color.Gray).Y))
			}
		}
		mean, off := 0, 0
		for _, v := range levels {
			mean += v
		}
		mean /= len(levels)
		for _, v := range levels {
			off += max(v-mean, mean-v)
		}
		grey[mark] = [2]int{mean, off / len(levels)}
	}
	if a, b := grey[words.TurnMark][0], grey[words.BehindMark][0]; b-a < 80 {
		t.Errorf("the colours are %d and %d in grey", a, b)
	}
	for _, mark := range []words.Mark{words.HeldMark, words.OutsideMark} {
		if grey[mark][1] < 15 {
			t.Errorf("%s is hatched, and its pixels differ by %d", mark, grey[mark][1])
		}
	}
	for _, mark := range []words.Mark{words.TurnMark, words.BehindMark} {
		if grey[mark][1] > 2 {
			t.Errorf("%s is filled, and its pixels differ by %d", mark, grey[mark][1])
		}
	}
	if hatches[words.HeldMark].lines == hatches[words.OutsideMark].lines {
		t.Error("both are hatched in one direction")
	}
}

// The strip shows the trace of a request that sleeps, or of one in which another lane takes part. It leaves out what the lane does for others and
// for itself meanwhile, with "…" in its place.
func TestStrip(t *testing.T) {
	p := portraittest.Loop()
	heading, trace := strip(&p)
	if heading == "" || !slices.ContainsFunc(trace, func(l portrait.Line) bool { return l.Text == "sleeps for 20 ms" }) {
		t.Errorf("%q: %v", heading, trace)
	}
	silent := portraittest.Silent()
	if heading, trace := strip(&silent); heading != "" || trace != nil {
		t.Errorf("of a server that tells nothing: %q, %v", heading, trace)
	}

	line := func(at int, client int, text string) portrait.Line {
		return portrait.Line{At: time.Duration(at), Client: client, Text: text, Lane: -1}
	}
	request := func(path string, from, to int, lanes ...int) portrait.Request {
		r := portrait.Request{Path: path, From: time.Duration(from), To: time.Duration(to)}
		for _, l := range lanes {
			r.Spans = append(r.Spans, portrait.Span{Lane: l})
		}
		return r
	}
	q := portrait.Portrait{
		Clients: []portrait.Client{{}, {Requests: []portrait.Request{request("/", 0, 9, 0), request("/sleep/20ms", 10, 19, 0, 0, -1), request("/spin/5ms", 20, 29, 0, 1)}}},
		Lines:   []portrait.Line{line(5, 2, "short"), line(15, 2, "slept"), line(25, 2, "handed over")},
	}
	for _, want := range []string{"handed over", "slept", "short"} {
		heading, trace := strip(&q)
		if len(trace) != 1 || trace[0].Text != want || !strings.Contains(heading, "client 2") {
			t.Errorf("%q: %v, want %q", heading, trace, want)
		}
		requests := &q.Clients[1].Requests
		*requests = (*requests)[:len(*requests)-1]
	}

	lane := func(at int, client int, text string) portrait.Line {
		return portrait.Line{At: time.Duration(at), Client: client, Text: text, Lane: 0}
	}
	r := request("/sleep/20ms", 0, 99, 0, -1)
	q = portrait.Portrait{Clients: []portrait.Client{{Requests: []portrait.Request{r}}}, Lines: []portrait.Line{
		lane(0, 0, "before"), lane(1, 0, "wakes"), line(2, 1, "asks"), line(3, 2, "of another, elsewhere"), lane(4, 0, "waits"), lane(5, 2, "turn of another"), lane(6, 0, "waits again"),
		{At: 7, Text: "another lane", Lane: 1}, lane(90, 0, "wakes again"), line(91, 1, "is answered"),
		lane(92, 0, "submits"), lane(93, 0, "waits alone"), lane(94, 0, "returns"), line(95, 1, "its last"), lane(96, 2, "turn of another at once"), line(100, 1, "too late"),
	}}
	var got []string
	for _, l := range traceOf(&q, 1, 0) {
		got = append(got, l.Text)
	}
	if diff := cmp.Diff([]string{"wakes", "asks", "waits", "…", "wakes again", "is answered", "submits", "waits alone", "returns", "its last"}, got); diff != "" {
		t.Error(diff)
	}
}

// A bar joins consecutive waits of one colour and pattern, and names each client that has the turn long enough to be seen.
func TestAhead(t *testing.T) {
	wait := func(from, to, behind int, state portrait.State) portrait.Span {
		return portrait.Span{From: time.Duration(from), To: time.Duration(to), State: state, Behind: behind}
	}
	box := func(s portrait.Span) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: vg.Length(s.From)}, Max: vg.Point{X: vg.Length(s.To)}}
	}
	row := []portrait.Span{
		wait(0, 9, 6, portrait.Waits), wait(9, 10, 3, portrait.Waits), wait(10, 15, 2, portrait.Waits), wait(15, 20, 6, portrait.Waits), wait(20, 30, 4, portrait.Unaccepted), wait(30, 40, 0, portrait.Turn),
	}
	for i, test := range map[int]struct {
		clients []int
		end     vg.Length
	}{0: {[]int{6, 2}, 20}, 4: {[]int{4}, 30}} {
		if clients, end := ahead(row[i:], box); !slices.Equal(clients, test.clients) || end != test.end {
			t.Errorf("from %d on: %v until %v, want %v until %v", i, clients, end, test.clients, test.end)
		}
	}
}
