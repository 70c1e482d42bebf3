package cli

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/loadgen/schedule"
)

// uniform is the default of --arrivals.
const uniform = "uniform"

// settleSchedule reads the stages and fills in what the flags of the schedule mean together.
func (o *Options) settleSchedule(flags *pflag.FlagSet) error {
	s := &o.Spec
	if s.Arrivals == uniform {
		s.Arrivals = ""
	}
	if flags.Changed("stages") {
		if err := o.readStages(flags); err != nil {
			return err
		}
	}
	if len(s.Stages) == 0 {
		return nil
	}
	rates := "--ramp"
	if s.StagesFile != "" {
		rates = "--stages " + s.StagesFile
	}
	switch {
	case s.Rate > 0:
		return fmt.Errorf("-r %v and %s: give one of them", s.Rate, rates)
	case s.Requests > 0:
		return fmt.Errorf("-n %d and %s: rates that change end by time, leave -n out", s.Requests, rates)
	case s.Warmup > 0 && s.Stages[0].From == 0:
		return fmt.Errorf("--warmup %v goes at the rate with which %s begins, and that is 0: leave it out, or begin higher", s.Warmup, rates)
	}
	if s.StagesFile == "" {
		s.Stages[0].Length = s.Duration
	}
	s.Duration = schedule.Length(s.Stages)
	if s.Rate = schedule.Mean(s.Stages); s.Rate*s.Duration.Seconds() < 1 {
		return fmt.Errorf("%s for %v is less than one request: make it longer, or its rates higher", rates, s.Duration)
	}
	return nil
}

func (o *Options) readStages(flags *pflag.FlagSet) error {
	s := &o.Spec
	switch {
	case flags.Changed("ramp"):
		return fmt.Errorf("--ramp and --stages %s: give one of them, a stage may be a ramp", s.StagesFile)
	case flags.Changed("duration"):
		return fmt.Errorf("-d %v and --stages %s: the stages say how long they are, leave -d out", s.Duration, s.StagesFile)
	}
	text, err := contents(s.StagesFile)
	if err == nil {
		s.Stages, err = schedule.ParseStages(string(text))
	}
	if err != nil {
		return fmt.Errorf("--stages %s: %w", s.StagesFile, cause(err))
	}
	return nil
}

// spin returns the default of --spin: 0 if the threads use all processors, because a local target needs one.
func (o *Options) spin() time.Duration {
	if host.Processors() > o.Spec.Threads {
		return o.spinElsewhere()
	}
	return 0
}

// spinElsewhere returns the default of --spin on a machine with processors to spare: 0 in a closed loop, and in a comparison.
func (o *Options) spinElsewhere() time.Duration {
	if o.open() && !o.Compares() && o.Spec.Threads > 0 {
		return usualSpin
	}
	return 0
}

// open reports whether there is a schedule: that of -r, or of the steps of a search over rates.
func (o *Options) open() bool { return o.Spec.Rate > 0 || o.Searches() && o.Over == result.OverRate }

// checkSchedule rejects flags of a schedule that cannot be combined.
func checkSchedule(s result.Spec) error {
	open := func(flag string) error {
		return fmt.Errorf("%s: a closed loop has no schedule: give -r, --ramp or --stages, or leave it out", flag)
	}
	switch {
	case s.Rate > 0 && s.First > 0 && s.NoKeepalive:
		return fmt.Errorf("-c %d:%d and --no-keepalive: each request has a connection of its own anyway, use -c %[2]d", s.First, s.Connections)
	case s.Spin > 0 && s.Engine == result.Net:
		return fmt.Errorf("--spin %v: --engine net sleeps as the Go scheduler does: use --engine epoll or uring, or leave it out", s.Spin)
	case s.Rate > 0:
		return nil
	case s.Arrivals != "":
		return open("--arrivals " + s.Arrivals)
	case s.Burst > 0:
		return open(fmt.Sprintf("--burst %d", s.Burst))
	case s.Spin > 0:
		return open(fmt.Sprintf("--spin %v", s.Spin))
	case s.First > 0:
		return fmt.Errorf("-c %d:%d: in a closed loop all connections are busy from the beginning: use -c %[2]d, or give -r", s.First, s.Connections)
	}
	return nil
}
