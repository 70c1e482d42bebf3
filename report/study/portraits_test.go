package study

import (
	"compress/gzip"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carousel/internal/portrait"
	"carousel/internal/result"
	"carousel/internal/traceevent"
)

// The trial of a missing or broken portrait gives the reason; the others come in the order of the models.
func TestPortraits(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "portraits"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, model string, torn bool) {
		f := &traceevent.File{Other: map[string]any{"model": model, "monotonic_ns": 0.0}, Processes: map[int]string{}, Lanes: map[int]traceevent.Event{}}
		if err := portrait.Join(f, &portrait.Play{Clients: []portrait.Played{{Client: 1, Events: []portrait.Event{{Kind: "request", To: 5, Path: "/", Status: 200}}}}}); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(filepath.Join(dir, "portraits", name+".json.gz"))
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(file)
		if err := portrait.Write(z, f); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if torn {
			file.Truncate(40)
		}
		file.Close()
	}
	write("epoll", "epoll", false)
	write("a guest", "a guest", false)
	write("blocking", "blocking", false)
	write("torn", "torn", true)
	write("pool", "blocking", false)
	var trials []result.Trial
	for i, model := range []string{"blocking", "epoll", "torn", "gone", "none", "pool", "thread"} {
		p := &result.Portrait{Requests: 1, File: "portraits/" + model + ".json.gz"}
		if model == "none" {
			p.File, p.Lacks = "", "it wrote none"
		}
		trials = append(trials, result.Trial{Schema: result.Schema, Round: 1, Order: i + 1, Cell: result.Cell{Model: model, Scenario: "portrait", Connections: 8, Placement: result.Shared}, Portrait: p})
	}
	trials[0].Portrait.File = "../outside.json.gz"
	trials[6].Portrait.File = "portraits/epoll.json.gz"
	s := New(result.Run{Models: []string{"blocking", "epoll", "torn", "gone", "none"}}, trials, nil)
	all, err := s.Portraits(dir)
	if err != nil {
		t.Fatal(err)
	}
	var models []string
	for _, p := range all {
		models = append(models, p.Model)
	}
	if want := []string{"blocking", "epoll", "a guest"}; !slices.Equal(models, want) {
		t.Errorf("drawn are %q, want %q", models, want)
	}
	const other = `portraits/pool.json.gz: it is of model "blocking"`
	undrawn := []string{other, s.Undrawn[min(1, len(s.Undrawn)-1)], "blocking: there is no ../outside.json.gz", "gone: there is no portraits/gone.json.gz", "none: it wrote none", "thread: portraits/epoll.json.gz is not of thread"}
	torn := undrawn[1]
	if !slices.Equal(s.Undrawn, undrawn) || !strings.HasPrefix(torn, "portraits/torn.json.gz: ") {
		t.Errorf("not drawn are %q, want %q", s.Undrawn, undrawn)
	}
	want := map[string]string{"blocking": "there is no ../outside.json.gz", "epoll": "", "torn": torn, "pool": other, "thread": "portraits/epoll.json.gz is not of thread", "gone": "there is no portraits/gone.json.gz", "none": "it wrote none"}
	got := map[string]string{}
	for _, t := range s.Trials {
		got[t.Cell.Model] = t.Portrait.Lacks
	}
	if !maps.Equal(got, want) {
		t.Errorf("the trials say %q, want %q", got, want)
	}
	for _, trial := range trials {
		if trial.Portrait.File == "" && trial.Cell.Model != "none" {
			t.Errorf("the record of %s was changed", trial.Cell.Model)
		}
	}
	if all, err := s.Portraits(t.TempDir()); len(all) > 0 || err != nil {
		t.Errorf("of a run without the folder: %v, %v", all, err)
	}
}
