package downloads

import (
	"fmt"
	"io"
	"time"

	"carousel/servers/asyncio"
)

// fileName is the original tutorial's: it is made of the millisecond.
func fileName(at time.Time) string { return fmt.Sprintf("file-%d.jpeg", at.UnixMilli()) }

// ends are instants at which ten downloads at once could end, in microseconds.
var ends = []int{150, 320, 410, 870, 1100, 1240, 1950, 2020, 2480, 2990}

// collisions names ten files at invented instants.
func collisions(out io.Writer) {
	fmt.Fprint(out, `
What the original tutorial got wrong: it names a file by the millisecond. Ten downloads that end
within three of them:

`)
	began := time.UnixMilli(1_700_000_000_000)
	var names []string
	held := map[string][]int{}
	for k, end := range ends {
		name := fileName(began.Add(time.Duration(end) * time.Microsecond))
		if held[name] == nil {
			names = append(names, name)
		}
		held[name] = append(held[name], k)
	}
	for _, name := range names {
		images := held[name]
		fmt.Fprintf(out, "  %s  images %v, of which %d stays\n", name, images, images[len(images)-1])
	}
	fmt.Fprintf(out, "\n%d images, %d files, no error. A name must come from what is saved: its number, or its address.\n", len(ends), len(names))
}

// unread sends two requests on one connection and does not read the first body.
func unread(out io.Writer, addr string) error {
	fmt.Fprint(out, `
And it never reads the body it saves. What was not read stays in the connection, and the next
reply begins with it:

`)
	_, err := asyncio.Run(func(c *asyncio.Co) (none, error) {
		s, err := dial(c, addr)
		if err != nil {
			return none{}, err
		}
		defer s.close()
		first, err := s.get("/image/0")
		if err != nil {
			return none{}, err
		}
		fmt.Fprintf(out, "  first request:   %s, a body of %d bytes, not read\n", first.Status, first.ContentLength)
		_, err = s.get("/image/1")
		fmt.Fprintf(out, "  second request:  %v\n", err)
		return none{}, nil
	})
	return err
}
