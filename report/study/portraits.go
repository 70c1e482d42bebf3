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

// Portraits are those in the folder dir of the run, in the order of its models, and others after them. What cannot be read or is not of the
// model that its name says is left out, and its trial says why, as it does where its file is not there. Undrawn has all that is left out or not there.
// It is called when all trials are there, and before anything is made of them.
func (s *Study) Portraits(dir string) (all []portrait.Portrait, err error) {
	run := os.DirFS(dir)
	list, err := fs.ReadDir(run, result.PortraitsFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	const suffix = ".json.gz"
	why := map[string]string{} // by file; "": it is drawn
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
			said, is := why[p.File]
			switch {
			case !is:
				said = fmt.Sprintf("there is no %s", p.File)
			case said == "" && p.File != path.Join(result.PortraitsFolder, t.Cell.Model+suffix):
				said = fmt.Sprintf("%s is not of %s", p.File, t.Cell.Model)
			}
			if said != "" {
				p.File, p.Lacks = "", said
			}
		}
		said := t.Cell.Model + ": " + p.Lacks
		if p.Lacks != "" && !slices.Contains(s.Undrawn, p.Lacks) && !slices.Contains(s.Undrawn, said) {
			s.Undrawn = append(s.Undrawn, said)
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
