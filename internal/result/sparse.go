package result

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/bits"
)

// Sparse encodes small histograms, one after another in the same memory. Encode returns what Histogram.Encode would for the
// same durations. The zero value is empty.
type Sparse struct {
	counts   []byte
	next     int64 // the bucket after the last one
	latest   int64 // count of the last bucket, not written yet
	deflater *zlib.Writer
	text     bytes.Buffer
}

// Reset empties it.
func (s *Sparse) Reset() { s.counts, s.next, s.latest = s.counts[:0], 0, 0 }

// Add counts n durations of ns nanoseconds, which must not be shorter than any added before.
func (s *Sparse) Add(ns, n int64) {
	if n < 1 {
		return
	}
	double := max(bits.Len64(uint64(ns))-bits.Len64(half), 0)
	bucket := ns>>double + int64(double)*half
	if bucket == s.next-1 {
		s.latest += n
		return
	}
	s.flush()
	switch empty := bucket - s.next; empty {
	case 0:
	case 1:
		s.counts = binary.AppendVarint(s.counts, 0)
	default:
		s.counts = binary.AppendVarint(s.counts, -empty)
	}
	s.next, s.latest = bucket+1, n
}

func (s *Sparse) flush() {
	if s.latest > 0 {
		s.counts = binary.AppendVarint(s.counts, s.latest)
	}
	s.latest = 0
}

// Encode renders the buckets as Histogram.Encode does.
func (s *Sparse) Encode() string {
	s.flush()
	var header [innerHeader]byte
	binary.BigEndian.PutUint32(header[0:], innerCookie|wordSize)
	binary.BigEndian.PutUint32(header[4:], uint32(len(s.counts)))
	binary.BigEndian.PutUint32(header[12:], histogramDigits)
	binary.BigEndian.PutUint64(header[16:], histogramMin)
	binary.BigEndian.PutUint64(header[24:], histogramMax)
	binary.BigEndian.PutUint64(header[32:], math.Float64bits(1))
	s.text.Reset()
	s.text.Write(make([]byte, outerHeader))
	if s.deflater == nil {
		s.deflater, _ = zlib.NewWriterLevel(&s.text, zlib.BestCompression) // the level is valid
	} else {
		s.deflater.Reset(&s.text)
	}
	s.deflater.Write(header[:]) // into memory
	s.deflater.Write(s.counts)
	s.deflater.Close()
	all := s.text.Bytes()
	binary.BigEndian.PutUint32(all[0:], outerCookie|wordSize)
	binary.BigEndian.PutUint32(all[4:], uint32(len(all)-outerHeader))
	return base64.StdEncoding.EncodeToString(all)
}
