package wire

import "bytes"

// chunkLine reads "size-in-hex;extensions".
func (t *Talk) chunkLine(line []byte) {
	r := &t.req
	size, extension, _ := bytes.Cut(line, []byte(";"))
	n := int64(0)
	for _, c := range size {
		if !hex(c) {
			t.refuse(400)
			return
		}
		n = min(n<<4|int64(unhex(c)), maxBody+1)
	}
	for _, c := range extension {
		if c < ' ' && c != '\t' || c == 0x7f {
			t.refuse(400)
			return
		}
	}
	r.total += n
	switch r.extra += int32(len(line) - len(size)); {
	case len(size) == 0 || len(size) > 8 || r.extra > maxExtra:
		t.refuse(400)
	case r.total > maxBody:
		t.refuse(413)
	case n == 0:
		t.phase = phaseTrailers
	default:
		t.phase, r.length = phaseData, n
	}
}

// data consumes the bytes of a body and returns how many.
func (t *Talk) data(p []byte) int {
	r := &t.req
	n := int(min(int64(len(p)), r.length))
	if r.route.act == actEcho {
		if r.body == nil {
			r.body = make([]byte, 0, min(r.length, maxPending))
		}
		r.body = append(r.body, p[:n]...)
	}
	if r.length -= int64(n); r.length == 0 {
		if t.phase == phaseBody {
			t.answer()
		} else {
			t.phase = phaseDataEnd
		}
	}
	return n
}
