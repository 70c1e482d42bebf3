package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"carousel/internal/portrait"
	"carousel/internal/portrait/portraittest"
	"carousel/internal/result"
	"carousel/report/findings"
	"carousel/report/findings/findingstest"
	"carousel/report/study"
	"carousel/report/text"
	"carousel/report/words"
)

// The page fits screens of every width, in both themes: nothing is wider than the screen.
func TestPageFits(t *testing.T) {
	dir := written(t, findingstest.Whole(findingstest.Nine...), portraittest.All())
	v := browse(t, dir, "#play=thread,epoll,40ms&cell=64-split", nil)
	for _, theme := range []string{"light", "dark"} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}
		if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatal(err)
		}
		paper := v.eval("getComputedStyle(document.body).backgroundColor")
		if (paper == "rgb(255, 255, 255)") != (theme == "light") {
			t.Errorf("%s: the paper is %s", theme, paper)
		}
		grey := func(class string) (n int) { // how light it is, of 255
			var r, g, b int
			fill := v.eval("getComputedStyle(document.querySelector('#legend ." + class + "')).fill")
			if _, err := fmt.Sscanf(fill, "rgb(%d, %d, %d)", &r, &g, &b); err != nil {
				t.Fatalf("%s: %s is %q: %v", theme, class, fill, err)
			}
			return (299*r + 587*g + 114*b) / 1000
		}
		if a, b := grey("turn"), grey("behind"); max(a-b, b-a) < 70 {
			t.Errorf("%s: without colour a turn is as light (%d) as a wait (%d)", theme, a, b)
		}
		for _, width := range []int64{360, 800, 1600} {
			v.run(chromedp.EmulateViewport(width, 900))
			v.until("document.querySelector('#left .lanes').getAttribute('viewBox').split(' ')[2] === String(document.querySelector('#left .lanes').clientWidth)")
			if over := v.eval("document.documentElement.scrollWidth - innerWidth"); over != "0" {
				t.Errorf("at %d the page is %s pixels wider than the screen", width, over)
			}
			if shot := os.Getenv("SHOTS"); shot != "" {
				png, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(shot, theme+"-"+v.eval("innerWidth")+".png"), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// Without scripts the page shows every table, and says what scripts add.
func TestPageWithoutScripts(t *testing.T) {
	f := findingstest.Whole(findingstest.Nine...)
	v := browse(t, written(t, f, portraittest.All()), "", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	if needs := v.text(".needs"); !strings.Contains(needs, "JavaScript is switched off") {
		t.Errorf("it says %q", needs)
	}
	if n := v.eval("[...document.querySelectorAll('table')].filter(t => t.getClientRects().length && t.rows.length > 1).length"); n != fmt.Sprint(tables(f)) {
		t.Errorf("%s tables are shown, of %d", n, tables(f))
	}
	if n := v.eval("[...document.querySelectorAll('.script')].filter(e => e.getClientRects().length).length"); n != "0" {
		t.Errorf("%s parts are shown that do nothing without scripts", n)
	}
	if text := v.text("#portraits noscript"); !strings.Contains(text, "epoll: ") {
		t.Errorf("of the portraits it says %q", text)
	}
}

// tables is how many tables a report of f has.
func tables(f *findings.Findings) (n int) {
	for _, s := range text.Of(f, nil, nil).Sections {
		blocks := slices.Concat(s.Blocks, s.After)
		for _, p := range s.Parts {
			blocks = append(blocks, p.Blocks...)
		}
		for _, b := range blocks {
			if b.Table != nil {
				n++
			}
		}
	}
	return n
}

// The same run gives the same page, whatever it holds; it is small.
func TestOf(t *testing.T) {
	const most = 1_000_000 // bytes
	seventeen := append([]string{"thread", "pool", "prefork", "poll", "reactors", "uring", "fasthttp", "gnet"}, findingstest.Nine...)
	for name, run := range map[string]struct {
		f   *findings.Findings
		all []portrait.Portrait
	}{
		"portraits": {alone(), portraittest.All()}, "one": {alone(), portraittest.All()[:1]}, "nothing in it": {alone(), []portrait.Portrait{{}}},
		"nothing": {alone(), nil}, "interrupted": {findingstest.Interrupted("epoll", "goroutine"), nil},
		"whole": {findingstest.Whole(seventeen...), portraittest.All()}, "all that is kept": {keptFindings(t), keptPortraits(t)},
	} {
		a, err := Of(run.f, run.all, "plan")
		if err != nil {
			t.Fatal(err)
		}
		b, err := Of(run.f, run.all, "plan")
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: again it is another (%v)", name, err)
		}
		t.Logf("%s: %d bytes", name, len(a))
		if len(a) >= most {
			t.Errorf("%s: %d bytes", name, len(a))
		}
	}
	for _, kept := range []string{"reference", "portraits"} {
		info, err := os.Stat(filepath.Join("..", "..", "results", kept, words.PageFile))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() >= most {
			t.Errorf("%s: %d bytes", kept, info.Size())
		}
	}
}

// keptFindings returns the findings of the kept run: seventeen models in fifteen scenarios.
func keptFindings(t *testing.T) *findings.Findings {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "results", "reference", findings.File))
	if err != nil {
		t.Fatal(err)
	}
	f := new(findings.Findings)
	if err := json.Unmarshal(text, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// keptPortraits returns the kept portraits, of seventeen models.
func keptPortraits(t *testing.T) []portrait.Portrait {
	t.Helper()
	dir := filepath.Join("..", "..", "results", "portraits")
	r, err := result.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := study.Begin(*r)
	flaws, err := result.Each(dir, study.Unpack, s.Add)
	if err != nil {
		t.Fatal(err)
	}
	s.End(flaws)
	all, err := s.Portraits(dir)
	if err != nil || len(all) < 17 {
		t.Fatalf("%d portraits: %v", len(all), err)
	}
	return all
}

// Printed, the page has all tables one below another, and no controls.
func TestPrint(t *testing.T) {
	f := findingstest.Whole(findingstest.Nine...)
	v := browse(t, written(t, f, portraittest.All()), "", nil)
	v.until("document.querySelector('#curves canvas')")
	const shown = "filter(e => e.getClientRects().length).length"
	if n := v.eval("[...document.querySelectorAll('table')]." + shown); n == fmt.Sprint(tables(f)) {
		t.Errorf("the screen shows all %s tables", n)
	}
	if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	v.eval("dispatchEvent(new Event('beforeprint'))")
	v.is("[...document.querySelectorAll('table')]."+shown, fmt.Sprint(tables(f)))
	v.is("[...document.querySelectorAll('[role=tab], #player')]."+shown, "0")
	v.is("[...document.querySelectorAll('.situations details')].every(d => d.open)", "true")
}

// Embedded files of others are unchanged: their hashes match.
func TestVendored(t *testing.T) {
	for name, want := range map[string]string{
		"uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uPlot.min.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"uPlot.LICENSE":     "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(read("vendor/"+name)))); got != want {
			t.Errorf("%s has the sum %s, want %s", name, got, want)
		}
	}
}
