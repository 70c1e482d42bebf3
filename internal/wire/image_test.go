package wire

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/png"
	"testing"
)

// TestImages holds each picture to its size, to being a PNG, and all of them to the bytes they have everywhere.
func TestImages(t *testing.T) {
	all := sha256.New()
	for k, img := range images() {
		if want := 2 << 10 << k; len(img.body) != want {
			t.Errorf("image %d has %d bytes, want %d", k, len(img.body), want)
		}
		decoded, err := png.Decode(bytes.NewReader(img.body))
		if err != nil {
			t.Fatalf("image %d: %v", k, err)
		}
		if side := decoded.Bounds().Dx(); side < 40 {
			t.Errorf("image %d is %d pixels wide", k, side)
		}
		all.Write(img.body)
	}
	const want = "5bee3e625185b8dfc68519b78d2fbf7379db724ced4dab975953cd5de33b2c8c"
	if got := fmt.Sprintf("%x", all.Sum(nil)); got != want {
		t.Errorf("the pictures' bytes have changed: sha-256 %s, want %s", got, want)
	}
}
