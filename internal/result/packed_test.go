package result

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPackedAnswersAsDecoded(t *testing.T) {
	var got Packed
	random := rand.New(rand.NewPCG(5, 6))
	for n := range 40 {
		h := NewHistogram()
		for range n * n {
			h.RecordN(int64(math.Exp(random.Float64()*24)), 1+random.Int64N(3))
		}
		text, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		want, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Decode(text); err != nil {
			t.Fatal(err)
		}
		for _, q := range []float64{-1, 0, 1e-9, 0.07, 0.29, 0.5, 0.9, 0.99, 0.999, 0.9999, 1, 2, math.NaN()} {
			if got.Count() != want.Count() || got.Quantile(q) != want.Quantile(q) {
				t.Errorf("of %d values, packed %d: quantile %v is %d, want %d", want.Count(), got.Count(), q, got.Quantile(q), want.Quantile(q))
			}
		}
	}
	for _, text := range []string{"", "!!!", "AAAAAAAAAAAAAAAA"} {
		if err := got.Decode(text); err == nil || got.Count() != 0 {
			t.Errorf("%q is read as %d values, %v", text, got.Count(), err)
		}
	}
}

// FuzzPacked compares Packed with the library: it reads the same from all that the library accepts.
func FuzzPacked(f *testing.F) {
	for n := range 4 {
		h := NewHistogram()
		for i := range int64(n * 50) {
			h.RecordN(i*i*i*i, i%3)
		}
		text, err := h.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got Packed
		err := got.Decode(text)
		want, errLibrary := Decode(text)
		if errLibrary != nil || want.Count() > 1<<50 { // the format writes larger counts in its own way
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []float64{0, 0.5, 0.99, 1} {
			if got.Count() != want.Count() || got.Quantile(q) != want.Quantile(q) {
				t.Fatalf("quantile %v of %d is %d, want %d of %d", q, got.Count(), got.Quantile(q), want.Quantile(q), want.Count())
			}
		}
	})
}
