package page

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"carousel/internal/browsertest"
	"carousel/internal/portrait"
	"carousel/report/findings"
	"carousel/report/words"
)

const patience = 2 * time.Minute

// written is a folder with the page of a run and nothing else.
func written(t *testing.T, f *findings.Findings, all []portrait.Portrait) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text, err := Of(f, all, "scenarios:\n  hello: {}\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, words.PageFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// alone are the findings of a run of portraits.
func alone() *findings.Findings { return &findings.Findings{} }

// address is that of a folder.
func address(dir string) string {
	return "file:///" + strings.TrimPrefix(filepath.ToSlash(dir), "/") + "/"
}

// visit is a page in a browser, with its errors and its requests.
type visit struct {
	t   *testing.T
	ctx context.Context

	mu               sync.Mutex
	errors, requests []string
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
			v.requests = append(v.requests, e.Request.URL)
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
	v.run(chromedp.Navigate(address(dir) + words.PageFile + fragment))
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, e := range v.errors {
			t.Errorf("the page reports an error: %s", e)
		}
		for _, url := range v.requests {
			if !strings.HasPrefix(url, address(dir)) {
				t.Errorf("the page requests %s", url)
			}
		}
		if len(v.requests) == 0 {
			t.Error("not even the page itself was requested: the test sees no requests")
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
