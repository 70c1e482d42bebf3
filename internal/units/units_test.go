package units

import (
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct{ name, got, want string }{
		{"count", Count(0), "0"},
		{"count", Count(999), "999"},
		{"count", Count(1000), "1,000"},
		{"count", Count(-1234567.5), "-1,234,567.5"},
		{"count", Count(0.3), "0.3"},
		{"count", Count(int64(1 << 53)), "9,007,199,254,740,992"},
		{"count", Count(-100), "-100"},
		{"count", Count(nan), None},
		{"count", Count(math.Inf(1)), None},
		{"rate", Rate(43512.4), "43,512"},
		{"rate", Rate(98.54), "98.5"},
		{"rate", Rate(99.96), "100"},
		{"rate", Rate(0.012345), "0.0123"},
		{"rate", Rate(nan), None},
		{"micros", Micros(21567), "21.6"},
		{"micros", Micros(nan), None},
		{"duration", Duration(0), "0\u00a0ns"},
		{"duration", Duration(999), "999\u00a0ns"},
		{"duration", Duration(1234), "1.23\u00a0µs"},
		{"duration", Duration(999_999), "1\u00a0ms"},
		{"duration", Duration(10_000_000), "10\u00a0ms"},
		{"duration", Duration(2.5e9), "2.5\u00a0s"},
		{"duration", Duration(nan), None},
		{"short", Short(0), "0ns"},
		{"short", Short(999.4), "999ns"},
		{"short", Short(999.6), "1.00us"},
		{"short", Short(1520), "1.52us"},
		{"short", Short(99960), "100us"},
		{"short", Short(3.1e6), "3.10ms"},
		{"short", Short(23.44e6), "23.4ms"},
		{"short", Short(999.9e6), "1.00s"},
		{"short", Short(12e9), "12.0s"},
		{"short", Short(119.6e9), "120s"},
		{"short", Short(7322e9), "2h2m2s"},
		{"short", Short(nan), None},
		{"ratio", Ratio(0.8567), "0.86"},
		{"ratio", Ratio(64.26), "64.3"},
		{"ratio", Ratio(nan), None},
		{"percent", Percent(0.0341), "3.4\u00a0%"},
		{"percent", Percent(0.85), "85\u00a0%"},
		{"percent", Percent(0), "0\u00a0%"},
		{"micros", Micros(math.Inf(1)), None},
		{"duration", Duration(math.Inf(-1)), None},
		{"ratio", Ratio(math.Inf(1)), None},
		{"percent", Percent(math.Inf(1)), None},
		{"percent", Percent(nan), None},
		{"plural", Plural(1, "round"), "1 round"},
		{"plural", Plural(6, "round"), "6 rounds"},
		{"processors", Processors(2, "few"), "2 processors"},
		{"processors", Processors(0, "few"), "few"},
		{"list", List(nil), ""},
		{"list", List([]string{"a"}), "a"},
		{"list", List([]string{"a", "b"}), "a and b"},
		{"list", List([]string{"a", "b", "c"}), "a, b and c"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
}
