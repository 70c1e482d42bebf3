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

// digestOf returns the SHA-256 in the value of a Content-Digest header (RFC 9530), which may have other digests too; nil if it has none that can be
// parsed (RFC 9651, section 4.2).
func digestOf(value []byte) *digest {
	for member := range bytes.SplitSeq(value, comma) {
		text, ok := bytes.CutPrefix(bytes.Trim(member, " \t"), []byte("sha-256=:"))
		if !ok {
			continue
		}
		text, parameters, ok := bytes.Cut(text, colon)
		d, room := new(digest), [sha256.Size + 3]byte{} // the decoder needs room for whole groups
		if !ok || len(parameters) > 0 && parameters[0] != ';' || base64.StdEncoding.DecodedLen(len(text)) > len(room) {
			continue
		}
		if n, err := base64.StdEncoding.Strict().Decode(room[:], text); err == nil && n == copy(d[:], room[:n]) && n == len(d) {
			return d
		}
	}
	return nil
}

// prepare begins a body that is hashed or saved.
func (r *Reply) prepare() {
	r.takes = true
	if r.hashed() {
		if r.hash == nil {
			r.hash = sha256.New()
		}
		r.hash.Reset()
	}
	if r.body = r.body[:0]; r.saves() {
		r.body = slices.Grow(r.body, int(min(max(0, r.framed.length), 1<<20))) // the length is only the server's claim
	}
}

// hashed reports whether the body is hashed: the reply has a digest, or a certain one is demanded.
func (r *Reply) hashed() bool { return r.framed.digest != nil || r.demanded() != nil }

// demanded returns the digest that the body must have, nil if any will do.
func (r *Reply) demanded() *digest {
	if want := r.request.want; want != nil {
		return want.digest
	}
	return nil
}

// saves reports whether the body is saved: that of a good reply that is no redirect.
func (r *Reply) saves() bool { return r.request.spec.Save != "" && r.class == record.OK && !r.moved }

// take hashes a piece of the body and keeps it, as needed.
func (r *Reply) take(p []byte) {
	if r.hashed() {
		r.hash.Write(p)
	}
	if r.saves() && len(r.body)+len(p) <= MaxBody {
		r.body = append(r.body, p...)
	}
}

// taken returns the class of a complete body that was hashed or saved.
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
