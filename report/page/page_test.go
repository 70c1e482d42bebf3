package page

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"carousel/internal/browsertest"
	"carousel/internal/portrait"
	"carousel/internal/portrait/portraittest"
	"carousel/report/draw"
)

const patience = 2 * time.Minute

// written is a folder with the page and its still pictures.
func written(t *testing.T, all []portrait.Portrait) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files, err := draw.Portraits(all)
	if err != nil {
		t.Fatal(err)
	}
	if files["portraits.html"], err = Of(all); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// address is that of a folder.
func address(dir string) string {
	return "file:///" + strings.TrimPrefix(filepath.ToSlash(dir), "/") + "/"
}

// visit is a page in a browser, with what it complained of and asked for.
type visit struct {
	t   *testing.T
	ctx context.Context

	mu           sync.Mutex
	errors, asks []string
}

// browse opens the page in folder dir at a fragment, after what is done before.
func browse(t *testing.T, dir, fragment string, before func(context.Context) error) *visit {
	t.Helper()
	ctx := browsertest.Open(t)
	v := &visit{t: t, ctx: ctx}
	err := chromedp.Listen(ctx, func(event any) {
		v.mu.Lock()
		defer v.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			v.errors = append(v.errors, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			v.errors = append(v.errors, "console."+string(e.Type))
		case *log.EventEntryAdded:
			v.errors = append(v.errors, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			v.asks = append(v.asks, e.Request.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if before != nil {
		if err := before(ctx); err != nil {
			t.Fatal(err)
		}
	}
	v.run(chromedp.Navigate(address(dir) + "portraits.html" + fragment))
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, e := range v.errors {
			t.Errorf("the page complains: %s", e)
		}
		for _, url := range v.asks {
			if !strings.HasPrefix(url, address(dir)) {
				t.Errorf("the page asks for %s", url)
			}
		}
		if len(v.asks) == 0 {
			t.Error("not even the page itself was asked for: requests are not seen")
		}
	})
	return v
}

func (v *visit) run(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// press presses a key where the focus is.
func (v *visit) press(key string) {
	v.t.Helper()
	v.run(chromedp.KeyEvent(key))
}

// until waits for an expression to be true.
func (v *visit) until(expression string) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience/4))); err != nil {
		v.t.Fatalf("%s: %v; the page says %q and is at %s", expression, err, v.text("#live"), v.eval("location.hash"))
	}
}

func (v *visit) eval(expression string) string {
	v.t.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
	return text
}

// choose sets a field of the form, as a reader does.
func (v *visit) choose(id, value, event string) {
	v.t.Helper()
	v.eval("(e => { e.value = '" + value + "'; e.dispatchEvent(new Event('" + event + "')) })(document.getElementById('" + id + "'))")
}

func (v *visit) text(selector string) string {
	return v.eval("document.querySelector('" + selector + "').textContent")
}

// now is the instant that the page shows.
func (v *visit) now() string { return v.text("#time") }

