//go:build unix

package trial

import (
	"errors"
	"os"

	"github.com/google/renameio/v2"
)

// replace swaps the file path for one that holds text; a crash leaves the old one or the new one.
func replace(path string, text []byte) error { return renameio.WriteFile(path, text, 0o644) }

// syncDir makes new names in dir last: a file's own sync does not cover the entry that leads to it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
