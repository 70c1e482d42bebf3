package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"carousel/internal/result"
)

// translate rewrites -word to --word if that is one of our long flags, drops flags of other tools that need no replacement with a note,
// and rejects their other flags and unknown ones with what to type instead. out is for pflag to parse.
func translate(args []string, ours *pflag.FlagSet) (out, notes []string, err error) {
	args = slices.Clone(args)
	var refused []string // all are reported together
	command := ""
	if len(args) > 0 {
		if h := find(foreignCommands, args[0]); h != nil {
			command = args[0]
			refused = append(refused, h.advice(command, ""))
		}
	}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			out = append(out, args[i:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' || arg[1] >= '0' && arg[1] <= '9' {
			out = append(out, arg)
			continue
		}
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}

		typed := arg
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		long := arg[1] == '-' || len(name) > 1 && (ours.Lookup(name) != nil || find(habits, "--"+name) != nil)
		flag := ours.ShorthandLookup(arg[1:2])
		if long {
			flag = ours.Lookup(name)
			arg = "--" + name
			typed, _, _ = strings.Cut(typed, "=")
		} else {
			arg, value, joined = arg[:2], arg[2:], len(arg) > 2
			typed = arg
		}
		given := next
		if joined {
			given = value
		}

		h := find(habits, arg)
		if flag == nil && !long && (aLongName.MatchString(args[i]) || h != nil && !h.takes && joined) { // such as -max-body=0, or -lazy
			refused = append(refused, unknown(args[i], ours))
			continue
		}
		if h != nil && flag == nil {
			if h.ignored {
				notes = append(notes, fmt.Sprintf("%s: %s; left out", typed, h.means[0].here))
			} else if h.takes {
				refused = append(refused, h.advice(typed, given))
			} else {
				refused = append(refused, h.advice(typed, ""))
			}
			if h.takes && !joined {
				i++
			}
			continue
		}
		if flag == nil {
			refused = append(refused, unknown(typed, ours))
			continue
		}
		if text := foreignValueAdvice(command, arg, typed, given, args); text != "" {
			refused = append(refused, text)
		}
		takes := flag.NoOptDefVal == ""
		if !long && !takes && joined && value[0] != '=' { // -qc500 is -q -c500
			out = append(out, arg)
			args[i] = "-" + value
			i--
			continue
		}
		if long && joined {
			arg += "=" + value
		} else if !long {
			arg += value
		}
		out = append(out, arg)
		if takes && !joined && i+1 < len(args) {
			i++
			out = append(out, next)
		}
	}
	if len(refused) > 0 {
		return nil, nil, errors.New(strings.Join(slices.Compact(refused), "; "))
	}
	return out, notes, nil
}

// foreignValueAdvice returns what to type instead if a flag of ours has a value that only another tool takes; "" if it has not.
func foreignValueAdvice(command, flag, typed, value string, args []string) string {
	for _, t := range foreignValues {
		if t.flag == flag && t.value.MatchString(value) && (t.command == "" || t.command == command) {
			h := habit{means: slices.Clone(t.means)}
			if strings.HasPrefix(value, "-") { // the other tool's flag takes no value
				return h.advice(typed, "")
			}
			if per := strings.Index(h.means[0].here, "EACH"); per >= 0 {
				each, _ := strconv.ParseFloat(value, 64)
				h.means[0].here = strings.Replace(h.means[0].here, "EACH", rate(each*float64(connectionsOf(args))), 1)
			}
			return h.advice(typed, value)
		}
	}
	return ""
}

// connectionsOf returns the value of -c in a command line, or 50.
func connectionsOf(args []string) int {
	for i, arg := range args {
		if rest, is := strings.CutPrefix(arg, "-c"); is {
			if rest == "" && i+1 < len(args) {
				rest = args[i+1]
			}
			if n, err := strconv.Atoi(rest); err == nil {
				return n
			}
		}
	}
	return result.DefaultSpec().Connections
}

func find(among []habit, flag string) *habit {
	for i := range among {
		if among[i].flag == flag {
			return &among[i]
		}
	}
	return nil
}

// advice explains what to type instead of a flag. Of several meanings it gives those that fit the value, or all if none does.
func (h *habit) advice(typed, value string) string {
	means := slices.DeleteFunc(slices.Clone(h.means), func(m meaning) bool { return m.fits != nil && !m.fits.MatchString(value) })
	if len(means) == 0 {
		means = h.means
	}
	if h.takes && value == "" {
		value = "..."
	}
	if value != "" {
		typed += " " + quote(value)
	}
	var texts []string
	for _, m := range means {
		value := value
		if isNumber(value) && strings.Contains(m.here, "-d %") {
			value += "s"
		}
		here, isProse := strings.CutPrefix(m.here, ":")
		if !strings.Contains(here, "%s'") {
			value = quote(value)
		}
		here = strings.ReplaceAll(here, "%s", value)
		if whose := owners(m.whose); isProse {
			texts = append(texts, strings.TrimSpace(whose+typed)+":"+here)
		} else {
			texts = append(texts, fmt.Sprintf("%s%s is %s here", whose, typed, here))
		}
	}
	return strings.Join(texts, ", ")
}

// owners is "hey's and oha's ".
func owners(tools string) string {
	names := strings.Fields(tools)
	for i := range names {
		names[i] += "'s"
	}
	switch last := len(names) - 1; last {
	case -1:
		return ""
	case 0:
		return names[0] + " "
	default:
		return strings.Join(names[:last], ", ") + " and " + names[last] + " "
	}
}

// aLongName matches a long name after one dash that cannot be a letter with its value.
var aLongName = regexp.MustCompile(`^-[a-z]+((-[a-z]+)+(=|$)|[a-z]{2}=)`)

var numeral = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

func isNumber(s string) bool { return numeral.MatchString(s) }

// unknown is the error for a flag that does not exist; it suggests the nearest one.
func unknown(flag string, ours *pflag.FlagSet) string {
	best, distance := "", 3 // with more than two slips it is another word
	ours.VisitAll(func(f *pflag.Flag) {
		if d := editDistance(strings.TrimLeft(flag, "-"), f.Name); d < min(distance, len(f.Name)) && !f.Hidden { // at least one letter must be right
			best, distance = "--"+f.Name, d
		}
	})
	if best == "" || len(flag) <= 2 {
		return flag + " is not a flag here: loadgen --help lists them all"
	}
	return flag + " is not a flag here: did you mean " + best
}

// editDistance is the edit distance of a and b (Levenshtein 1966): insertions, deletions and substitutions.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, substitute)
		}
	}
	return row[len(b)]
}
