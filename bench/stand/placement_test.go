package stand

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeat(t *testing.T) {
	measureAlone := func(int) []int { return nil }
	for _, c := range []struct {
		name     string
		cpus     []int
		siblings func(int) []int
		want     Placements
		noted    bool
		message  string
	}{
		{"two cores", []int{0, 1}, measureAlone, Placements{"split": {[]int{0}, []int{1}}, "shared": {[]int{0, 1}, []int{0, 1}}}, false,
			"split: server on processor 0, client on processor 1; shared: both on [0 1]"},
		{"threads of a core are passed over", []int{4, 5, 6, 7}, func(cpu int) []int { return []int{cpu &^ 1, cpu | 1} },
			Placements{"split": {[]int{4}, []int{6}}, "shared": {[]int{4, 5, 6, 7}, []int{4, 5, 6, 7}}}, false,
			"split: server on processor 4, client on processor 6; shared: both on [4 5 6 7]"},
		{"one core with two threads", []int{0, 1}, func(int) []int { return []int{0, 1} },
			Placements{"split": {[]int{0}, []int{1}}, "shared": {[]int{0, 1}, []int{0, 1}}}, true,
			"split: server on processor 0, client on processor 1; shared: both on [0 1]"},
		{"one processor", []int{3}, measureAlone, Placements{"shared": {[]int{3}, []int{3}}}, true, "shared: both on [3]"},
	} {
		got, note := place(c.cpus, c.siblings)
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(processors{})); d != "" || (note != "") != c.noted {
			t.Errorf("%s: note %q\n%s", c.name, note, d)
		}
		if got.String() != c.message || got.Apart() != (len(c.cpus) > 1) {
			t.Errorf("%s: %q, apart %v", c.name, got, got.Apart())
		}
	}
}
