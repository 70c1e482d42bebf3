package client

import "carousel/loadgen/record"

// maxChunkLine bounds a chunk's size line, and all trailers together.
const maxChunkLine = 4 << 10

// chunk is where in a chunked body (RFC 9112, section 7.1) the reply is.
type chunk struct {
	at     place
	digits int   // of the size
	line   int   // bytes of the line, or of all trailers
	size   int64 // of the chunk
	empty  bool  // the trailer line has no bytes yet
}

type place uint8

const (
	atSize      place = iota
	atExtension       // after the size, until the end of the line
	atSizeLF
	atData
	atDataCR
	atDataLF
	atTrailer
	atTrailerLF
)

// readChunks takes what is there of a chunked body and returns what follows it.
func (r *Reply) readChunks(p []byte) []byte {
	c := &r.chunk
	for len(p) > 0 {
		if c.at == atData {
			n := int(min(r.left, int64(len(p))))
			r.check(p[:n])
			p = p[n:]
			if r.left -= int64(n); r.left == 0 {
				c.at = atDataCR
			}
			continue
		}
		b := p[0]
		p = p[1:]
		if c.line++; c.line > maxChunkLine {
			r.fail(record.Malformed)
			return nil
		}
		ok := true
		switch c.at {
		case atSize:
			digit := hex(b)
			switch {
			case digit >= 0 && c.digits < 15:
				c.size, c.digits = c.size<<4|int64(digit), c.digits+1
			case c.digits == 0:
				ok = false
			case b == '\r':
				c.at = atSizeLF
			case b == ';' || b == ' ' || b == '\t':
				c.at = atExtension
			default:
				ok = false
			}
		case atExtension:
			if b == '\r' {
				c.at = atSizeLF
			}
			ok = b != '\n'
		case atSizeLF:
			ok = b == '\n'
			r.left, c.at = c.size, atData
			if c.size == 0 {
				c.at, c.empty = atTrailer, true
			}
			c.line = 0
		case atDataCR:
			ok = b == '\r'
			c.at = atDataLF
		case atDataLF:
			ok = b == '\n'
			*c = chunk{}
		case atTrailer:
			switch b {
			case '\r':
				c.at = atTrailerLF
			case '\n':
				ok = false
			default:
				c.empty = false
			}
		case atTrailerLF:
			ok = b == '\n'
			if ok && c.empty {
				r.finish()
				return p
			}
			c.at, c.empty = atTrailer, true
		}
		if !ok {
			r.fail(record.Malformed)
			return nil
		}
	}
	return nil
}

func hex(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}
