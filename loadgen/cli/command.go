package cli

import (
	"strconv"
	"strings"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// Command is the command line that asks for s, to be pasted into a shell.
func Command(s result.Spec) string {
	usual := result.DefaultSpec()
	words := []string{"loadgen"}
	add := func(differs bool, flag, value string) {
		if differs {
			words = append(words, flag, quote(value))
		}
	}
	add(true, "-c", strconv.Itoa(s.Connections))
	add(s.Duration > 0, "-d", s.Duration.String())
	add(s.Requests > 0, "-n", strconv.FormatInt(s.Requests, 10))
	add(s.Rate > 0, "-r", strconv.FormatFloat(s.Rate, 'f', -1, 64))
	add(s.Warmup != usual.Warmup, "--warmup", s.Warmup.String())
	add(s.Timeout != usual.Timeout, "--timeout", s.Timeout.String())
	add(s.Grace != usual.Grace, "--grace", s.Grace.String())
	add(s.Threads > 0, "-t", strconv.Itoa(s.Threads))
	add(s.Engine != "", "--engine", s.Engine)
	add(s.Proto != usual.Proto, "--proto", s.Proto)
	add(s.Method != usual.Method, "-X", s.Method)
	for _, h := range s.Headers {
		add(true, "-H", h)
	}
	add(s.Body != "" || s.BodyFile != "", "--body", bodyFlag(s))
	add(s.Expect != "", "--expect", s.Expect)
	add(s.Idle > 0, "--idle", strconv.Itoa(s.Idle))
	add(s.MaxRedirects > 0, "--max-redirects", strconv.Itoa(s.MaxRedirects))
	add(s.Save != "", "--save", s.Save)
	add(s.Save != "" && s.SaveMode != result.Offload, "--save-mode", s.SaveMode)
	add(s.PID > 0, "--pid", strconv.Itoa(s.PID))
	words = append(words, quote(s.Target))
	for _, path := range s.Paths {
		words = append(words, quote(path))
	}
	return strings.Join(words, " ")
}

// bodyFlag is what --body takes to mean the body: @FILE, or a text in which a leading @ is written twice.
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