// TestPage drives the page by its keys, its buttons, its slider, its address and its selects.
func TestPage(t *testing.T) {
	v := browse(t, written(t, portraittest.All()), "#blocking,epoll,13.7ms", nil)
	v.until("!document.getElementById('player').hidden")
	if now := v.now(); now != "13.700 ms" {
		t.Errorf("the address says 13.7ms, the page %q", now)
	}
	for side, model := range map[string]string{"left": "blocking", "right": "epoll"} {
		if got := v.eval("document.getElementById('" + side + "-model').value"); got != model {
			t.Errorf("%s is %q", side, got)
		}
	}
	if label := v.eval("document.querySelector('#right .lanes').getAttribute('aria-label')"); !strings.Contains(label, "epoll, 13.700 ms") || !strings.Contains(label, "client 1: silent") || !strings.Contains(label, "loop: client 4: works") {
		t.Errorf("the lanes are %q", label)
	}
	lines := portraittest.Loop().Lines
	words := v.text("#right .said .now")
	if words == "" || !strings.Contains(words, lines[0].Who[:6]) {
		t.Errorf("the words at this step: %q", words)
	}

	if last := v.eval("Math.max(...[...document.querySelectorAll('.said li')].map(l => parseFloat(l.textContent)))"); last > "13.700" || len(last) < 4 {
		t.Errorf("at 13.7 ms it shows a line of %s ms", last)
	}

	v.press(kb.ArrowRight)
	v.until("document.getElementById('time').textContent !== '13.700 ms'")
	forward := v.now()
	if other := v.text("#right .said .now"); other == words {
		t.Errorf("a step forward, to %s, and the words are still %q", forward, other)
	}
	if hash := v.eval("location.hash"); hash != "#blocking,epoll,"+strings.TrimRight(strings.Split(forward, " ")[0], "0")+"ms" {
		t.Errorf("the page shows %s, the address says %s", forward, hash)
	}
	v.press(kb.ArrowLeft)
	v.until("document.getElementById('time').textContent !== '" + forward + "'")
	v.run(chromedp.Click("#forward"))
	v.until("document.getElementById('time').textContent === '" + forward + "'")
	v.run(chromedp.Click("#back"))
	v.until("document.getElementById('time').textContent !== '" + forward + "'")
	v.press(kb.End)
	v.until("document.getElementById('slider').value === document.getElementById('slider').max")
	v.press(kb.Home)
	v.until("document.getElementById('time').textContent === '0.000 ms'")

	v.eval("document.activeElement.blur()")
	v.press(" ")
	v.until("document.getElementById('play').getAttribute('aria-pressed') === 'true' && document.getElementById('slider').value > 1000")
	v.press(" ")
	v.until("document.getElementById('play').getAttribute('aria-pressed') === 'false' && document.getElementById('live').textContent.startsWith(document.getElementById('time').textContent)")

	v.choose("slider", "100200", "input")
	v.until("document.getElementById('time').textContent === '100.200 ms'")
	v.choose("left-model", "thread", "change")
	v.until("document.querySelector('#left .lanes').getAttribute('aria-label').includes('thread 8') && location.hash === '#thread,epoll,100.2ms'")
	v.eval("location.hash = '#nethttp,prefork,50ms'")
	v.until("document.getElementById('right-model').value === 'prefork' && document.getElementById('time').textContent === '50.000 ms'")
	v.press(kb.ArrowRight) // of a server that tells nothing, too
	v.until("document.getElementById('time').textContent !== '50.000 ms'")
	v.choose("window", "5", "change")
	v.until("document.querySelector('#right .lanes .tick').textContent !== '0 ms'")
	v.eval("location.hash = '#nobody,%zz,-5ms'") // what is not there leaves what was
	v.until("document.getElementById('right-model').value === 'prefork' && document.getElementById('time').textContent === '0.000 ms'")
}

// A model alone has one side, and its address names it and the instant.
func TestPageOfOne(t *testing.T) {
	v := browse(t, written(t, portraittest.All()[:1]), "#epoll,13.7ms", nil)
	v.until("!document.getElementById('player').hidden")
	if now := v.now(); now != "13.700 ms" {
		t.Errorf("the address says 13.7ms, the page %q", now)
	}
	if n := v.eval("document.querySelectorAll('.lanes').length"); n != "1" {
		t.Errorf("the lanes are there %s times", n)
	}
	if title := v.text("h1"); !strings.Contains(title, "one model") {
		t.Errorf("it is headed %q", title)
	}
	v.press(kb.Home)
	v.until("document.getElementById('time').textContent === '0.000 ms' && location.hash === '#epoll,0ms'")
	if lines := v.eval("document.querySelectorAll('.said li').length"); lines != "0" {
		t.Errorf("before anything is said there are %s lines", lines)
	}
}

// The page fits screens of every width, in both themes, and nothing in it is wider than it.
func TestPageFits(t *testing.T) {
	dir := written(t, portraittest.All())
	v := browse(t, dir, "#thread,epoll,40ms", nil)
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

// Without scripts the page says what it needs and shows the still pictures.
func TestPageWithoutScripts(t *testing.T) {
	all := portraittest.All()
	v := browse(t, written(t, all), "", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	if needs := v.text(".needs"); !strings.Contains(needs, "needs JavaScript") {
		t.Errorf("it says %q", needs)
	}
	v.eval("document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })")
	v.until("[...document.querySelectorAll('img')].filter(i => i.naturalWidth === 1440 && i.alt).length === 5")
	if hidden := v.eval("getComputedStyle(document.getElementById('player')).display"); hidden != "none" {
		t.Errorf("the player is %s", hidden)
	}
}

// The same portraits give the same page, whatever their number; it is small.
func TestOf(t *testing.T) {
	for name, all := range map[string][]portrait.Portrait{"all": portraittest.All(), "one": portraittest.All()[:1], "nothing in it": {{}}} {
		a, err := Of(all)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Of(all)
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: again it is another (%v)", name, err)
		}
		if len(a) > 100<<10 {
			t.Errorf("%s: %d bytes", name, len(a))
		}
	}
	if _, err := Of(nil); err == nil {
		t.Error("a page of nothing")
	}
}
