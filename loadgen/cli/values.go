package cli

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/engine"
	"carousel/loadgen/schedule"
	"carousel/loadgen/verdict"
)

// The types of flag values. Each checks its range, and its errors state what it accepts.

// number is a whole number, least to most.
type number[T int | int64] struct {
	to          *T
	least, most T
}

// atLeast is a number without an upper bound.
func atLeast[T int | int64](least T, to *T) number[T] {
	return number[T]{to, least, T(math.MaxInt)}
}

func (v number[T]) Type() string   { return "N" }
func (v number[T]) String() string { return strconv.FormatInt(int64(deref(v.to)), 10) }
func (v number[T]) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	real, notReal := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && notReal == nil && real == math.Trunc(real) && math.Abs(real) < 1<<53: // as in 1e6
		return fmt.Errorf("it takes a whole number, did you mean %.0f", real)
	case errors.Is(err, strconv.ErrRange) || err == nil && int64(T(n)) != n:
		return errors.New("it is more than can be counted")
	case err != nil:
		return errors.New("it takes a whole number")
	case T(n) < v.least && v.most == T(math.MaxInt):
		return fmt.Errorf("it must be %d or more", v.least)
	case T(n) < v.least || T(n) > v.most:
		return fmt.Errorf("it must be %d to %d", v.least, v.most)
	}
	*v.to = T(n)
	return nil
}

// span is a duration, given with its unit: least to most.
type span struct {
	to          *time.Duration
	least, most time.Duration
}

// forever is no upper bound of a span.
const forever = time.Duration(math.MaxInt64)

func (v span) Type() string { return "TIME" }
func (v span) String() string {
	if deref(v.to) == 0 {
		return "0"
	}
	return v.to.String()
}
func (v span) Set(text string) error {
	if seconds, err := time.ParseDuration(text + "s"); err == nil && isNumber(text) && text != "0" {
		unit := "s"
		if seconds > v.most {
			unit = "ms"
		}
		return fmt.Errorf("it has no unit, did you mean %s%s", text, unit)
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return errors.New("a duration is written 500ms, 30s or 2m")
	case v.least > 1 && (d < v.least || d > v.most):
		return fmt.Errorf("it must be %v to %v", v.least, v.most)
	case d < v.least && v.least > 0:
		return errors.New("it must be above 0")
	case d < v.least:
		return errors.New("it must be 0 or more")
	case d > v.most:
		return fmt.Errorf("the longest is %v", v.most)
	}
	*v.to = d
	return nil
}

// cycles is a number of cycles, in pairs of one with short slices and one with long ones.
type cycles struct{ to *int }

func (v cycles) Type() string   { return "N" }
func (v cycles) String() string { return strconv.Itoa(deref(v.to)) }
func (v cycles) Set(text string) error {
	n := 0
	if err := (number[int]{&n, 2, mostCycles}).Set(text); err != nil {
		return err
	}
	if n%2 != 0 {
		return fmt.Errorf("it must be even, as a cycle of short slices goes with one of long ones: use %d", n+1)
	}
	*v.to = n
	return nil
}

// pace is a rate per second, above 0.
type pace struct{ to *float64 }

func (v pace) Type() string   { return "RATE" }
func (v pace) String() string { return strconv.FormatFloat(deref(v.to), 'f', -1, 64) }
func (v pace) Set(text string) error {
	number, per, isPer := strings.Cut(text, "/")
	rate, err := strconv.ParseFloat(number, 64)
	if isPer && err == nil && per != "s" { // as in 50/1s
		var length time.Duration
		if length, err = time.ParseDuration(per); length > 0 {
			rate /= length.Seconds()
		} else {
			err = cmp.Or(err, errors.New("no time"))
		}
	}
	switch {
	case err != nil:
		return errors.New("it takes a number of requests per second")
	case !(rate > 0): // nor is NaN
		return errors.New("it must be above 0; without -r it is a closed loop")
	case rate > schedule.MostPerSecond:
		return fmt.Errorf("the finest schedule is %.0f requests per second", schedule.MostPerSecond)
	}
	*v.to = rate
	return nil
}

// ramp is a stage whose length is that of the run.
type ramp struct{ to *[]result.Stage }

func (v ramp) Type() string   { return "FROM:TO" }
func (v ramp) String() string { return "" }
func (v ramp) Set(text string) error {
	from, to, err := schedule.ParseRates(text)
	switch {
	case !strings.Contains(text, ":"):
		return errors.New("it takes two rates, such as 100:5000")
	case err != nil:
		return err
	case from == 0 && to == 0:
		return errors.New("one of the rates must be above 0")
	}
	*v.to = []result.Stage{{From: from, To: to}}
	return nil
}

// connections is a number of connections, or FIRST:MOST.
type connections struct{ first, most *int }

func (v connections) Type() string   { return "N" }
func (v connections) String() string { return strconv.Itoa(deref(v.most)) }
func (v connections) Set(text string) error {
	few, many, grows := strings.Cut(text, ":")
	if !grows {
		*v.first = 0
		return atLeast(1, v.most).Set(text)
	}
	first, most := 0, 0
	if err := cmp.Or(atLeast(1, &first).Set(few), atLeast(1, &most).Set(many)); err != nil {
		return err
	}
	if first >= most {
		return fmt.Errorf("%d are not fewer than %d: write FIRST:MOST, such as 10:500", first, most)
	}
	*v.first, *v.most = first, most
	return nil
}

// size is a number of bytes per second, 1 to most, written 512, 1KiB or 1MiB. most must be whole GiB.
type size struct {
	to   *int64
	most int64
}

