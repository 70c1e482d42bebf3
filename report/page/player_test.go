package page

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"carousel/internal/portrait/portraittest"
)

// TestPlayer drives the player by its keys, its buttons, its slider, its address and its selects.
func TestPlayer(t *testing.T) {
	v := browse(t, written(t, alone(), portraittest.All()), "#blocking,epoll,13.7ms", nil)
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
	words := v.text("#right .trace .now")
	if words == "" || !strings.Contains(words, lines[0].Who[:6]) {
		t.Errorf("the words at this step: %q", words)
	}

	if last := v.eval("Math.max(...[...document.querySelectorAll('.trace li')].map(l => parseFloat(l.textContent)))"); last > "13.700" || len(last) < 4 {
		t.Errorf("at 13.7 ms it shows a line of %s ms", last)
	}

	v.press(kb.ArrowRight)
	v.until("document.getElementById('time').textContent !== '13.700 ms'")
	forward := v.now()
	if other := v.text("#right .trace .now"); other == words {
		t.Errorf("a step forward, to %s, and the words are still %q", forward, other)
	}
	if hash := v.eval("location.hash"); hash != "#blocking,epoll,"+strings.TrimRight(strings.Split(forward, " ")[0], "0")+"ms" {
		t.Errorf("the page shows %s, the address says %s", forward, hash)
	}
	v.press(kb.ArrowLeft)
	v.until("document.getElementById('time').textContent !== '" + forward + "'")
	v.run(chromedp.Click(chromedp.ID("forward")))
	v.until("document.getElementById('time').textContent === '" + forward + "'")
	v.run(chromedp.Click(chromedp.ID("back")))
	v.until("document.getElementById('time').textContent !== '" + forward + "'")
	v.press(kb.End)
	v.until("document.getElementById('slider').value === document.getElementById('slider').max")
	v.press(kb.Home)
	v.until("document.getElementById('time').textContent === '0.000 ms'")

	v.eval("document.getElementById('player').focus()")
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
	v.press(kb.ArrowRight) // of a server without lines, too
	v.until("document.getElementById('time').textContent !== '50.000 ms'")
	v.choose("window", "5", "change")
	v.until("document.querySelector('#right .lanes .tick').textContent !== '0 ms'")
	v.eval("location.hash = '#nobody,%zz,-5ms'") // what is not there leaves what was
	v.until("document.getElementById('right-model').value === 'prefork' && document.getElementById('time').textContent === '0.000 ms'")
}

// A single model has one side, and the address names the model and the instant.
func TestPlayerOfOne(t *testing.T) {
	v := browse(t, written(t, alone(), portraittest.All()[:1]), "#epoll,13.7ms", nil)
	v.until("!document.getElementById('player').hidden")
	if now := v.now(); now != "13.700 ms" {
		t.Errorf("the address says 13.7ms, the page %q", now)
	}
	if n := v.eval("document.querySelectorAll('.lanes').length"); n != "1" {
		t.Errorf("the lanes are there %s times", n)
	}
	if title := v.text("#player h3"); !strings.Contains(title, "One model") {
		t.Errorf("it is headed %q", title)
	}
	v.press(kb.Home)
	v.until("document.getElementById('time').textContent === '0.000 ms' && location.hash === '#epoll,0ms'")
	if lines := v.eval("document.querySelectorAll('.trace li').length"); lines != "0" {
		t.Errorf("before anything is said there are %s lines", lines)
	}
}

// With reduced motion a portrait plays step by step.
func TestPlayerReducesMotion(t *testing.T) {
	v := browse(t, written(t, alone(), portraittest.All()), "#blocking,epoll,0ms", nil)
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	v.press(kb.ArrowRight)
	v.until("document.getElementById('time').textContent !== '0.000 ms'")
	step := v.now()
	v.press(kb.Home)
	v.eval("window.seen = [], new MutationObserver(() => seen.push(document.getElementById('time').textContent)).observe(document.getElementById('time'), { childList: true })")
	v.run(chromedp.Click(chromedp.ID("play")))
	v.until("seen.length > 0")
	v.is("seen[0]", step)
}
