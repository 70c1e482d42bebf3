package client

import "carousel/loadgen/record"

// maxChunkLine is the longest size line of a chunk, in bytes, and the limit of all trailers together.
const maxChunkLine = 4 << 10

// chunk is the state of the parser in a chunked body (RFC 9112, section 7.1).
type chunk struct {
	at     place
	digits int   // of the size, so far
	line   int   // bytes of the line so far, or of all trailers
	size   int64 // of the chunk
}

type place uint8

const (
	atSize      place = iota
	atPadding         // after the size: blanks until the end of the line
	atExtension       // after a semicolon: anything until the end of the line
	atSizeLF
	atData
	atDataCR
	atDataLF
	atTrailer // at the start of its line
	atTrailerName
	atTrailerValue
	atTrailerLF
	atLastLF
)

// readChunks parses p, the next piece of a chunked body, and returns what follows the body.
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
			digit := nibble(b)
			switch {
			case digit >= 0 && c.digits < 15:
				c.size, c.digits = c.size<<4|int64(digit), c.digits+1
			case c.digits == 0:
				ok = false
			case b == '\r':
				c.at = atSizeLF
			case b == ';':
				c.at = atExtension
			case b == ' ' || b == '\t':
				c.at = atPadding
			default:
				ok = false
			}
		case atPadding:
			if ok = b == ' ' || b == '\t' || b == '\r'; b == '\r' {
				c.at = atSizeLF
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
				c.at = atTrailer
			}
			c.line = 0
		case atDataCR:
			ok = b == '\r'
			c.at = atDataLF
		case atDataLF:
			ok = b == '\n'
			*c = chunk{}
		case atTrailer:
			ok = b == '\r' || tokens[b]
			if c.at = atTrailerName; b == '\r' {
				c.at = atLastLF
			}
		case atTrailerName:
			ok = b == ':' || tokens[b]
			if b == ':' {
				c.at = atTrailerValue
			}
		case atTrailerValue:
			ok = b == '\r' || b == '\t' || b >= ' ' && b != 0x7f
			if b == '\r' {
				c.at = atTrailerLF
			}
		case atTrailerLF:
			ok = b == '\n'
			c.at = atTrailer
		case atLastLF:
			if ok = b == '\n'; ok {
				r.finish()
				return p
			}
		}
		if !ok {
			r.fail(record.Malformed)
			return nil
		}
	}
	return nil
}

func nibble(b byte) int {
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
