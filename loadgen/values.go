package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"carousel/loadgen/verdict"
)

// span is a flag that takes a duration with its unit.
type span struct{ to *time.Duration }

func (v span) String() string {
	if v.to == nil || *v.to == 0 {
		return "0"
	}
	return v.to.String()
}
func (v span) Type() string { return "duration" }
func (v span) Set(text string) error {
	if isNumber(text) && text != "0" {
		return fmt.Errorf("it has no unit, did you mean %ss", text)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("a duration is written 500ms, 30s or 2m")
	}
	*v.to = d
	return nil
}

// whole is a flag that takes a whole number.
func whole[T int | int64](to *T) pflag.Value { return number[T]{to} }

type number[T int | int64] struct{ to *T }

func (v number[T]) String() string {
	if v.to == nil {
		return "0"
	}
	return strconv.FormatInt(int64(*v.to), 10)
}
func (v number[T]) Type() string { return "int" }
func (v number[T]) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || int64(T(n)) != n {
		return fmt.Errorf("it takes a whole number")
	}
	*v.to = T(n)
	return nil
}

// decimal is a flag that takes a rate per second.
type decimal struct{ to *float64 }

func (v decimal) String() string {
	if v.to == nil {
		return "0"
	}
	return strconv.FormatFloat(*v.to, 'f', -1, 64)
}
func (v decimal) Type() string { return "rate" }
func (v decimal) Set(text string) error {
	rate, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil {
		return fmt.Errorf("it takes a number of requests per second")
	}
	*v.to = rate
	return nil
}

// gates is a flag that takes one condition a time, or several with commas between.
type gates struct{ to *[]verdict.Gate }

func (v gates) String() string { return "" }
func (v gates) Type() string   { return "condition" }
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
