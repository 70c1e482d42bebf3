package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"carousel/loadgen/record"
)

// digest is the SHA-256 of a body.
type digest [sha256.Size]byte

// digestOf finds the SHA-256 in the value of a Content-Digest header (RFC 9530), which may hold others. One that cannot be
// read is ignored (RFC 9651, section 4.2).
func digestOf(value []byte) *digest {
	for member := range bytes.SplitSeq(value, comma) {
		text, ok := bytes.CutPrefix(bytes.Trim(member, " \t"), []byte("sha-256=:"))
		if !ok {
			continue
		}
		text, parameters, ok := bytes.Cut(text, colon)
		d, room := new(digest), [sha256.Size + 3]byte{} // the decoder wants room for whole groups
		if !ok || len(parameters) > 0 && parameters[0] != ';' || base64.StdEncoding.DecodedLen(len(text)) > len(room) {
			continue
		}
		if n, err := base64.StdEncoding.Strict().Decode(room[:], text); err == nil && n == copy(d[:], room[:n]) && n == len(d) {
			return d
		}
	}
	return nil
}

// prepare begins a body that is hashed or kept.
func (r *Reply) prepare() {
	r.takes = true
	if r.hashed() {
		if r.hash == nil {
			r.hash = sha256.New()
		}
		r.hash.Reset()
	}
	if r.body = r.body[:0]; r.saves() {
		r.body = slices.Grow(r.body, int(min(max(0, r.framed.length), 1<<20))) // a length is only a claim
	}
}

// hashed reports whether the body is: it carries its digest, or must have one.
func (r *Reply) hashed() bool { return r.framed.digest != nil || r.demanded() != nil }

// demanded is the digest that the body must have, nil if it may have any.
func (r *Reply) demanded() *digest {
	if want := r.request.want; want != nil {
		return want.digest
	}
	return nil
}

// saves reports whether the body is kept: that of a good reply which is no step on the way to another.
func (r *Reply) saves() bool { return r.request.spec.Save != "" && r.class == record.OK && !r.moved }

// take hashes a piece of the body, and keeps it.
func (r *Reply) take(p []byte) {
	if r.hashed() {
		r.hash.Write(p)
	}
	if r.saves() && len(r.body)+len(p) <= MaxBody {
		r.body = append(r.body, p...)
	}
}

// taken judges a body that was hashed or kept.
func (r *Reply) taken() record.Class {
	if r.hashed() {
		r.hash.Sum(r.sum[:0])
		for _, d := range []*digest{r.framed.digest, r.demanded()} {
			if d != nil && r.sum != *d {
				return record.BodyDigest
			}
		}
	}
	if r.saves() && r.seen > MaxBody {
		return record.SaveTooLarge
	}
	return record.OK
}
