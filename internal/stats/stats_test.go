package stats

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func series(values ...float64) Series {
	s := Series{}
	for i, v := range values {
		s[i+1] = v
	}
	return s
}

func TestSummarize(t *testing.T) {
	for _, test := range []struct {
		name string
		x    []float64
		want Summary
	}{
		{"one", []float64{7}, Summary{1, 7, 7, 7}},
		{"odd", []float64{9, 1, 5}, Summary{3, 5, 1, 9}},
		{"even", []float64{4, 1, 3, 2}, Summary{4, 2.5, 1, 4}},
		{"equal", []float64{2, 2, 2, 2, 2, 2}, Summary{6, 2, 2, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := append([]float64{}, test.x...)
			if got := Summarize(test.x); got != test.want {
				t.Errorf("Summarize(%v) = %v, want %v", test.x, got, test.want)
			}
			if diff := cmp.Diff(before, test.x); diff != "" {
				t.Errorf("the input was reordered: %s", diff)
			}
		})
	}
	if got := Summarize(nil); got.N != 0 || !math.IsNaN(got.Median) {
		t.Errorf("Summarize(nil) = %v, want N 0 and not-a-number", got)
	}
}

func TestRangeCoverage(t *testing.T) {
	for n, want := range map[int]float64{0: 0, 1: 0, 2: 0.5, 6: 0.96875, 12: 1 - 1.0/2048} {
		if got := RangeCoverage(n); got != want {
			t.Errorf("RangeCoverage(%d) = %v, want %v", n, got, want)
		}
	}
}

func TestRatiosPairRounds(t *testing.T) {
	a := Series{1: 10, 2: 30, 4: 8, 5: 0}
	b := Series{1: 5, 2: 10, 3: 1, 5: 2}
	if diff := cmp.Diff(Series{1: 2, 2: 3}, Ratios(a, b)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{2, 3}, Ratios(a, b).Values()); diff != "" {
		t.Error(diff)
	}
}

func TestNoise(t *testing.T) {
	for _, test := range []struct {
		name        string
		once, again Series
		want        float64
	}{
		{"the same", series(5, 6, 7), series(5, 6, 7), 0},
		{"either direction counts alike", series(100, 110, 100), series(110, 100, 110), 0.1},
		{"one disturbed round does not set the bar", series(100, 100, 100), series(100, 100, 300), 0},
		{"nothing", nil, nil, 0},
	} {
		if got := Noise(test.once, test.again); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: Noise = %v, want %v", test.name, got, test.want)
		}
	}
}

func TestCompare(t *testing.T) {
	six := series(100, 100, 100, 100, 100, 100)
	for _, test := range []struct {
		name  string
		a, b  Series
		noise float64
		want  Order
		ratio float64
	}{
		{"clearly higher", series(120, 130, 125, 121, 128, 140), six, 0, Higher, 1.265},
		{"clearly lower", series(80, 70, 75, 79, 72, 60), six, 0, Lower, 0.735},
		{"one round disagrees", series(120, 130, 99, 121, 128, 140), six, 0, Tied, 1.245},
		{"all agree, but within 2 %", series(101, 101, 101, 102, 102, 102), six, 0, Tied, 1.015},
		{"exactly 2 % is not beyond it", series(102, 102, 102, 102, 102, 102), six, 0, Tied, 1.02},
		{"just beyond 2 %", series(103, 103, 103, 103, 103, 103), six, 0, Higher, 1.03},
		{"within what a model shows against itself", series(110, 110, 110, 110, 110, 110), six, 0.12, Tied, 1.1},
		{"beyond it", series(110, 110, 110, 110, 110, 110), six, 0.08, Higher, 1.1},
		{"lower by the same factor as the bar", series(90, 90, 90, 90, 90, 90), six, 0.12, Tied, 0.9},
		{"a round without difference does not agree", series(120, 130, 100, 121, 128, 140), six, 0, Tied, 1.245},
		{"a lost round, and no overlap", series(103, 109, 110, 104, 105), six, 0, Higher, 1.05},
		{"a lost round, all agree, and they overlap", series(12, 24, 36, 48, 60), series(10, 20, 30, 40, 50, 60), 0, Tied, 1.2},
		{"four of each, no overlap", series(90, 91, 92, 93), series(100, 100, 100, 100), 0, Lower, 0.915},
		{"three compare nothing", series(200, 200, 200), six, 0, Unknown, 2},
		{"a drift that hits both", series(50, 60, 70, 80, 90, 100), series(25, 30, 35, 40, 45, 50), 0, Higher, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Compare(test.a, test.b, test.noise)
			if got.Order != test.want || math.Abs(got.Median-test.ratio) > 1e-12 {
				t.Errorf("got order %v, median ratio %v, want %v, %v", got.Order, got.Median, test.want, test.ratio)
			}
			back := Compare(test.b, test.a, test.noise).Order
			if want := map[Order]Order{Unknown: Unknown, Tied: Tied, Higher: Lower, Lower: Higher}[test.want]; back != want {
				t.Errorf("the other way round it is %v, want %v", back, want)
			}
		})
	}
}

func TestLetters(t *testing.T) {
	pairs := func(list ...[2]int) func(i, j int) bool {
		return func(i, j int) bool {
			for _, p := range list {
				if p == [2]int{i, j} || p == [2]int{j, i} {
					return true
				}
			}
			return false
		}
	}
	for _, test := range []struct {
		name string
		n    int
		tied func(i, j int) bool
		want []string
	}{
		{"nothing", 0, pairs(), []string{}},
		{"all differ", 3, pairs(), []string{"a", "b", "c"}},
		{"all tie", 3, func(i, j int) bool { return true }, []string{"a", "a", "a"}},
		{"two lead", 3, pairs([2]int{0, 1}), []string{"a", "a", "b"}},
		{"the middle ties with both ends, which differ", 3, pairs([2]int{0, 1}, [2]int{1, 2}), []string{"a", "ab", "b"}},
		{"a tie across the middle", 3, pairs([2]int{0, 2}), []string{"a", "b", "a"}},
		{"chain of four", 4, pairs([2]int{0, 1}, [2]int{1, 2}, [2]int{2, 3}), []string{"a", "ab", "bc", "c"}},
	} {
		if diff := cmp.Diff(test.want, Letters(test.n, test.tied)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestLetterNamesGoOn(t *testing.T) {
	letters := Letters(28, func(i, j int) bool { return false })
	if letters[25] != "z" || letters[26] != "a2" || letters[27] != "b2" {
		t.Errorf("got %v", letters[25:])
	}
}
