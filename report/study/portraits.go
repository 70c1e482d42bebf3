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

// Portraits are those in the folder dir of the run, in the order of its models, and others after them. What cannot be read is left out, and
// its trial says why, as it does where its file is not there. It is called when all trials are there, and before anything is made of them.
func (s *Study) Portraits(dir string) (all []portrait.Portrait, left []string, err error) {
	run := os.DirFS(dir)
	list, err := fs.ReadDir(run, result.PortraitsFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	why := map[string]string{} // by file; "": it is drawn
	for _, entry := range list {
		file := path.Join(result.PortraitsFolder, entry.Name())
		if !strings.HasSuffix(file, ".json.gz") {
			continue
		}
		var p portrait.Portrait
		trace, err := portrait.LoadFrom(run, file)
		if err == nil {
			p, err = portrait.Read(trace)
		}
		if err != nil {
			why[file] = err.Error()
			left = append(left, err.Error())
			continue
		}
		why[file] = ""
		all = append(all, p)
	}
	for _, t := range s.Trials {
		if p := t.Portrait; p != nil && p.File != "" {
			said, is := why[p.File]
			if !is {
				said = fmt.Sprintf("there is no %s", p.File)
			}
			if said != "" {
				p.File, p.Lacks = "", said
			}
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
	return all, left, nil
}
