package draw

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"carousel/internal/result"
	"carousel/report/findings"
	"carousel/report/findings/findingstest"
	"carousel/report/words"
)

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		name      string
		ticker    plot.Ticker
		low, high float64
		want      []string
	}{
		{"levels", levels{1, 16, 1024}, 0.8, 1200, []string{"1", "16", "1,024"}},
		{"nines", nines{}, 0, 0.9995, []string{"50\u00a0%", "75\u00a0%", "90\u00a0%", "95\u00a0%", "99\u00a0%", "99.5\u00a0%", "99.9\u00a0%"}},
		{"many nines", nines{}, 0.9, 0.999999, []string{"90\u00a0%", "95\u00a0%", "99\u00a0%", "", "99.9\u00a0%", "99.99\u00a0%", "99.999\u00a0%"}},
		{"durations", durations{}, 3e5, 3e6, []string{"500\u00a0µs", "1\u00a0ms", "2\u00a0ms"}},
		{"wide durations", durations{}, 1e3, 1e9, []string{"1\u00a0µs", "", "", "10\u00a0µs", "", "", "100\u00a0µs", "", "", "1\u00a0ms", "", "", "10\u00a0ms", "", "", "100\u00a0ms", "", "", "1\u00a0s"}},
		{"far ratios", times{}, 0.48, 2.1, []string{"0.5", "0.7", "1", "1.4", "2"}},
		{"ratios", times{}, 0.6, 1.6, []string{"0.65", "0.8", "1", "1.25", "1.5"}},
		{"near ratios", times{}, 0.8, 1.25, []string{"0.8", "0.9", "1", "1.1", "1.25"}},
		{"amounts", amounts{}, 0, 7000, []string{"0", "1,000", "2,000", "3,000", "4,000", "5,000", "6,000", "7,000"}},
		{"amounts by unit", amounts{1000}, 0, 43000, []string{"0", "10", "20", "30", "40"}},
		{"small amounts", amounts{}, 0, 0.9, []string{"0", "0.2", "0.4", "0.6", "0.8"}},
		{"nothing", amounts{}, 0, 0, nil},
	} {
		var got []string
		for _, tick := range test.ticker.Ticks(test.low, test.high) {
			got = append(got, tick.Label)
			if tick.Value < test.low-1e-9 || tick.Value > test.high+1e-9 {
				t.Errorf("%s: tick %v is outside %v to %v", test.name, tick.Value, test.low, test.high)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestScalesAreEvenInTheirSteps(t *testing.T) {
	for _, test := range []struct {
		name      string
		scale     plot.Normalizer
		low, high float64
		at        []float64
		want      []float64
	}{
		{"log2", log2{}, 1, 256, []float64{1, 16, 256}, []float64{0, 0.5, 1}},
		{"nines", nines{}, 0, 0.9999, []float64{0, 0.9, 0.99, 0.999, 0.9999}, []float64{0, 0.25, 0.5, 0.75, 1}},
		{"durations", durations{}, 1e3, 1e9, []float64{1e3, 1e6, 1e9}, []float64{0, 0.5, 1}},
		{"ratios", times{}, 0.5, 2, []float64{0.5, 1, 2}, []float64{0, 0.5, 1}},
	} {
		for i, x := range test.at {
			if got := test.scale.Normalize(test.low, test.high, x); math.Abs(got-test.want[i]) > 1e-9 {
				t.Errorf("%s at %v is %v, want %v", test.name, x, got, test.want[i])
			}
		}
	}
}

// Two known models differ in marker or dash, so also in grey; a guest has a marker that no known model has.
func TestModelsLookDifferent(t *testing.T) {
	known := slices.Sorted(maps.Keys(looks))
	if len(known) < 17 {
		t.Errorf("%d looks for 17 models", len(known))
	}
	for i, a := range known {
		for _, b := range known[:i] {
			if x, y := looks[a], looks[b]; x == y || x.marker == y.marker && x.dash == y.dash {
				t.Errorf("%s and %s look alike without colour", a, b)
			}
		}
		if slices.Contains(guests, looks[a].marker) {
			t.Errorf("%s has the marker of a guest", a)
		}
	}
	if lookOf("node") != lookOf("node") || lookOf("node") == lookOf("nginx") {
		t.Error("a guest's look does not follow from its name")
	}
}

func TestLabelsKeepApart(t *testing.T) {
	for _, wanted := range [][]vg.Length{{}, {50}, {90, 89, 88, 87}, {100, 99, 50, 10, 9, 8}, {100, 100, 100, 100, 100, 100, 100, 100, 100, 100}, {5, 4, 3}} {
		got := spread(wanted, 12, 0, 100)
		apart := min(12, 100/vg.Length(max(1, len(wanted)-1)))
		for i, at := range got {
			if at > 100+1e-6 || at < -1e-6 || i > 0 && got[i-1]-at < apart-1e-6 {
				t.Errorf("%v become %v", wanted, got)
				break
			}
		}
	}
	if got := spread([]vg.Length{80, 40, 10}, 12, 0, 100); !slices.Equal(got, []vg.Length{80, 40, 10}) {
		t.Errorf("labels with room moved: %v", got)
	}
}

// runs has runs of every size, with their number of pictures.
func runs() map[string]struct {
	f    *findings.Findings
	want int
} {
	type run = struct {
		f    *findings.Findings
		want int
	}
	seventeen := append([]string{"thread", "pool", "prefork", "poll", "reactors", "uring", "fasthttp", "gnet"}, findingstest.Nine...)
	unpriced := findingstest.Whole("epoll", "goroutine")
	unpriced.Cells = slices.DeleteFunc(unpriced.Cells, func(c findings.Cell) bool { return c.Scenario != "hello" })
	for _, c := range unpriced.Cells {
		for i := range c.Models {
			for _, metric := range []string{findings.Capacity, findings.Cost, findings.Client, findings.Both} {
				delete(c.Models[i].Figures, metric)
			}
		}
	}
	for i := range unpriced.Cells {
		unpriced.Cells[i].Rankings = slices.DeleteFunc(unpriced.Cells[i].Rankings, func(r findings.Ranking) bool { return r.Metric != findings.Rate && r.Metric != findings.P99 })
		unpriced.Cells[i].Twin = nil
	}
	return map[string]run{
		"nothing": {&findings.Findings{}, 0}, "one": {findingstest.Whole("epoll"), 0}, "two": {findingstest.Whole("epoll", "goroutine"), 7},
		"nine and a guest": {findingstest.Whole(append([]string{findingstest.Hostile}, findingstest.Nine...)...), 7}, "seventeen": {findingstest.Whole(seventeen...), 7},
		"interrupted": {findingstest.Interrupted(findingstest.Nine...), 6}, "without costs": {unpriced, 2},
	}
}

func TestPicturesAreWhole(t *testing.T) {
	for name, run := range runs() {
		pictures, err := Draw(run.f)
		if err != nil {
			t.Fatal(err)
		}
		if len(pictures) != run.want {
			t.Errorf("%s: %d pictures, want %d: %v", name, len(pictures), run.want, slices.Sorted(maps.Keys(pictures)))
		}
		for file, text := range pictures {
			picture, err := png.Decode(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if at, c := edge(picture); at != nil {
				t.Errorf("%s: %s: something reaches the edge at %v: %v", name, file, at, c)
			}
			if w := picture.Bounds().Dx(); w != 1440 {
				t.Errorf("%s: %s is %d pixels wide, want 1440", name, file, w)
			}
		}
	}
}

// A model needs figures in two cells for a line, and a picture needs two lines.
func TestSilentConnectionsAreDrawn(t *testing.T) {
	f := &findings.Findings{Run: findings.Run{Models: []string{"select", "poll", "epoll"}, Placement: result.Split, Reference: "epoll"}}
	for _, silent := range []int{0, 1000, 15000} {
		c := findings.Cell{Scenario: "idle", Connections: 50, Idle: silent, Placement: result.Split, Rounds: 2}
		for _, name := range f.Run.Models {
			cost := 6000.0
			if name == "poll" {
				cost += 11 * float64(silent)
			}
			m := findings.Model{Name: name, Rounds: 2, Figures: map[string]findings.Figure{findings.Cost: {Value: cost, Low: cost * 0.95, High: cost * 1.05}}}
			if name == "select" && silent > 0 {
				m.Lacks = &findings.Lack{Kind: findings.Refused, InRounds: 2, Answered: 9, Total: int64(silent)}
			}
			c.Models = append(c.Models, m)
		}
		f.Cells = append(f.Cells, c)
	}
	f.Growth = []findings.Growth{{Model: "poll"}, {Model: "epoll"}}
	if fig, ok := silent(f); !ok || fig.body == nil {
		t.Error("two models are not drawn")
	}
	none := f.Cells[0]
	none.Connections = 51
	for name, idle := range map[string]int{"beside none, twice": 0, "beside fewer than none": -1 << 60} {
		none.Idle = idle
		if _, ok := silent(&findings.Findings{Run: f.Run, Cells: []findings.Cell{f.Cells[0], none}}); ok {
			t.Errorf("%s: it is drawn", name)
		}
	}
	pictures, err := Draw(f)
	if err != nil || pictures["idle.png"] == nil {
		t.Fatalf("%v, %v", slices.Sorted(maps.Keys(pictures)), err)
	}
	if caption := words.Pictured(f, "idle.png").Caption; !strings.Contains(caption, "Not drawn: select (turned 9 of 15,000 away).") {
		t.Errorf("the caption: %s", caption)
	}
	for i := range f.Cells {
		f.Cells[i].Models[2].Lacks = &findings.Lack{Kind: findings.Failed, InRounds: 2}
	}
	if _, ok := silent(f); ok {
		t.Error("one model is drawn")
	}
}

func TestTheSameFindingsGiveTheSamePictures(t *testing.T) {
	f := findingstest.Whole("epoll", "goroutine", "nethttp")
	first, err := Draw(f)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Draw(f)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(first, again, bytes.Equal) {
		t.Error("the same findings gave other pictures")
	}
}

// An axis of powers of two has no place for 0 connections: coordinates that far left hang the rasterizer.
func TestALevelOfNoConnectionsIsNotDrawn(t *testing.T) {
	f := findingstest.Whole("epoll", "goroutine")
	f.Cells[0].Connections = 0
	if _, err := Draw(f); err != nil {
		t.Error(err)
	}
}

// edge finds a pixel within 4 of the edge that is not opaque white: something may be cut off there.
func edge(p image.Image) (*image.Point, color.Color) {
	inner := p.Bounds().Inset(4)
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			at := image.Pt(x, y)
			if at.In(inner) {
				x = inner.Max.X - 1
				continue
			}
			if r, g, b, a := p.At(x, y).RGBA(); r&g&b&a != 0xffff {
				return &at, p.At(x, y)
			}
		}
	}
	return nil, nil
}
