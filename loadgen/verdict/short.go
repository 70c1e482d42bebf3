package verdict

import (
	"fmt"
	"time"
)

// Short writes a duration of ns nanoseconds with three digits and the unit that suits it: 812ns, 1.52us, 23.4ms, 12.0s.
func Short(ns float64) string {
	switch {
	case ns < 999.5:
		return fmt.Sprintf("%.0fns", ns)
	case ns < 999.5e3:
		return digits(ns/1e3) + "us"
	case ns < 999.5e6:
		return digits(ns/1e6) + "ms"
	case ns < 120e9:
		return digits(ns/1e9) + "s"
	}
	return time.Duration(ns).Round(time.Second).String()
}

// digits writes v, 1 to 999, with three significant digits.
func digits(v float64) string {
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
