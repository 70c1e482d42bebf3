package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"carousel/internal/portrait/portraittest"
	"carousel/report/findings/findingstest"
)

// whole opens the page of a run of nine models, with portraits.
func whole(t *testing.T, fragment string) *visit {
	t.Helper()
	v := browse(t, written(t, findingstest.Whole(findingstest.Nine...), portraittest.All()), fragment, nil)
	v.until("document.querySelector('#charts') && !document.querySelector('#charts').hidden")
	return v
}

// click clicks on an element of the page.
func (v *visit) click(selector string) {
	v.t.Helper()
	v.run(chromedp.Click(chromedp.CSS(selector)))
}

// is fails the test if an expression does not have the wanted value.
func (v *visit) is(expression, want string) {
	v.t.Helper()
	if got := v.eval(expression); got != want {
		v.t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

const (
	panels = "[...document.querySelectorAll('.tabs[data-name=scenario] > .panel')].filter(p => !p.hidden).map(p => p.dataset.key).join()"
	cells  = "[...document.querySelectorAll('.panel[data-key=hello] .part')].filter(p => !p.hidden).map(p => p.dataset.key).join()"
	// the column of p99 in the table that is shown, downwards
	tails = "(t => { const i = [...t.tHead.rows[0].cells].findIndex(h => h.textContent === 'p99'); return [...t.tBodies[0].rows].map(r => r.cells[i].textContent).join('; ') })(document.querySelector('.part[data-key=\"64-split\"] table'))"
)

func TestTabs(t *testing.T) {
	v := whole(t, "")
	v.is(panels, "hello")
	v.is(cells, "64-split")
	v.is("location.hash", "")
	v.click(".tabs[data-name=scenario] > [role=tablist] > :nth-child(2)")
	v.is(panels, "cost")
	v.is("location.hash", "#scenario=cost")
	v.press(kb.ArrowLeft)
	v.is(panels, "hello")
	v.is("document.activeElement.textContent", "hello")
	v.press(kb.ArrowLeft) // from the first to the last
	v.is(panels, "expectations")
	v.press(kb.Home)
	v.press(kb.End)
	v.press(kb.ArrowRight)
	v.is(panels, "hello")
	v.is("document.querySelectorAll('.tabs[data-name=scenario] > [role=tablist] > [tabindex=\"0\"]').length", "1")

	v.click(".panel[data-key=hello] [role=tab]")
	v.is(cells, "1-split")
	v.is("location.hash", "#cell=1-split")
	v.eval("history.back()")
	v.until("location.hash === ''")
	v.until("!document.querySelector('.part[data-key=\"64-split\"]').hidden")
	v.eval("history.forward()")
	v.until("location.hash === '#cell=1-split' && !document.querySelector('.part[data-key=\"1-split\"]').hidden")
	v.is("[...document.querySelectorAll('[role=tab]')].every(t => document.getElementById(t.getAttribute('aria-controls')).hidden === (t.getAttribute('aria-selected') === 'false'))", "true")
}

func TestSort(t *testing.T) {
	v := whole(t, "")
	asIs := v.eval(tails)
	const head = ".part[data-key='64-split'] th:has(button[data-test])"
	v.eval("[...document.querySelectorAll('.part[data-key=\"64-split\"] thead button')].find(b => b.textContent === 'p99').dataset.test = 1")
	v.click(head + " button")
	up := v.eval(tails)
	v.is("document.querySelector(\""+head+"\").getAttribute('aria-sort')", "ascending")
	v.is("location.hash", "#sort=p99")
	v.press(kb.Enter) // the heading has the focus
	down := v.eval(tails)
	v.is("document.querySelector(\""+head+"\").getAttribute('aria-sort')", "descending")
	v.is("location.hash", "#sort=-p99")
	v.press(kb.Enter)
	v.is(tails, asIs)
	v.is("document.querySelectorAll('[aria-sort]').length", "0")

	numbers := func(column string) (all []string) {
		for _, cell := range strings.Split(column, "; ") {
			if cell != "–" {
				all = append(all, cell)
			}
		}
		return all
	}
	a, b := numbers(up), numbers(down)
	slices.Reverse(b)
	if up == asIs || len(a) < 8 || !slices.Equal(a, b) || !strings.HasSuffix(up, "–") || !strings.HasSuffix(down, "–") {
		t.Errorf("as it was: %s\nup: %s\ndown: %s", asIs, up, down)
	}
}

// Cells are sorted by their numbers; cells without a number come last.
func TestOrder(t *testing.T) {
	order, _, _ := strings.Cut(read("js/tables.js"), "for (const table")
	v := whole(t, "")
	for _, list := range []string{
		"97.1 (95.7–97.1)|486 (486–493)|6,156 (6,106–6,189)|2 of 64 served|not measured",
		"313\u00a0µs|0.9\u00a0ms|≥ 1.63\u00a0ms|2.1\u00a0s|–|",
		"~ (0.5–0.72)|0.72 (0.70–0.75)|0.91 (0.86–0.95)|same within 2\u00a0%|1.08 (1.04–1.12)|? (1.1–1.3)",
		"-0.5 (-1 to 3)|~0 (-493 to 3,121)|12|2,146 (331 to 2,738)",
		"533–700\u00a0µs|3.55–3.7\u00a0ms|others waited 11 s",
		"<\u00a00.001|0.034|1.5\u00a0%|93\u00a0%|a|bc",
	} {
		// reversed first, so that it has to sort
		if got := v.eval(fmt.Sprintf("(() => { %s\n return %q.split('|').reverse().sort((a, b) => compare(a, b, false)).join('|') })()", order, list)); got != list {
			t.Errorf("%s is sorted as %s", list, got)
		}
	}
}

func TestCharts(t *testing.T) {
	v := whole(t, "")
	v.until("document.querySelector('#curves canvas') && document.querySelector('#ratios canvas')")
	picture := func(id string) string { return v.eval("document.querySelector('#" + id + " canvas').toDataURL()") }
	curves, ratios := picture("curves"), picture("ratios")
	changes := func(what string, both bool) {
		t.Helper()
		a, b := picture("curves"), picture("ratios")
		if a == curves || both && b == ratios {
			t.Errorf("%s changes nothing", what)
		}
		curves, ratios = a, b
	}
	v.click("#log")
	v.is("location.hash", "#log=1")
	changes("the logarithmic scale", true)
	v.eval("[...document.querySelectorAll('#models button')].find(b => b.textContent === 'epoll').id = 'one'")
	v.click("#one")
	v.is("document.getElementById('one').getAttribute('aria-pressed')", "false")
	v.is("location.hash", "#hide=epoll&log=1")
	changes("hiding epoll", true)
	v.click("#all")
	v.is("document.getElementById('one').getAttribute('aria-pressed')", "true")
	v.choose("theme", "dark", "change")
	changes("the dark theme", true)
	v.is("getComputedStyle(document.body).backgroundColor", "rgb(21, 24, 28)")
	v.choose("panel", "cost-10000", "change")
	if now := picture("ratios"); now == ratios {
		t.Error("another cell changes nothing")
	}
	v.is("location.hash", "#log=1&panel=cost-10000")

	// the pointer finds a mark, and the arrow keys go from one to the next
	v.is("document.querySelector('#curves .tip').hidden", "true")
	v.eval("(u => { const b = u.getBoundingClientRect(); for (let x = 0; x < b.width && document.querySelector('#curves .tip').hidden; x += 9) for (let y = 0; y < b.height && document.querySelector('#curves .tip').hidden; y += 9) u.dispatchEvent(new MouseEvent('mousemove', { clientX: b.x + x, clientY: b.y + y, bubbles: true })) })(document.querySelector('#curves .u-over'))")
	v.until("!document.querySelector('#curves .tip').hidden")
	if tip := v.text("#curves .tip"); !strings.Contains(tip, ": ") || !strings.Contains(tip, "/s (") || !strings.Contains(tip, "connection") {
		t.Errorf("the pointer shows %q", tip)
	}
	v.eval("document.getElementById('ratios').focus()")
	v.press(kb.ArrowDown)
	first := v.text("#ratios .tip")
	v.press(kb.ArrowDown)
	if second := v.text("#ratios .tip"); first == second || !strings.Contains(first, "epoll") {
		t.Errorf("the arrow keys show %q, then %q", first, second)
	}
	v.press(kb.Escape)
	v.is("document.querySelector('#ratios .tip').hidden", "true")
}

// A link shows the same view again; a damaged link shows the page.
func TestDeepLinks(t *testing.T) {
	v := whole(t, "#cell=256-split&hide=epoll,nethttp&log=1&panel=cost-10000&play=thread,epoll,40ms&scenario=hello&sort=-p99")
	v.is(cells, "256-split")
	v.is("[...document.querySelectorAll('#models [aria-pressed=false]')].map(b => b.textContent).join()", "epoll,nethttp")
	v.is("document.getElementById('log').checked", "true")
	v.is("document.getElementById('panel').value", "cost-10000")
	v.is("document.getElementById('left-model').value + document.getElementById('time').textContent", "thread40.000 ms")
	v.is("document.querySelector('.part:not([hidden]) [aria-sort]').textContent", "p99")
	v.click("#forward")
	v.until("location.hash.startsWith('#cell=256-split&hide=epoll,nethttp&log=1&panel=cost-10000&play=thread,epoll,') && !location.hash.includes('40ms')")
	v.eval("location.hash = '#scenario=none&cell=<b>&sort=%zz&hide=%25zz&panel=x&play=,,&log=7'")
	v.until("document.getElementById('panel').value !== 'cost-10000'")
	v.is(panels, "hello")
	v.is(cells, "64-split")
	v.is("document.getElementById('log').checked", "false")
}
