package page

import (
	"strings"
	"testing"
	"unicode"

	"carousel/internal/portrait/portraittest"
	"carousel/report/findings/findingstest"
	"carousel/report/text"
)

// Foreign text is shown as text: nothing in it acts, and a link can hide a model of any name.
func TestHostilePage(t *testing.T) {
	f := findingstest.Whole("epoll", "goroutine", findingstest.Hostile)
	f.Run.ID, f.Run.Plan, f.Run.Doctor = findingstest.Hostile, findingstest.Hostile, findingstest.Hostile
	f.Run.Environment = map[string]string{"cpu_model": findingstest.Hostile, findingstest.Hostile: findingstest.Hostile}
	f.Cells[0].Scenario, f.Cells[0].Placement = findingstest.Hostile, findingstest.Hostile
	f.Cells[1].Scenario = text.Warnings // which must not take the place of the warnings
	all := portraittest.All()
	all[0].Model = findingstest.Hostile
	page, err := Of(f, all, findingstest.Hostile)
	if err != nil {
		t.Fatal(err)
	}
	if at := strings.IndexFunc(string(page), func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' && r != '\t' }); at >= 0 {
		t.Errorf("the page holds %q", page[at:at+9])
	}
	v := browse(t, written(t, f, all), "", nil)
	v.until("document.querySelector('#models button')")
	v.is("[...document.querySelectorAll('.panel[data-key=warnings] table, #warnings li')].map(e => e.tagName).filter((name, i, all) => all.indexOf(name) === i).join()", "TABLE,LI")
	v.is("document.scripts.length + ' ' + document.images.length", "2 0")
	v.is("[...document.querySelectorAll('a')].filter(a => a.protocol === 'javascript:').length", "0")
	v.eval("document.querySelectorAll('#models button')[2].click()")
	v.is("document.querySelectorAll('#models [aria-pressed=false]').length", "1")
	link := v.eval("location.hash")
	v.eval("location.hash = ''")
	v.until("document.querySelectorAll('#models [aria-pressed=false]').length === 0")
	v.eval("location.hash = '" + link + "'")
	v.until("document.querySelectorAll('#models [aria-pressed=false]').length === 1")
	v.until("[...document.querySelectorAll('#models button')].findIndex(b => b.ariaPressed === 'false') === 2")
}
