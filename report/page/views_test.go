package page

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"carousel/internal/portrait/portraittest"
	"carousel/report/findings"
	"carousel/report/findings/findingstest"
	"carousel/report/words"
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
	curves, ratios := v.picture("curves"), v.picture("ratios")
	changes := func(what string, both bool) {
		t.Helper()
		a, b := v.picture("curves"), v.picture("ratios")
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
	if now := v.picture("ratios"); now == ratios {
		t.Error("another cell changes nothing")
	}
	v.is("location.hash", "#log=1&panel=cost-10000")

	// the pointer finds a mark, and the arrow keys go from one to the next
	v.is("document.querySelector('#curves .tip').hidden", "true")
	if tip := v.pointed("curves"); !strings.Contains(tip, ": ") || !strings.Contains(tip, "/s (") || !strings.Contains(tip, "connection") {
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

// picture is what a chart draws.
func (v *visit) picture(id string) string {
	v.t.Helper()
	return v.eval("document.querySelector('#" + id + " canvas').toDataURL()")
}

// pointed moves the pointer over a chart until a mark is found, and returns its text.
func (v *visit) pointed(id string) string {
	v.t.Helper()
	v.eval("(chart => { const tip = chart.querySelector('.tip'), u = chart.querySelector('.u-over'), b = u.getBoundingClientRect(); for (let x = 0; x < b.width && tip.hidden; x += 9) for (let y = 0; y < b.height && tip.hidden; y += 9) u.dispatchEvent(new MouseEvent('mousemove', { clientX: b.x + x, clientY: b.y + y, bubbles: true })) })(document.getElementById('" + id + "'))")
	v.until("!document.querySelector('#" + id + " .tip').hidden")
	return v.text("#" + id + " .tip")
}

func TestPercentiles(t *testing.T) {
	f := findingstest.Whole(findingstest.Nine...)
	f.Find("paced", "")[0].Model("epoll").Curve = nil // so that the panels differ
	v := browse(t, written(t, f, nil), "", nil)
	v.until("document.querySelector('#percentiles canvas')")
	drawn := v.picture("percentiles")
	changes := func(what string) {
		t.Helper()
		was := drawn
		if drawn = v.picture("percentiles"); drawn == was {
			t.Errorf("%s changes nothing", what)
		}
	}
	v.is("document.getElementById('percentiles').ariaLabel", words.Script["percentiles"])
	v.is("[...document.getElementById('times').options].map(o => o.value + ': ' + o.text).join('; ')", "closed: closed loop, 64 connections; paced: paced, 15,063/s")
	v.is("document.getElementById('times-title').textContent", "Response time by percentile, closed loop, 64 connections")
	v.click("#log")
	changes("the logarithmic scale")
	v.eval("[...document.querySelectorAll('#models button')].find(b => b.textContent === 'epoll').id = 'one'")
	v.click("#one")
	changes("hiding epoll")
	v.click("#all")
	changes("showing it again")
	v.choose("theme", "dark", "change")
	changes("the dark theme")
	v.choose("times", "paced", "change")
	changes("another panel")
	v.is("location.hash", "#log=1&times=paced")
	v.is("document.getElementById('times-title').textContent", "Response time by percentile at 15,063 requests per second")
	v.is("document.getElementById('times-subtitle').textContent.endsWith('64 connections')", "true")
	v.is("document.getElementById('times-caption').textContent.startsWith('Requests are due by a schedule')", "true")
	v.choose("times", "closed", "change")
	changes("the first panel")
	v.is("location.hash", "#log=1")

	if tip := v.pointed("percentiles"); !regexp.MustCompile(`^[a-z-]+: [\d.]+\x{a0}(µs|ms) at [\d.]+\x{a0}%$`).MatchString(tip) {
		t.Errorf("the pointer shows %q", tip)
	}
	v.eval("document.getElementById('percentiles').focus()")
	v.press(kb.Escape)
	v.is("document.querySelector('#percentiles .tip').hidden", "true")
	var places []float64 // of the marks of a curve, from the left
	for _, percent := range []string{"50", "90", "99", "99.9"} {
		v.press(kb.ArrowRight)
		if tip := v.text("#percentiles .tip"); !strings.HasPrefix(tip, "select: ") || !strings.HasSuffix(tip, " at "+percent+"\u00a0%") {
			t.Errorf("at %s %% the arrow key shows %q", percent, tip)
		}
		left, err := strconv.ParseFloat(strings.TrimSuffix(v.eval("document.querySelector('#percentiles .spot').style.left"), "px"), 64)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, left)
	}
	if nine := places[3] - places[2]; nine < 50 || math.Abs(places[2]-places[1]-nine) > 1 {
		t.Errorf("the nines are at %v: not one step each", places)
	}
}

// The chart of response times has a panel for each cell in which two models have a curve.
func TestTimes(t *testing.T) {
	f := findingstest.Whole(findingstest.Nine...)
	panels := func() (all []string) {
		if d := chartsOf(f); d != nil {
			for _, p := range d.Times {
				all = append(all, fmt.Sprintf("%s of %d", p.Key, len(p.Tails)))
			}
		}
		return all
	}
	is := func(want ...string) {
		t.Helper()
		if got := panels(); !slices.Equal(got, want) {
			t.Errorf("the panels are %q, want %q", got, want)
		}
	}
	is("closed of 8", "paced of 8") // blocking serves one of many
	paced := f.Find("paced", "")[0]
	for i := range paced.Models[2:] {
		paced.Models[2+i].Curve = []findings.Point{{Share: 0.5, NS: math.NaN()}, {Share: 0.9, NS: math.Inf(1)}, {Share: 0.99, NS: 1e6}}
	}
	is("closed of 8")
	f.Main().Models = f.Main().Models[:2]
	is()
}

// A link shows the same view again; a damaged link shows the page.
func TestDeepLinks(t *testing.T) {
	v := whole(t, "#cell=256-split&hide=epoll,nethttp&log=1&panel=cost-10000&play=thread,epoll,40ms&scenario=hello&sort=-p99&times=paced")
	v.is(cells, "256-split")
	v.is("[...document.querySelectorAll('#models [aria-pressed=false]')].map(b => b.textContent).join()", "epoll,nethttp")
	v.is("document.getElementById('log').checked", "true")
	v.is("document.getElementById('panel').value", "cost-10000")
	v.is("document.getElementById('times').value + document.getElementById('times-title').textContent.slice(-19)", "pacedrequests per second")
	v.is("document.getElementById('left-model').value + document.getElementById('time').textContent", "thread40.000 ms")
	v.is("document.querySelector('.part:not([hidden]) [aria-sort]').textContent", "p99")
	v.click("#forward")
	v.until("location.hash.startsWith('#cell=256-split&hide=epoll,nethttp&log=1&panel=cost-10000&play=thread,epoll,') && !location.hash.includes('40ms')")
	v.eval("location.hash = '#scenario=none&cell=<b>&sort=%zz&hide=%25zz&panel=x&play=,,&log=7&times=%22'")
	v.until("document.getElementById('panel').value !== 'cost-10000'")
	v.is(panels, "hello")
	v.is(cells, "64-split")
	v.is("document.getElementById('log').checked", "false")
	v.is("document.getElementById('times').value", "closed")
}
