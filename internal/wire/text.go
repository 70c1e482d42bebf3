package wire

import (
	"bytes"
	"iter"
)

// options returns the elements of a comma-separated header value.
func options(value []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for element := range bytes.SplitSeq(value, []byte(",")) {
			if !yield(bytes.Trim(element, " \t")) {
				return
			}
		}
	}
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func hex(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if digit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// is reports whether p is a word, which is in lower case, in any case.
func is(p []byte, word string) bool {
	if len(p) != len(word) {
		return false
	}
	for i, c := range p {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// tokens marks the bytes a method or header name may have (RFC 9110 section 5.6.2).
var tokens = set("!#$%&'*+-.^_`|~")

// names marks the bytes of a host name or IPv4 address.
var names = set("-.")

// hosts marks the bytes of a Host (RFC 3986 section 3.2).
var hosts = set("-._~!$&'()*+,;=%:[]")

// set marks the letters, the digits and more.
func set(more string) (set [256]bool) {
	for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + more) {
		set[c] = true
	}
	return set
}

func only(set *[256]bool, p []byte) bool {
	for _, c := range p {
		if !set[c] {
			return false
		}
	}
	return true
}
