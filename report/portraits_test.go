package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/portrait"
	"carousel/internal/result"
	"carousel/internal/traceevent"
	"carousel/report/words"
)

// portray writes a synthetic portrait into the run folder dir: two clients send one request each, and the second waits for the first. label is the
// name of the lane and of everything that happens in it.
func portray(t *testing.T, dir, name, model, label string) {
	t.Helper()
	const ms = 1_000_000
	f := &traceevent.File{
		Other:     map[string]any{"model": model, "command": label, "processors": 2.0, "monotonic_ns": 0.0},
		Processes: map[int]string{1: "servers"}, Lanes: map[int]traceevent.Event{},
	}
	lane := func(tid int, name string, args map[string]any) {
		args["name"] = name
		f.Lanes[tid] = traceevent.Event{Phase: 'M', Name: name, PID: 1, TID: tid, Args: args}
	}
	slice := func(tid int, category, name string, from, to int64, args map[string]any) {
		f.Events = append(f.Events, traceevent.Event{Phase: traceevent.Slice, Name: name, Category: category, At: from * ms, Length: (to - from) * ms, PID: 1, TID: tid, Args: args})
	}
	lane(1, label, map[string]any{})
	play := &portrait.Play{}
	for i := range 2 {
		n, tid, from := i+1, 1001+i, int64(10+20*i)
		lane(tid, fmt.Sprintf("client %d", n), map[string]any{"peer": fmt.Sprintf("127.0.0.1:%d", 41001+i)})
		slice(1, "turn", fmt.Sprintf("client %d", n), from, from+20, map[string]any{"why": label, "client": float64(n)})
		slice(tid, "wait", label, 1, from, map[string]any{"kind": "read"})
		slice(tid, "turn", "its turn", from, from+20, map[string]any{"lane": label})
		f.Events = append(f.Events, traceevent.Event{Phase: traceevent.Instant, Name: label, Category: "say", At: (from + 1) * ms, PID: 1, TID: 1})
		at := func(n int64) time.Duration { return time.Duration(n * ms) }
		play.Clients = append(play.Clients, portrait.Played{Client: n, Port: 41001 + i, Events: []portrait.Event{
			{Kind: "connect", From: at(0), To: at(1)}, {Kind: "request", From: at(5), To: at(from + 20), Path: "/sleep/20ms", Status: 200},
		}})
	}
	if err := portrait.Join(f, play); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := portrait.Write(z, f); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, dir, name, b.Bytes())
}

