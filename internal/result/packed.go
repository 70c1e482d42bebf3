package result

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Packed is a read-only histogram that holds only non-empty buckets. It needs a small part of the memory and time of Decode, and each Decode
// reuses its memory. The zero value is empty.
type Packed struct {
	bucket []int64 // indexes of the non-empty buckets
	rank   []int64 // for each, how many values lie in it and below

	raw      []byte
	inflater io.ReadCloser
	text     bytes.Reader
	inner    bytes.Buffer
}

// The V2 compressed format: eight bytes of cookie and length, then, compressed, a header and the counts. A count is a
// signed varint; a negative one is a run of empty buckets.
const (
	outerCookie = 0x1c849304
	innerCookie = 0x1c849303
	wordSize    = 0x10 // of the cookies that are written: varints
	outerHeader = 8
	innerHeader = 40
	half        = 1024      // buckets to each doubling, for three digits
	mostBuckets = 54 * half // of a histogram of all durations
)

// Decode replaces the content of p with the histogram that Histogram.Encode wrote, of any range. After an error p is empty.
func (p *Packed) Decode(text string) error {
	counts, err := p.inflate(text)
	if err == nil {
		err = p.pack(counts)
	}
	if err != nil {
		p.rank = p.rank[:0]
		return fmt.Errorf("decode a histogram of %d characters: %w", len(text), err)
	}
	return nil
}

var errCut = errors.New("it is cut short")

// inflate returns the counts of an encoded histogram, in memory that the next call reuses.
func (p *Packed) inflate(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.AppendDecode(p.raw[:0], []byte(text))
	if err != nil {
		return nil, err
	}
	p.raw = raw
	if len(raw) < outerHeader || !cookie(raw, outerCookie) {
		return nil, errors.New("it is no HdrHistogram of the V2 compressed format")
	}
	p.text.Reset(raw[outerHeader:])
	if p.inflater == nil {
		p.inflater, err = zlib.NewReader(&p.text)
	} else {
		err = p.inflater.(zlib.Resetter).Reset(&p.text, nil)
	}
	if err != nil {
		p.inflater = nil
		return nil, err
	}
	p.inner.Reset()
	if _, err := p.inner.ReadFrom(io.LimitReader(p.inflater, innerHeader+mostBuckets*binary.MaxVarintLen64)); err != nil {
		return nil, err
	}
	all := p.inner.Bytes()
	if len(all) < innerHeader || !cookie(all, innerCookie) {
		return nil, errCut
	}
	if digits, least := binary.BigEndian.Uint32(all[12:]), binary.BigEndian.Uint64(all[16:]); digits != histogramDigits || least != histogramMin {
		return nil, fmt.Errorf("it has %d digits from %d ns on, this program's have %d from %d ns on", digits, least, histogramDigits, histogramMin)
	}
	n := binary.BigEndian.Uint32(all[4:])
	if all = all[innerHeader:]; int64(n) > int64(len(all)) {
		return nil, errCut
	}
	return all[:n], nil
}

// cookie reports whether b begins with the cookie want, with any word size.
func cookie(b []byte, want uint32) bool { return binary.BigEndian.Uint32(b)&^0xf0 == want }

func (p *Packed) pack(counts []byte) error {
	p.bucket, p.rank = p.bucket[:0], p.rank[:0]
	sum := int64(0)
	for bucket := int64(0); len(counts) > 0; {
		count, n := binary.Varint(counts)
		if n <= 0 {
			return errCut
		}
		counts = counts[n:]
		empty := max(-count, 0)
		if empty > mostBuckets-bucket || bucket >= mostBuckets || count > math.MaxInt64-sum {
			return errors.New("it has more in it than a histogram holds")
		}
		if count > 0 {
			sum += count
			p.bucket, p.rank = append(p.bucket, bucket), append(p.rank, sum)
		}
		bucket += max(empty, 1)
	}
	return nil
}

// ends returns the smallest and the largest value of a bucket.
func ends(bucket int64) (low, high int64) {
	double := max(bucket/half-1, 0)
	low = (bucket - double*half) << double
	return low, low + 1<<double - 1
}

// Count is how many values were recorded.
func (p *Packed) Count() int64 {
	if len(p.rank) == 0 {
		return 0
	}
	return p.rank[len(p.rank)-1]
}

// Quantile returns the same as Quantile of the Histogram that Decode returns for the same text.
func (p *Packed) Quantile(q float64) int64 {
	n := float64(p.Count())
	if n == 0 {
		return 0
	}
	rank := math.Ceil(q * n * (1 - 1e-12))
	if !(rank > 1) {
		low, _ := ends(p.bucket[0])
		return low
	}
	i, _ := slices.BinarySearch(p.rank, int64(min(rank, n)))
	_, high := ends(p.bucket[i])
	return high
}

// UpTo is how many values are at most ns nanoseconds; all values in the bucket of ns count.
func (p *Packed) UpTo(ns int64) int64 { return p.below(ns + 1) }

// below is how many values lie in buckets below ns.
func (p *Packed) below(ns int64) int64 {
	i, _ := slices.BinarySearchFunc(p.bucket, ns, func(bucket, ns int64) int {
		low, _ := ends(bucket)
		return cmp.Compare(low, ns)
	})
	if i == 0 {
		return 0
	}
	return p.rank[i-1]
}