func (v size) Type() string   { return "BYTES" }
func (v size) String() string { return strconv.FormatInt(deref(v.to), 10) }
func (v size) Set(text string) error {
	digits, unit := text, int64(1)
	for i, name := range []string{"KiB", "MiB", "GiB"} {
		if number, ok := strings.CutSuffix(text, name); ok {
			digits, unit = number, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil:
		return errors.New("it takes bytes a second, written 512, 1KiB or 1MiB")
	case n < 1 || n > v.most/unit:
		return fmt.Errorf("it must be 1 byte to %dGiB a second", v.most>>30)
	}
	*v.to = n * unit
	return nil
}

// sources takes addresses and prefixes, one a time or several with commas between.
type sources struct{ to *[]string }

func (v sources) Type() string   { return "ADDRESS" }
func (v sources) String() string { return "" }
func (v sources) Set(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		prefix, err := engine.ParseSource(one)
		if err != nil {
			return err
		}
		if prefix.IsSingleIP() {
			one = prefix.Addr().String()
		} else {
			one = prefix.String()
		}
		*v.to = append(*v.to, one)
	}
	return nil
}

// share is a part of a whole, written 1% or 0.01: more than above, at most most.
type share struct {
	to          *float64
	above, most float64
}

func (v share) Type() string   { return "SHARE" }
func (v share) String() string { return strconv.FormatFloat(deref(v.to), 'f', -1, 64) }
func (v share) Set(text string) error {
	number, percent := strings.CutSuffix(text, "%")
	if percent {
		number += "e-2" // 0.7/100 is not the float nearest to 0.007
	}
	part, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil:
		return errors.New("it takes a share, such as 1% or 0.01")
	case !percent && part > v.most && part/100 > v.above && part/100 <= v.most:
		return fmt.Errorf("it must be at most %v%%, did you mean %s%%", v.most*100, text)
	case !(part > v.above) || part > v.most: // nor is NaN
		return fmt.Errorf("it must be above %v%% and at most %v%%", v.above*100, v.most*100)
	}
	*v.to = part
	return nil
}

// seed is any number of 64 bits.
type seed struct{ to *uint64 }

func (v seed) Type() string   { return "N" }
func (v seed) String() string { return strconv.FormatUint(deref(v.to), 10) }
func (v seed) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("it takes a whole number from 0 to %d", uint64(math.MaxUint64))
	}
	*v.to = n
	return nil
}

// rivals takes one further server a time.
type rivals struct{ to *[]Server }

func (v rivals) Type() string   { return "[NAME=]URL" }
func (v rivals) String() string { return "" }
func (v rivals) Set(text string) error {
	if text == "" {
		return errors.New("it takes the URL of a server")
	}
	if strings.HasPrefix(text, "-") {
		return errors.New("it takes the URL of a server, and this is a flag")
	}
	server, err := named(text)
	if err != nil {
		return err
	}
	*v.to = append(*v.to, server)
	return nil
}

// process is a value of --pid: whose processor time to read.
type process struct {
	given string // as it was typed
	name  string // of a server; "": the target, or with auto every server that has no process of its own
	pid   int
	auto  bool // the process that listens on the server's address
}

// processes takes one process a time. A name that loadgen gave to a server may hold a "=", which a PID does not.
type processes struct{ to *[]process }

func (v processes) Type() string   { return "[NAME=]PID" }
func (v processes) String() string { return "" }
func (v processes) Set(text string) error {
	p := process{given: text}
	at := strings.LastIndexByte(text, '=')
	if at == 0 {
		return errors.New("what stands before the = is the name of a server")
	}
	if at > 0 {
		p.name = text[:at]
	}
	switch which := text[at+1:]; {
	case which == "auto":
		p.auto = true
	case which == "" || strings.Trim(which, "+-0123456789") != "":
		return errors.New("it takes the number of a process, or auto")
	default:
		if err := atLeast(0, &p.pid).Set(which); err != nil {
			return err
		}
	}
	*v.to = append(*v.to, p)
	return nil
}

// word is one of a few.
type word struct {
	to      *string
	choices []string
}

func (v word) Type() string   { return "WORD" }
func (v word) String() string { return deref(v.to) }
func (v word) Set(text string) error {
	if !slices.Contains(v.choices, text) && (text != "" || deref(v.to) != "") { // "" is allowed if it is the default
		return fmt.Errorf("it is %s", or(v.choices))
	}
	*v.to = text
	return nil
}

// or lists words: "auto, epoll, net or hey".
func or(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// expected is a status, or carousel.
type expected struct{ to *string }

func (v expected) Type() string   { return "STATUS" }
func (v expected) String() string { return deref(v.to) }
func (v expected) Set(text string) error {
	status, err := strconv.Atoi(text)
	if text != "" && text != result.Carousel && (err != nil || status < 200 || status > 599) {
		return errors.New("it is a status, 200 to 599, or carousel")
	}
	*v.to = text
	return nil
}

// gates takes one condition a time, or several with commas between.
type gates struct{ to *[]verdict.Gate }

func (v gates) Type() string   { return "CONDITION" }
func (v gates) String() string { return "" }
func (v gates) Set(text string) error {
	for expr := range strings.SplitSeq(text, ",") {
		gate, err := verdict.Parse(expr)
		if err != nil {
			return err
		}
		*v.to = append(*v.to, gate)
	}
	return nil
}

// deref returns *to, or the zero value if to is nil, as in the zero Value that pflag compares a default with.
func deref[T any](to *T) (v T) {
	if to != nil {
		v = *to
	}
	return v
}
