// Package downloads is chapter 10: ten images, a redirect each.
package downloads

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"carousel/servers/asyncio"
)

// none is the result of a task that has none.
type none = struct{}

const (
	images = 10
	think  = 20 * time.Millisecond // of the server, before each redirect
	disk   = 10 * time.Millisecond // for each file
)

// Example downloads ten images in three ways, and shows two mistakes of the original tutorial.
func Example(out io.Writer) error {
	fmt.Fprintf(out, `Ten images, 2 KiB to 1 MiB. The server thinks for %d ms, then sends the client on to another path
(302); the disk takes %d ms for a file. Both are played by pauses. Beside the downloads a task wants
a turn every millisecond. See what all at once gains, and how long that task has to wait when files
are saved on the loop:

`, think.Milliseconds(), disk.Milliseconds())
	addr, stop, err := gallery(func() { time.Sleep(think) })
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(out, "  %-34s  %-6s  %-9s  %9s  %s\n", "", "images", "redirects", "in all", "longest wait for a turn")
	for _, w := range ways {
		took, err := w.run(addr, func() { time.Sleep(disk) })
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Fprintf(out, "  %-34s  %6d  %9d  %6d ms  %20d ms\n", w.name, took.images, took.redirects, took.all.Milliseconds(), took.waited.Milliseconds())
	}
	fmt.Fprintf(out, `
One by one, the waits add up. All at once, they are one wait. But a file is written without an
await: on the loop, one write follows the other, and meanwhile no task has a turn. The executor,
which has %d threads here, writes them all at the same time.
`, images)
	collisions(out)
	return unread(out, addr)
}

// way is one way to download the ten images.
type way struct {
	name   string
	atOnce bool
	save   func(c *asyncio.Co, write func() error) error
}

// ways are the ways that the example compares.
var ways = []way{
	{"one by one, saved by the executor", false, inExecutor},
	{"all at once, saved by the executor", true, inExecutor},
	{"all at once, saved on the loop", true, onLoop},
}

// onLoop writes a file where the task stands.
func onLoop(_ *asyncio.Co, write func() error) error { return write() }

// inExecutor writes a file elsewhere, and the task awaits that.
func inExecutor(c *asyncio.Co, write func() error) error {
	_, err := asyncio.Await(c, asyncio.RunInExecutor(c.Loop, func() (none, error) { return none{}, write() }))
	return err
}

// taken is the result of ten downloads.
type taken struct {
	images, redirects int
	all               time.Duration // from the first request to the last file
	waited            time.Duration // the longest wait of a task that needs a turn every millisecond
}

// run downloads the images from addr into a folder that it removes again; slow is called for each file, before it is written.
func (w way) run(addr string, slow func()) (t taken, err error) {
	dir, err := os.MkdirTemp("", "carousel-lesson-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(dir)
	_, err = asyncio.RunWith(asyncio.Options{Workers: images}, func(c *asyncio.Co) (none, error) {
		asyncio.CreateTask(c.Loop, func(c *asyncio.Co) (none, error) { return none{}, beat(c, &t.waited) })
		one := func(c *asyncio.Co, k int) error {
			image, redirects, err := fetch(c, addr, fmt.Sprintf("/picture/%d", k))
			if err != nil {
				return err
			}
			t.redirects += redirects
			return w.save(c, func() error {
				slow()
				return os.WriteFile(filepath.Join(dir, fmt.Sprintf("image-%d.png", k)), image, 0o644)
			})
		}
		began := c.Loop.Time()
		if err := w.all(c, one); err != nil {
			return none{}, err
		}
		t.all = c.Loop.Time() - began
		return none{}, nil
	})
	if err != nil {
		return t, err
	}
	files, err := os.ReadDir(dir)
	t.images = len(files)
	return t, err
}

// all calls one for each image.
func (w way) all(c *asyncio.Co, one func(c *asyncio.Co, k int) error) error {
	if !w.atOnce {
		for k := range images {
			if err := one(c, k); err != nil {
				return err
			}
		}
		return nil
	}
	var tasks []asyncio.Awaitable[none]
	for k := range images {
		tasks = append(tasks, asyncio.CreateTask(c.Loop, func(c *asyncio.Co) (none, error) { return none{}, one(c, k) }))
	}
	_, err := asyncio.Await(c, asyncio.Gather(c.Loop, tasks...))
	return err
}

// beat needs a turn every millisecond, and records how late the latest one was.
func beat(c *asyncio.Co, latest *time.Duration) error {
	for {
		before := c.Loop.Time()
		if err := asyncio.Sleep(c, time.Millisecond); err != nil {
			return err
		}
		*latest = max(*latest, c.Loop.Time()-before-time.Millisecond)
	}
}
