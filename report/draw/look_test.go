package draw

import (
	"fmt"
	"image/color"
	"math"
	"testing"
)

// luminance is the relative luminance of a colour by WCAG.
func luminance(c color.RGBA) float64 {
	of := func(v uint8) float64 {
		if s := float64(v) / 255; s > 0.04045 {
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return 0.2126*of(c.R) + 0.7152*of(c.G) + 0.0722*of(c.B)
}

// Lines are visible on a dark page: WCAG demands a contrast of 3 to 1 for graphics.
func TestColoursOfTheNight(t *testing.T) {
	if len(atNight) != len(palette) {
		t.Fatalf("%d colours for %d", len(atNight), len(palette))
	}
	night := luminance(color.RGBA{0x15, 0x18, 0x1c, 255})
	for i, c := range atNight {
		if contrast := (luminance(c) + 0.05) / (night + 0.05); contrast < 4.5 {
			t.Errorf("colour %d has a contrast of %.1f", i, contrast)
		}
	}
}

// A page draws a model as the pictures do.
func TestLookOf(t *testing.T) {
	for _, model := range []string{"epoll", "thread", "uring", "a guest"} {
		own, l := lookOf(model), LookOf(model)
		var r, g, b uint8
		if n, err := fmt.Sscanf(l.Light, "#%02x%02x%02x", &r, &g, &b); n != 3 || err != nil || (color.RGBA{r, g, b, 255}) != palette[own.color] {
			t.Errorf("%s is %s, in pictures %v", model, l.Light, palette[own.color])
		}
		if l.Hollow != own.marker.hollow || len(l.Dash) != len(dashes[own.dash]) || len(l.Corners) < own.marker.shape.corners {
			t.Errorf("%s is drawn as %+v, in pictures as %+v", model, l, own)
		}
		for _, corner := range l.Corners {
			if far := math.Hypot(corner[0], corner[1]); far > 1.3 || far < 0.3 {
				t.Errorf("%s has a corner %.2f away", model, far)
			}
		}
	}
}
