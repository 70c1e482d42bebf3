package stats

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var (
	nan, inf = math.NaN(), math.Inf(1)
	about    = cmp.Options{cmpopts.EquateApprox(0, 1e-9), cmpopts.EquateNaNs()}
)

// The expected values are from tables of Student's t distribution, with three or four decimals.
func TestTMatchesTables(t *testing.T) {
	for _, test := range []struct{ p, df, want float64 }{
		{0.975, 1, 12.706}, {0.975, 7, 2.365}, {0.975, 9, 2.262}, {0.995, 7, 3.499}, {0.9995, 15, 4.073}, {0.95, 120, 1.658}, {0.5, 3, 0},
	} {
		if got := TQuantile(test.p, test.df); math.Abs(got-test.want) > 0.0006 {
			t.Errorf("TQuantile(%v, %v) = %v, want %v", test.p, test.df, got, test.want)
		}
		if got := TQuantile(1-test.p, test.df); math.Abs(got+test.want) > 0.0006 {
			t.Errorf("TQuantile(%v, %v) = %v, want %v", 1-test.p, test.df, got, -test.want)
		}
		for _, at := range []float64{test.want, -test.want} {
			if got, want := TwoSided(at, test.df), 2*(1-test.p); math.Abs(got-want) > 0.0002 {
				t.Errorf("TwoSided(%v, %v) = %v, want %v", at, test.df, got, want)
			}
		}
	}
	if got := TwoSided(math.Inf(-1), 7); got != 0 {
		t.Errorf("TwoSided(-Inf, 7) = %v, want 0", got)
	}
}

func TestTInterval(t *testing.T) {
	for _, test := range []struct {
		name string
		d    []float64
		want Interval
		p    float64
	}{
		// 12.7062047362 √(1/2), and 1 - 2/π atan(2/√(1/2)/√2), which is 2 atan(1/2)/π
		{"two", []float64{1, 2}, Interval{1.5, 1.5 - 6.3531023681, 1.5 + 6.3531023681, 0.95}, 0.2048327647},
		{"no spread", []float64{3, 3, 3}, Interval{3, 3, 3, 0.95}, 0},
		{"no spread, nothing", []float64{0, 0, 0}, Interval{0, 0, 0, 0.95}, 1},
		{"one", []float64{1}, unknown(0.95), nan},
		{"none", nil, unknown(0.95), nan},
		{"one lacks", []float64{1, 2, nan}, unknown(0.95), nan},
		{"one has no end", []float64{1, 2, inf}, unknown(0.95), nan},
	} {
		if diff := cmp.Diff(test.want, TInterval(test.d, 0, 0.95), about); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if diff := cmp.Diff(test.p, TTest(test.d, 0), about); diff != "" {
			t.Errorf("%s: p: %s", test.name, diff)
		}
	}
}

func TestInterval(t *testing.T) {
	log := Interval{math.Log(2), 0, math.Log(3), 0.9}
	if diff := cmp.Diff(Interval{2, 1, 3, 0.9}, log.Exp(), about); diff != "" {
		t.Error(diff)
	}
	i := Interval{2, 1, 3, 0.9}
	for x, want := range map[float64]bool{0.9: false, 1: true, 2.9: true, 3: true, 3.1: false} {
		if i.Contains(x) != want {
			t.Errorf("%v contains %v: %v", i, x, !want)
		}
	}
	if unknown(0.9).Contains(1) {
		t.Error("what is not known contains 1")
	}
	if i.HalfWidth() != 1 {
		t.Errorf("half of %v is %v wide", i, i.HalfWidth())
	}
}

func TestIntervalOrder(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      Order
	}{
		{1.001, 1.2, Higher},
		{1.001, 1.002, Higher}, // by very little, but clearly
		{1, 1.2, Tied},
		{0.8, 1.2, Tied},
		{0.995, 1.0101, Tied},
		{0.995, 1.01, Same},
		{1 / 1.01, 1, Same},
		{0.99, 1, Tied}, // its inverse is 1.0101
		{0.9, 0.999, Lower},
		{nan, nan, Unknown},
		{0, inf, Tied},
	} {
		if got := (Interval{Low: test.low, High: test.high}).Order(0.01); got != test.want {
			t.Errorf("%v to %v is %v, want %v", test.low, test.high, got, test.want)
		}
		back := map[Order]Order{Higher: Lower, Lower: Higher, Tied: Tied, Same: Same, Unknown: Unknown}[test.want]
		if got := (Interval{Low: 1 / test.high, High: 1 / test.low}).Order(0.01); got != back {
			t.Errorf("1/(%v to %v) is %v, want %v", test.low, test.high, got, back)
		}
	}
}

