package study

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"carousel/internal/portrait"
	"carousel/internal/result"
)

// Portraits reads the portraits in the run's folder dir, in the order of the run's models, others last. A file that cannot be read, or is of
// another model than its name says, is left out. For those and for missing files it writes the reason into the trial's Portrait and into Undrawn,
// so call it after End and before findings are made.
func (s *Study) Portraits(dir string) (all []portrait.Portrait, err error) {
	run := os.DirFS(dir)
	list, err := fs.ReadDir(run, result.PortraitsFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	const suffix = ".json.gz"
	why := map[string]string{} // why it is left out, by file; "": it is drawn
	for _, entry := range list {
		file := path.Join(result.PortraitsFolder, entry.Name())
		if !strings.HasSuffix(file, suffix) {
			continue
		}
		var p portrait.Portrait
		trace, err := portrait.ReadTraceFS(run, file)
		if err == nil {
			p, err = portrait.FromTrace(trace)
		}
		if err == nil && entry.Name() != p.Model+suffix {
			err = fmt.Errorf("%s: it is of model %q", file, p.Model)
		}
		if err != nil {
			why[file] = err.Error()
			s.Undrawn = append(s.Undrawn, err.Error())
			continue
		}
		why[file] = ""
		all = append(all, p)
	}
	for _, t := range s.Trials {
		p := t.Portrait
		if p == nil {
			continue
		}
		if p.File != "" {
			reason, found := why[p.File]
			switch {
			case !found:
				reason = fmt.Sprintf("there is no %s", p.File)
			case reason == "" && p.File != path.Join(result.PortraitsFolder, t.Cell.Model+suffix):
				reason = fmt.Sprintf("%s is not of %s", p.File, t.Cell.Model)
			}
			if reason != "" {
				p.File, p.Lacks = "", reason
			}
		}
		line := t.Cell.Model + ": " + p.Lacks
		if p.Lacks != "" && !slices.Contains(s.Undrawn, p.Lacks) && !slices.Contains(s.Undrawn, line) {
			s.Undrawn = append(s.Undrawn, line)
		}
	}
	models := s.Models()
	place := func(p portrait.Portrait) int {
		if at := slices.Index(models, p.Model); at >= 0 {
			return at
		}
		return len(models)
	}
	slices.SortStableFunc(all, func(a, b portrait.Portrait) int {
		return cmp.Or(place(a)-place(b), strings.Compare(a.Model, b.Model))
	})
	return all, nil
}
