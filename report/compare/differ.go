package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"carousel/internal/units"
	"carousel/report/study"
)

// Difference is something that the two runs do not have in common, beside their figures. An empty value is one that a run does not have.
type Difference struct {
	Kind string `json:"kind"` // one of the kinds below
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// Kinds of Difference, in the order in which they are listed.
const (
	Plan        = "plan"        // what was measured: such runs are not compared
	Program     = "program"     // what may have changed the figures on purpose: programs, versions, commands of servers
	Models      = "models"      // which models were measured
	Environment = "environment" // the machine
	Trials      = "trials"      // how much was measured
)

// Refused lists the differences for which two runs are not compared.
func Refused(a, b Input) []Difference {
	fieldsA, _ := fields(a.Plan)
	fieldsB, _ := fields(b.Plan)
	if a.Plan == "" || b.Plan == "" {
		fieldsA, fieldsB = known(a.Study), known(b.Study)
	}
	var list []Difference
	for _, d := range diff(Plan, fieldsA, fieldsB) {
		scenario, field, _ := strings.Cut(d.What, " ")
		if field == "" || fieldsA[scenario] == fieldsB[scenario] { // of a scenario that one run lacks its name suffices
			list = append(list, d)
		}
	}
	for _, d := range diff(Plan, paths(a.Study), paths(b.Study)) {
		if d.A != "" && d.B != "" {
			list = append(list, d)
		}
	}
	inA := func(c *study.Cell) bool {
		return slices.ContainsFunc(a.Cells, func(o *study.Cell) bool { return o.Key == c.Key })
	}
	if len(list) == 0 && !slices.ContainsFunc(b.Cells, inA) {
		list = append(list, Difference{Plan, "cells", units.Plural(len(a.Cells), "cell"), units.Count(len(b.Cells)) + " others"})
	}
	return list
}

// measuredIn is the field of a scenario by its name alone.
const measuredIn = "measured"

// free are the fields of a plan that may differ: how much is measured, and of which servers.
var free = []string{"rounds", "budget", "cycles", "every", "models", "shared_models"}

// fields returns what a plan measures, which two runs must have in common, by scenario and name ("hello window"), and the servers of the
// user's own, which may be what changed. The text is as bench writes it.
func fields(plan string) (measured, servers map[string]string) {
	measured, servers = map[string]string{}, map[string]string{}
	section, item := "", ""
	for line := range strings.Lines(plan) {
		text, begins := strings.CutPrefix(strings.TrimSpace(line), "- ")
		name, value, ok := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		into := measured
		if section == "servers" {
			into = servers
		}
		switch nested := begins || strings.HasPrefix(line, " "); {
		case !ok || strings.HasPrefix(text, "#"):
		case !nested && value == "":
			section = name
		case begins:
			item = value
			into[item] = measuredIn
		case slices.Contains(free, name):
		case nested:
			into[item+" "+name] = value
		default:
			measured[name] = value
		}
	}
	return measured, servers
}

// known is what run.json has of a plan.
func known(s *study.Study) map[string]string {
	return map[string]string{"warmup": units.Duration(float64(s.Run.WarmupNS)), "window": units.Duration(float64(s.Run.WindowNS))}
}

// paths are those of the requests, by cell; a server of the user's own may have one of its own.
func paths(s *study.Study) map[string]string {
	all := map[string]string{}
	for _, c := range s.Cells {
		for _, m := range slices.Concat(c.Models, c.Others) {
			for _, t := range m.Trials {
				name := c.Key.Name()
				if t.Guest {
					name = m.Name + " in " + name
				}
				if t.Path != "" {
					all["path of "+name] = t.Path
				}
			}
		}
	}
	return all
}

// differences are all but those of the plan.
func differences(a, b Input) (list []Difference) {
	_, serversA := fields(a.Plan)
	_, serversB := fields(b.Plan)
	list = append(diff(Program, programs(a.Study), programs(b.Study)), diff(Program, serversA, serversB)...)
	modelsA, modelsB := a.Models(), b.Models()
	less := func(of, from []string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(of), func(m string) bool { return slices.Contains(from, m) }), " ")
	}
	if onlyA, onlyB := less(modelsA, modelsB), less(modelsB, modelsA); onlyA != "" || onlyB != "" {
		list = append(list, Difference{Models, "only in one", onlyA, onlyB})
	}
	list = append(list, diff(Environment, machine(a.Study), machine(b.Study))...)
	if n := sharedTrials(a.Study, b.Study); n > 0 && (n < len(a.Trials) || n < len(b.Trials)) {
		list = append(list, Difference{Trials, "in both runs", units.Plural(n, "trial"), units.Plural(n, "trial")})
	}
	list = append(list, diff(Trials, map[string]string{"rounds": fmt.Sprint(a.Rounds)}, map[string]string{"rounds": fmt.Sprint(b.Rounds)})...)
	return list
}

// diff lists what differs between two maps, by name.
func diff(kind string, a, b map[string]string) (list []Difference) {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a[name] != b[name] {
			list = append(list, Difference{kind, name, a[name], b[name]})
		}
	}
	return list
}

// programPrefix begins the facts of an environment that are about programs, as the facts in commits are: by these a change may be meant.
const programPrefix = "program_"

var commits = []string{"commit", "dirty"}

func programs(s *study.Study) map[string]string {
	all := map[string]string{}
	for key, value := range s.Run.Environment {
		if name, is := strings.CutPrefix(key, programPrefix); is || slices.Contains(commits, key) {
			all[name] = value
		}
	}
	return all
}

// machine are the other facts of an environment, without that which changes by the minute.
func machine(s *study.Study) map[string]string {
	all := maps.Clone(s.Run.Environment)
	maps.DeleteFunc(all, func(key, _ string) bool {
		return strings.HasPrefix(key, programPrefix) || slices.Contains(commits, key) || key == "load_average"
	})
	return all
}

// sharedTrials returns how many trials of b are trials of a, as those of a run that was copied and went on are.
func sharedTrials(a, b *study.Study) (n int) {
	type name struct {
		study.Key
		model   string
		control bool
		round   int
		started int64
	}
	of := func(t *study.Trial) name {
		return name{t.Key(), t.Cell.Model, t.Cell.Control, t.Round, t.Started.UnixNano()}
	}
	inA := map[name]bool{}
	for _, t := range a.Trials {
		inA[of(t)] = true
	}
	for _, t := range b.Trials {
		if inA[of(t)] {
			n++
		}
	}
	return n
}
