package cli

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/trace"
)

// Command returns the command line for the load s, ready to paste into a shell.
func Command(s result.Spec) string {
	return (&Options{Spec: s, Servers: []Server{{Target: s.Target, PID: s.PID}}}).Command()
}

// Command returns the command line for o, ready to paste into a shell. --pid auto and chosen source addresses are not replaced by what was
// found or chosen in this run.
func (o *Options) Command() string {
	if o.Kept != nil {
		return o.Kept.command()
	}
	s, usual := o.Spec, result.DefaultSpec()
	words := []string{"loadgen"}
	add := func(differs bool, flag, value string) {
		if differs {
			words = append(words, flag, quote(value))
		}
	}
	add(s.First == 0, "-c", strconv.Itoa(s.Connections))
	add(s.First > 0, "-c", strconv.Itoa(s.First)+":"+strconv.Itoa(s.Connections))
	add(s.Duration > 0 && o.Cycles == 0 && s.StagesFile == "", "-d", s.Duration.String())
	add(s.Requests > 0, "-n", strconv.FormatInt(s.Requests, 10))
	add(s.Rate > 0 && len(s.Stages) == 0, "-r", rate(s.Rate))
	if len(s.Stages) > 0 {
		add(s.StagesFile == "", "--ramp", rate(s.Stages[0].From)+":"+rate(s.Stages[0].To))
		add(s.StagesFile != "", "--stages", s.StagesFile)
	}
	add(s.Arrivals != "", "--arrivals", s.Arrivals)
	add(s.Burst > 0, "--burst", strconv.Itoa(s.Burst))
	add(s.Spin != o.spinElsewhere(), "--spin", micros(s.Spin))
	add(s.Warmup != usual.Warmup || o.Searches(), "--warmup", s.Warmup.String())
	add(s.Timeout != usual.Timeout, "--timeout", s.Timeout.String())
	add(s.Grace != usual.Grace, "--grace", s.Grace.String())
	add(s.Threads > 0, "-t", strconv.Itoa(s.Threads))
	add(s.Engine != "", "--engine", s.Engine)
	add(s.Proto != usual.Proto, "--proto", s.Proto)
	add(len(s.Mix) > 0, "--mix", s.MixFile)
	add(s.Order != "" && s.Order != result.Weighted, "--order", s.Order)
	add(s.Method != usual.Method, "-X", s.Method)
	if s.Insecure {
		words = append(words, "-k")
	}
	add(s.CACert != "", "--cacert", s.CACert)
	add(s.Cert != "", "--cert", s.Cert)
	add(s.Key != "", "--key", s.Key)
	for _, h := range result.HideSecrets(s.Headers) {
		add(true, "-H", h)
	}
	add(strings.HasPrefix(s.BodyFile, "@"), "--body-file", s.BodyFile)
	add(!strings.HasPrefix(s.BodyFile, "@") && (s.Body != "" || s.BodyFile != ""), "--body", bodyFlag(s))
	add(s.Expect != "", "--expect", s.Expect)
	add(s.Idle > 0, "--idle", strconv.Itoa(s.Idle))
	if s.NoKeepalive {
		words = append(words, "--no-keepalive")
	}
	add(s.Pipeline > 0, "--pipeline", strconv.Itoa(s.Pipeline))
	add(s.Think > 0, "--think", s.Think.String())
	add(s.ReadRate > 0, "--read-rate", strconv.FormatInt(s.ReadRate, 10))
	add(len(s.Source) > 0 && !o.spreads, "--source", strings.Join(s.Source, ","))
	add(s.MaxRedirects > 0, "--max-redirects", strconv.Itoa(s.MaxRedirects))
	add(s.Save != "", "--save", s.Save)
	add(s.Save != "" && s.SaveMode != result.Offload, "--save-mode", s.SaveMode)
	if o.Compares() {
		for _, server := range o.Servers[1:] {
			add(!server.Twin, "--vs", server.given())
			if server.Twin {
				words = append(words, "--twin")
			}
		}
		add(true, "--slice", o.Slice.String())
		add(o.Cycles > 0, "--cycles", strconv.Itoa(o.Cycles))
		add(o.Until > 0, "--until", strconv.FormatFloat(o.Until, 'f', -1, 64))
	}
	add(o.random(), "--seed", strconv.FormatUint(max(o.Seed, s.Seed), 10))
	for _, condition := range o.FindMax {
		add(true, "--find-max", condition.Expr)
	}
	add(o.Searches() && o.Over != result.OverRate, "--over", o.Over)
	if o.Ceiling {
		words = append(words, "--ceiling")
	}
	for _, e := range o.Exports.Asked() {
		add(true, "--"+e.Flag, e.File)
	}
	add(o.Metrics != "", "--metrics", o.Metrics)
	add(o.Trace != "", "--trace", o.Trace)
	add(o.Trace != "" && o.Traced != trace.Usual, "--trace-limit", strconv.Itoa(o.Traced))
	for _, pid := range o.pids() {
		add(true, "--pid", pid)
	}
	words = append(words, quote(o.Servers[0].given()))
	for _, path := range s.Paths {
		words = append(words, quote(path))
	}
	return strings.Join(words, " ")
}

// micros is a duration with us for µs.
func micros(d time.Duration) string { return strings.Replace(d.String(), "µ", "u", 1) }

func rate(perSecond float64) string { return strconv.FormatFloat(perSecond, 'f', -1, 64) }

// pids are the shortest values of --pid for these servers.
func (o *Options) pids() []string {
	if !slices.ContainsFunc(o.Servers, func(s Server) bool { return !s.Auto }) {
		return []string{"auto"}
	}
	var pids []string
	for i, s := range o.Servers {
		switch {
		case s.Twin:
		case s.Auto:
			pids = append(pids, s.Name+"=auto")
		case s.PID > 0 && i == 0:
			pids = append(pids, strconv.Itoa(s.PID))
		case s.PID > 0:
			pids = append(pids, s.Name+"="+strconv.Itoa(s.PID))
		}
	}
	return pids
}

// bodyFlag is the value of --body: @FILE, or a text with a leading @ doubled.
func bodyFlag(s result.Spec) string {
	switch {
	case s.BodyFile != "":
		return "@" + s.BodyFile
	case strings.HasPrefix(s.Body, "@"):
		return "@" + s.Body
	}
	return s.Body
}

// quote makes word one word of a POSIX shell.
func quote(word string) string {
	plain := func(r rune) bool {
		return r < 128 && (client.IsToken(string(r)) && !strings.ContainsRune("!#$&'*`|~", r) || strings.ContainsRune("/:=,@[]", r))
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
