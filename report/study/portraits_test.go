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

// The trial of a portrait that is missing or broken says so; those that are there come in the order of the models.
func TestPortraits(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "portraits"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(model string, torn bool) {
		f := &traceevent.File{Other: map[string]any{"model": model, "monotonic_ns": 0.0}, Processes: map[int]string{}, Lanes: map[int]traceevent.Event{}}
		if err := portrait.Join(f, &portrait.Play{Clients: []portrait.Played{{Client: 1, Events: []portrait.Event{{Kind: "request", To: 5, Path: "/", Status: 200}}}}}); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(filepath.Join(dir, "portraits", model+".json.gz"))
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
	write("epoll", false)
	write("a guest", false)
	write("blocking", false)
	write("torn", true)
	var trials []result.Trial
	for i, model := range []string{"blocking", "epoll", "torn", "gone", "none"} {
		p := &result.Portrait{Requests: 1, File: "portraits/" + model + ".json.gz"}
		if model == "none" {
			p.File, p.Lacks = "", "it wrote none"
		}
		trials = append(trials, result.Trial{Schema: result.Schema, Round: 1, Order: i + 1, Cell: result.Cell{Model: model, Scenario: "portrait", Connections: 8, Placement: result.Shared}, Portrait: p})
	}
	trials[0].Portrait.File = "../outside.json.gz"
	s := New(result.Run{Models: []string{"blocking", "epoll", "torn", "gone", "none"}}, trials, nil)
	all, left, err := s.Portraits(dir)
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
	if len(left) != 1 || !strings.HasPrefix(left[0], "portraits/torn.json.gz: ") {
		t.Errorf("left out: %q", left)
	}
	want := map[string]string{"blocking": "there is no ../outside.json.gz", "epoll": "", "torn": left[0], "gone": "there is no portraits/gone.json.gz", "none": "it wrote none"}
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
	if all, left, err := s.Portraits(t.TempDir()); len(all)+len(left) > 0 || err != nil {
		t.Errorf("of a run without the folder: %v, %q, %v", all, left, err)
	}
}
