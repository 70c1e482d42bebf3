package turns

import (
	"fmt"
	"slices"
	"testing"

	"carousel/internal/stats"
)

type statsCounts = stats.Counts

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestOrder(t *testing.T) {
	never := func(i, j int) bool { return false }
	for _, n := range []int{2, 3, 6} {
		o := newOrder(upTo(n), 1, never)
		first := make([]int, n)
		last, rested := -1, 0
		const cycles = 4000
		for range cycles {
			order, rests := o.next()
			if sorted := slices.Sorted(slices.Values(order)); len(slices.Compact(sorted)) != n {
				t.Fatalf("a cycle of %v", order)
			}
			for i, k := range order {
				if rests[i] != (k == last) {
					t.Fatalf("%v after %d, rests %v", order, last, rests)
				}
				if rests[i] {
					rested++
				}
				last = k
			}
			first[order[0]]++
		}
		for k, times := range first {
			if fair := cycles / n; times < fair*9/10 || times > fair*11/10 {
				t.Errorf("of %d servers, %d is first in %d of %d cycles", n, k, times, cycles)
			}
		}
		if most := map[int]int{2: cycles / keepFor}[n]; rested > most {
			t.Errorf("of %d servers one would have two turns in a row %d times", n, rested)
		}
	}
	// The seed decides which of two servers is first.
	begins := map[int]int{}
	for seed := range uint64(100) {
		order, _ := newOrder(upTo(2), seed, never).next()
		begins[order[0]]++
	}
	if begins[0] < 30 || begins[1] < 30 {
		t.Errorf("the first of two begins %d times, the second %d times", begins[0], begins[1])
	}
	a, b := newOrder(upTo(5), 9, never), newOrder(upTo(5), 9, never)
	for range 10 {
		x, _ := a.next()
		if y, _ := b.next(); fmt.Sprint(x) != fmt.Sprint(y) {
			t.Errorf("one seed, two orders: %v and %v", x, y)
		}
	}
}

// Servers rest before a second turn in a row of the same process.
func TestOrderOfTwins(t *testing.T) {
	o := newOrder(upTo(2), 1, func(i, j int) bool { return true })
	for cycle := range 5 {
		if _, rests := o.next(); rests[0] != (cycle > 0) || !rests[1] {
			t.Errorf("cycle %d: rests %v", cycle, rests)
		}
	}
	o = newOrder(upTo(4), 1, func(i, j int) bool { return i+j == 3 && i*j == 0 }) // 0 and 3 are the same process
	last := -1
	for range 500 {
		order, rests := o.next()
		for i, k := range order {
			if rests[i] || last+k == 3 && last*k == 0 && last >= 0 {
				t.Fatalf("%v after %d, rests %v", order, last, rests)
			}
			last = k
		}
	}
}
