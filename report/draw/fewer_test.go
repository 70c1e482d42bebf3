package draw

import (
	"image"
	"image/color"
	"testing"
)

// Common colours stay; rare ones become the nearest common one.
func TestFewer(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for y := range 40 {
		for x := range 40 {
			m.SetRGBA(x, y, color.RGBA{255, 255, 255, 255})
		}
	}
	for i := range 300 {
		m.SetRGBA(i%40, i/40, color.RGBA{uint8(i % 16 * 16), uint8(i / 16 * 13), 0, 255})
	}
	for x := range 40 {
		m.SetRGBA(x, 20, color.RGBA{0, 90, 150, 255})
	}
	small := fewer(m)
	if len(small.Palette) != 256 {
		t.Errorf("%d colours", len(small.Palette))
	}
	for y := range 40 {
		for x := range 40 {
			is, was := color.RGBAModel.Convert(small.At(x, y)).(color.RGBA), m.RGBAAt(x, y)
			off := max(int(is.R)-int(was.R), int(was.R)-int(is.R)) + max(int(is.G)-int(was.G), int(was.G)-int(is.G)) + max(int(is.B)-int(was.B), int(was.B)-int(is.B))
			if y > 7 && off > 0 || off > 3*40 {
				t.Fatalf("at %d, %d: %v was %v", x, y, is, was)
			}
		}
	}
}
