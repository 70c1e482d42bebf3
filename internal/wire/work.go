package wire

import (
	"os"
	"runtime"
	"time"

	"carousel/internal/sock"
)

// work carries out the blocking part of a request; arg is nanoseconds, or bytes.
func (a act) work(arg int64) error {
	switch a {
	case actBlock:
		sock.Sleep(time.Duration(arg))
	case actSpin:
		spin(time.Duration(arg))
	case actStore:
		return store(int(arg))
	}
	return nil
}

// spin burns d of the thread's processor time; time spent preempted does not count.
func spin(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for end := threadTime() + d; threadTime() < end; {
	}
}

// store writes n bytes to a file, syncs it and deletes it. The file loses its name before it is written, so that nothing stays behind if the
// server is killed; on Windows an open file keeps its name.
func store(n int) error {
	f, err := os.CreateTemp("", "carousel-store-")
	if err != nil {
		return err
	}
	if os.Remove(f.Name()) != nil {
		defer os.Remove(f.Name())
	}
	defer f.Close()
	for n > 0 {
		k, err := f.Write(pattern[:min(n, maxPiece)])
		if err != nil {
			return err
		}
		n -= k
	}
	return f.Sync()
}
