package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"image/png"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "paint the pictures anew")

// TestImages checks the size of each picture, that it is a PNG, its digest, and that it is what the painter paints.
func TestImages(t *testing.T) {
	if *update {
		var all []byte
		for k := range Images {
			all = append(all, paint(2<<10<<k, k)...)
		}
		if err := os.WriteFile("images.bin", all, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("images.bin is written: run the test again, without -update")
	}
	for k := range Images {
		body, digest := image(int64(k))
		if want := 2 << 10 << k; len(body) != want {
			t.Errorf("image %d has %d bytes, want %d", k, len(body), want)
		}
		decoded, err := png.Decode(bytes.NewReader(body))
		if err != nil {
			t.Fatalf("image %d: %v", k, err)
		}
		if side := decoded.Bounds().Dx(); side < 40 {
			t.Errorf("image %d is %d pixels wide", k, side)
		}
		if !bytes.Equal(body, paint(len(body), k)) {
			t.Errorf("image %d is not what is painted: run go test ./internal/wire -run Images -update", k)
		}
		sum := sha256.Sum256(body)
		if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"; digest != want {
			t.Errorf("image %d has the digest %q, want %q", k, digest, want)
		}
	}
	if size := 2<<10<<Images - 2<<10; len(pictures) != size {
		t.Errorf("all the pictures have %d bytes, want %d", len(pictures), size)
	}
}

// paint makes a PNG file of exactly size bytes: the rings of a carousel with k+2 horses, in greyscale. The pixels are
// stored, not compressed, since no compressor promises to keep its output.
func paint(size, k int) []byte {
	side := 1
	for stored(side+1)+128 <= size {
		side++
	}
	pixels := make([]byte, 0, side*(side+1))
	for y := range side {
		pixels = append(pixels, 0) // this row is not filtered
		for x := range side {
			dx, dy := 2*x-side+1, 2*y-side+1
			ring := (dx*dx + dy*dy) * (k + 2) / (side * side)
			pixels = append(pixels, byte(40+ring*37%200+(x^y)&7))
		}
	}
	idat := []byte{0x78, 0x01} // zlib, no compression (RFC 1950, RFC 1951 section 3.2.4)
	for rest := pixels; len(rest) > 0; {
		n := min(len(rest), 0xffff)
		last := byte(0)
		if n == len(rest) {
			last = 1
		}
		idat = append(idat, last, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		idat, rest = append(idat, rest[:n]...), rest[n:]
	}
	idat = binary.BigEndian.AppendUint32(idat, adler32.Checksum(pixels))

	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32(nil, uint32(side))
	header = binary.BigEndian.AppendUint32(header, uint32(side))
	chunk(&b, "IHDR", append(header, 8, 0, 0, 0, 0)) // 8 bits of grey
	chunk(&b, "IDAT", idat)
	// A comment makes up what is missing; 12 bytes each for its frame and the end's.
	comment := "Comment\x00" + fmt.Sprintf("A carousel with %d horses. ", k+2)
	missing := size - b.Len() - 12 - 12 - len(comment)
	chunk(&b, "tEXt", []byte(comment+strings.Repeat(".", missing)))
	chunk(&b, "IEND", nil)
	return b.Bytes()
}

// stored is the size of an IDAT chunk for a square of that side.
func stored(side int) int {
	n := side * (side + 1)
	return n + 5*(n/0xffff+1) + 2 + 4 + 12
}

func chunk(b *bytes.Buffer, kind string, data []byte) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	frame = append(append(frame, kind...), data...)
	b.Write(binary.BigEndian.AppendUint32(frame, crc32.ChecksumIEEE(frame[4:])))
}