// damage writes text to the file of a portrait.
func damage(t *testing.T, dir, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "portraits"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "portraits", name+".json.gz"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A run with portraits has a picture of each, one of all, and the page. The README shows them in the order of the models. Files that are no portraits
// are left out.
func TestPortraits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	v := newInvention(1, "blocking", "select", "epoll")
	v.round(1)
	v.write(t, dir, v.record())
	for _, model := range []string{"epoll", "blocking", "select"} {
		portray(t, dir, model, model, "loop of "+model)
	}
	portray(t, dir, "a guest", "a guest", "loop")
	portray(t, dir, "pool", "blocking", "loop")
	damage(t, dir, "cut", []byte("\x1f\x8b"))
	damage(t, dir, "forged", []byte("no gzip"))
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if n := strings.Count(stderr.String(), "left out: "); n != 3 || !strings.Contains(stderr.String(), "forged.json.gz") {
		t.Errorf("%d files are left out, want 3: %s", n, &stderr)
	}
	written := files(t, dir)
	picturesAreWhole(t, written)
	readme, at := string(written["README.md"]), 0
	for _, name := range []string{"report.html", "portraits.png", "portrait-blocking.png", "portrait-select.png", "portrait-epoll.png", "portrait-a-guest.png"} {
		next := strings.Index(readme, "("+name+")")
		if written[name] == nil || next < at {
			t.Errorf("%s has %d bytes and stands at %d of the README, the one before it at %d", name, len(written[name]), next, at)
		}
		at = next
	}
	if want := "![blocking: 2 clients done in 50\u00a0ms. "; !strings.Contains(readme, want) {
		t.Errorf("the README does not say %q", want)
	}
	if want := "3 portraits not drawn: portraits/cut.json.gz: "; !strings.Contains(strings.ReplaceAll(readme, `\`, ""), want) {
		t.Errorf("its warnings do not say %q", want)
	}
	page := string(written["report.html"])
	for _, want := range []string{"loop of select", `id="player"`, "<noscript>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	writesTheSameAgain(t, dir, written, stdout.Bytes())
}

// A run without portraits has no player, and its README does not mention portraits.
func TestNoPortraits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	v := newInvention(1, "blocking", "epoll")
	v.round(1)
	v.write(t, dir, v.record())
	if err := os.Mkdir(filepath.Join(dir, "portraits"), 0o755); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if err := os.Remove(filepath.Join(dir, "portraits")); err != nil {
		t.Fatal(err)
	}
	written := files(t, dir)
	for _, name := range slices.Sorted(maps.Keys(written)) {
		if strings.HasPrefix(name, "portrait") {
			t.Errorf("there is %s", name)
		}
	}
	if strings.Contains(string(written["README.md"]), words.PortraitsIntro) {
		t.Error("the README speaks of portraits that are not there")
	}
	if strings.Contains(string(written[words.PageFile]), `id="player"`) {
		t.Error("the page has a player that has nothing to play")
	}
}

// The report of a run of portraits alone says that they are played once, however many rounds the plan has. It warns of portraits that are not drawn and
// names the first five.
func TestPortraitsAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	v := newInvention(6, "blocking", "epoll")
	for _, model := range []string{"blocking", "epoll", "select", "poll", "thread", "pool", "uring"} {
		v.add(1, result.Cell{Model: model, Scenario: "portrait", Connections: 8, Placement: result.Shared}, func(t *result.Trial) {
			t.Portrait = &result.Portrait{Requests: 40, Answered: 40, EndNS: 2e8, File: "portraits/" + model + ".json.gz"}
		})
	}
	v.write(t, dir, v.record())
	portray(t, dir, "epoll", "epoll", "loop")
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if !strings.Contains(stderr.String(), "and 1 picture beside it") {
		t.Errorf("it says %q", &stderr)
	}
	readme := string(files(t, dir)["README.md"])
	for _, want := range []string{"**8 connections: shared, 2 processors, played once.**", "6 portraits not drawn: blocking: there is no ", "; and 1 more. Play them again: "} {
		if !strings.Contains(readme, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
	for row := range strings.Lines(readme) {
		if strings.HasPrefix(row, "| rounds ") && !strings.Contains(row, "| played once ") {
			t.Errorf("the environment says %q", row)
		}
	}
}

// Pictures of portraits that no longer exist, and the old page that played them, are removed; all other files in the folder stay.
func TestOldPortraits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	v := newInvention(1, "blocking", "epoll")
	v.round(1)
	v.write(t, dir, v.record())
	portray(t, dir, "blocking", "blocking", "loop")
	portray(t, dir, "epoll", "epoll", "loop")
	const mine = "portrait-of-mine.jpg"
	for _, name := range []string{mine, oldPage} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("a file"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range [][]string{
		{"portrait-blocking.png", "portrait-epoll.png", mine, "portraits.png"},
		{"portrait-epoll.png", mine},
		{mine},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(&stdout, &stderr, []string{dir}); code != 0 {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		got := slices.DeleteFunc(slices.Sorted(maps.Keys(files(t, dir))), func(name string) bool { return !strings.HasPrefix(name, "portrait") })
		if !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
		for _, model := range []string{"blocking", "epoll"} {
			if err := os.Remove(filepath.Join(dir, "portraits", model+".json.gz")); err == nil {
				break
			}
		}
		os.Remove(filepath.Join(dir, "portraits"))
	}
}
