package stats

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		name string
		x    []float64
		want float64
	}{
		{"one", []float64{7}, 7},
		{"odd", []float64{9, 1, 5}, 5},
		{"even", []float64{4, 1, 3, 2}, 2.5},
		{"equal", []float64{2, 2, 2, 2, 2, 2}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := append([]float64{}, test.x...)
			if got := Median(test.x); got != test.want {
				t.Errorf("Median(%v) = %v, want %v", test.x, got, test.want)
			}
			if diff := cmp.Diff(before, test.x); diff != "" {
				t.Errorf("the input was reordered: %s", diff)
			}
		})
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("Median(nil) = %v, want not-a-number", got)
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

func TestLettersOfManyThatTie(t *testing.T) {
	for i, letters := range Letters(60, func(i, j int) bool { return true }) {
		if letters != "a" {
			t.Errorf("the one at %d has the letters %q", i, letters)
		}
	}
}
