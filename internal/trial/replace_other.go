//go:build !unix

package trial

import (
	"errors"
	"os"
)

// replace swaps the file path for one that holds text. Without a rename that the system promises to be whole, a
// crash at the wrong moment may leave neither.
func replace(path string, text []byte) error {
	temp := path + ".new"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return os.Rename(temp, path)
}

// syncDir does nothing: a folder cannot be synced here.
func syncDir(string) error { return nil }
