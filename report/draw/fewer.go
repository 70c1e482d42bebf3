package draw

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"maps"
	"slices"
)

// fewer reduces an opaque picture to 256 colours. It takes less than half as many bytes and looks the same, since most colours are shades at the
// edges of letters and lines. Nearly equal shades become the commonest of them; beyond 256 the rarest become the nearest of the others.
func fewer(m image.Image) *image.Paletted {
	whole := image.NewRGBA(m.Bounds())
	draw.Draw(whole, whole.Bounds(), m, m.Bounds().Min, draw.Src)
	counts, alike := map[color.RGBA]int{}, map[color.RGBA]int{}
	runsOf(whole, func(_ int, c color.RGBA, run int) { counts[c] += run; alike[coarse(c)] += run })
	common := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(alike[coarse(b)]-alike[coarse(a)], counts[b]-counts[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var colors color.Palette
	taken := map[color.RGBA]bool{}
	for _, c := range common {
		if !taken[coarse(c)] && len(colors) < 256 {
			taken[coarse(c)] = true
			colors = append(colors, c)
		}
	}
	places := map[color.RGBA]uint8{}
	for _, c := range common {
		places[c] = uint8(colors.Index(c))
	}
	small := image.NewPaletted(whole.Bounds(), colors)
	runsOf(whole, func(at int, c color.RGBA, run int) {
		place := places[c]
		for i := range run {
			small.Pix[at+i] = place
		}
	})
	return small
}

// coarse maps nearly equal colours to one.
func coarse(c color.RGBA) color.RGBA { return color.RGBA{c.R &^ 7, c.G &^ 7, c.B &^ 7, 255} }

// runsOf calls do for every run of pixels of one colour: where it begins, the colour, how long it is.
func runsOf(m *image.RGBA, do func(at int, c color.RGBA, run int)) {
	n := len(m.Pix) / 4
	pixel := func(i int) color.RGBA { return color.RGBA{m.Pix[4*i], m.Pix[4*i+1], m.Pix[4*i+2], m.Pix[4*i+3]} }
	for at := 0; at < n; {
		c, end := pixel(at), at+1
		for end < n && pixel(end) == c {
			end++
		}
		do(at, c, end-at)
		at = end
	}
}