func TestBlocks(t *testing.T) {
	for _, test := range []struct {
		n, most int
		want    [][2]int
	}{
		{0, 10, nil},
		{7, 10, nil},
		{100, 7, nil},
		{8, 10, [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}}},
		{19, 8, [][2]int{{0, 2}, {2, 4}, {4, 7}, {7, 9}, {9, 11}, {11, 14}, {14, 16}, {16, 19}}},
	} {
		if diff := cmp.Diff(test.want, Blocks(test.n, test.most)); diff != "" {
			t.Errorf("Blocks(%d, %d): %s", test.n, test.most, diff)
		}
	}
	for n := MinBlocks; n < 60; n++ {
		for most := MinBlocks; most < 20; most++ {
			blocks, end := Blocks(n, most), 0
			for _, b := range blocks {
				if size := b[1] - b[0]; b[0] != end || size != n/len(blocks) && size != n/len(blocks)+1 {
					t.Errorf("Blocks(%d, %d) = %v", n, most, blocks)
				}
				end = b[1]
			}
			if end != n || len(blocks) != min(n, most) {
				t.Errorf("Blocks(%d, %d) = %v", n, most, blocks)
			}
		}
	}
}

func TestEffects(t *testing.T) {
	for _, test := range []struct {
		name string
		x    [][]float64
		want []float64
	}{
		{"two", [][]float64{{1, 2, 3}, {0, 1, 2}}, []float64{0.5, -0.5}},
		{"what hits a whole cycle cancels", [][]float64{{1, 20, 300}, {0, 19, 299}}, []float64{0.5, -0.5}},
		{"one disturbed slice in three", [][]float64{{1, 2, 99}, {0, 1, 2}}, []float64{0.5, -0.5}},
		{"three", [][]float64{{3, 3}, {2, 2}, {-2, -2}}, []float64{2, 1, -3}},
		{"a lacking slice takes its cycle along", [][]float64{{1, nan, 3}, {0, 50, 2}}, []float64{0.5, -0.5}},
		{"and no cycle of the others", [][]float64{{3, nan}, {0, 0}, {0, 6}}, []float64{2, -2, 0}},
		{"a zero now and then", [][]float64{{1, -inf, 3}, {0, 1, 2}}, []float64{0.5, -0.5}},
		{"both zero tell nothing", [][]float64{{-inf, 5, -inf}, {-inf, 4, -inf}}, []float64{0.5, -0.5}},
		{"one is always zero", [][]float64{{1, 1}, {0, 0}, {-inf, -inf}}, []float64{0.5, -0.5, -inf}},
		{"one of two is always zero", [][]float64{{1, 1}, {-inf, -inf}}, []float64{0, -inf}},
		{"one always without end", [][]float64{{inf, inf}, {1, 1}, {0, 0}}, []float64{inf, 0.5, -0.5}},
		{"nothing is known of one", [][]float64{{nan, nan}, {1, 1}, {0, 0}}, []float64{nan, 0.5, -0.5}},
		{"never in one cycle", [][]float64{{1, nan}, {nan, 1}}, []float64{nan, 0}},
		{"nothing is known", [][]float64{{nan}, {nan}}, []float64{nan, nan}},
		{"no cycles", [][]float64{{}, {}}, []float64{nan, nan}},
		{"nobody", nil, []float64{}},
	} {
		if diff := cmp.Diff(test.want, Effects(test.x), about); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestHolm(t *testing.T) {
	for _, test := range []struct {
		name string
		p    []float64
		want []float64
	}{
		{"none", nil, []float64{}},
		{"one", []float64{0.04}, []float64{0.05}},
		{"one that fails", []float64{0.6}, []float64{0.05}},
		{"all hold", []float64{0.04, 0.001, 0.02}, []float64{0.05, 0.05 / 3, 0.05 / 2}},
		{"the first fails", []float64{0.04, 0.02, 0.03}, []float64{0.05 / 3, 0.05 / 3, 0.05 / 3}},
		{"the second fails, and with it one that would hold", []float64{0.04, 0.001, 0.03}, []float64{0.05 / 2, 0.05 / 3, 0.05 / 2}},
		{"exactly at its level holds", []float64{0.025, 0.05}, []float64{0.025, 0.05}},
		{"equal ones", []float64{0.02, 0.02}, []float64{0.025, 0.05}},
		{"what is not known counts", []float64{nan, 0.02, 0.01}, []float64{0.05, 0.05 / 2, 0.05 / 3}},
	} {
		if diff := cmp.Diff(test.want, Holm(test.p, 0.05), about); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestLooksSpendFivePercent(t *testing.T) {
	at, sum := 0.0, 0.0
	for _, look := range Looks {
		if look.At <= at {
			t.Errorf("the look at %v comes after that at %v", look.At, at)
		}
		at, sum = look.At, sum+look.Alpha
	}
	if at != 1 || math.Abs(sum-0.05) > 1e-12 {
		t.Errorf("the looks end at %v and spend %v, want 1 and 0.05", at, sum)
	}
}

func TestCosts(t *testing.T) {
	for _, test := range []struct {
		name                               string
		cpuShort, okShort, cpuLong, okLong float64
		steady, waking, whole              float64
	}{
		{"40 a request and 1000 a waking", 1000 + 100*40, 100, 1000 + 320*40, 320, 40, 1000, (2000 + 420*40) / 420.},
		{"no waking", 400, 10, 1200, 30, 40, 0, 40},
		{"ten of each", 10 * 500, 100, 10 * 1300, 300, 40, 10 * 100, 45},
		{"the long one is cheaper", 500, 10, 400, 20, -10, 600, 30},
		{"as many replies", 500, 10, 900, 10, nan, nan, 70},
		{"fewer", 500, 10, 900, 9, nan, nan, 1400 / 19.},
		{"no replies", 500, 0, 900, 0, nan, nan, nan},
		{"not known", nan, 10, 900, 20, nan, nan, nan},
	} {
		got := []float64{
			SteadyCost(test.cpuShort, test.okShort, test.cpuLong, test.okLong),
			WakingCost(test.cpuShort, test.okShort, test.cpuLong, test.okLong),
			WholeCost(test.cpuShort, test.okShort, test.cpuLong, test.okLong),
		}
		if diff := cmp.Diff([]float64{test.steady, test.waking, test.whole}, got, about); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// times returns n blocks with the same counts.
func times(n int, counts Counts) (blocks []Counts) {
	for range n {
		blocks = append(blocks, counts)
	}
	return blocks
}

func TestQuantileRatio(t *testing.T) {
	even := Counts{{0, 10, 4}, {10, 10, 4}, {20, 20, 8}} // 16 values, the middle one at 20, three quarters at 30
	double := Counts{{0, 20, 4}, {20, 20, 4}, {40, 40, 8}}
	gaps := Counts{{10, 2, 1}, {100, 10, 2}, {1000, 100, 1}}
	for _, test := range []struct {
		name string
		a, b []Counts
		q    float64
		want float64 // the ratio over all blocks, where the blocks agree
	}{
		{"twice", times(8, double), times(8, even), 0.5, 2},
		{"within a bucket", times(8, gaps), times(8, even), 0.5, 105. / 20},
		{"at the very end of one", times(8, gaps), times(8, even), 0.75, 110. / 30},
		{"in the last", times(8, gaps), times(8, even), 0.875, 1050. / 35},
		{"in the first", times(8, gaps), times(8, even), 0.125, 11. / 5},
		{"seven blocks", times(7, double), times(7, even), 0.5, nan},
		{"not as many of each", times(8, double), times(9, even), 0.5, nan},
		{"one without values", times(8, double), times(8, nil), 0.5, nan},
		{"no blocks", nil, nil, 0.5, nan},
	} {
		got := QuantileRatio(test.a, test.b, test.q, 0.95, 1)
		if diff := cmp.Diff(Interval{test.want, test.want, test.want, 0.95}, got, about); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}

	t.Run("blocks with other buckets are merged", func(t *testing.T) {
		var a []Counts
		for i := range 8 {
			a = append(a, Counts{{int64(10 * i), 10, 3}})
		}
		got := QuantileRatio(a, times(8, even), 0.5, 0.95, 1)
		if got.Mid != 2 { // 24 values evenly over 0 to 80
			t.Errorf("the ratio is %v, want 40/20", got.Mid)
		}
		if !(got.Low < 1.6 && got.High > 2.4) {
			t.Errorf("blocks that differ that much leave it between %v and %v", got.Low, got.High)
		}
		if again := QuantileRatio(a, times(8, even), 0.5, 0.95, 1); again != got {
			t.Errorf("the same seed gives %v, then %v", got, again)
		}
		if other := QuantileRatio(a, times(8, even), 0.5, 0.95, 2); other == got {
			t.Errorf("another seed draws the same: %v", other)
		}
		if surer := QuantileRatio(a, times(8, even), 0.5, 0.99, 1); !(surer.Low < got.Low && surer.High > got.High) {
			t.Errorf("at 0.99 it is %v, at 0.95 %v", surer, got)
		}
	})

	t.Run("one block has all the values", func(t *testing.T) {
		a := append(times(7, nil), even)
		if got := QuantileRatio(a, times(8, even), 0.5, 0.95, 1); !math.IsNaN(got.Mid) || !math.IsNaN(got.Low) || !math.IsNaN(got.High) {
			t.Errorf("many a draw has none, yet the ratio is %v", got)
		}
	})

	t.Run("both servers are drawn alike", func(t *testing.T) {
		var a, b []Counts
		for i := range int64(8) {
			a = append(a, Counts{{2000 + 200*i, 2, 1}})
			b = append(b, Counts{{1000 + 100*i, 1, 1}})
		}
		if got := QuantileRatio(a, b, 0.5, 0.95, 1); got.High-got.Low > 1e-9 {
			t.Errorf("in each block it is 2, yet it lies between %v and %v", got.Low, got.High)
		}
	})
}
