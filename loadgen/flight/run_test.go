package flight

import "testing"

func TestShare(t *testing.T) {
	for _, c := range []struct{ n, k int }{{10, 3}, {3, 3}, {50, 7}, {1, 1}, {0, 4}, {64, 64}} {
		sum := 0
		for i := range c.k {
			part := share(c.n, i, c.k)
			if sum += part; part < c.n/c.k || part > c.n/c.k+1 {
				t.Errorf("share %d of %d of %d is %d", i, c.k, c.n, part)
			}
		}
		if sum != c.n {
			t.Errorf("%d shares of %d add up to %d", c.k, c.n, sum)
		}
	}
}
