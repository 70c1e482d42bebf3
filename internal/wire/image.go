package wire

import _ "embed"

// Images is the number of pictures that /image/K serves, K from 0. The K-th is exactly 2 KiB << K long, up to 1 MiB.
const Images = 10

// pictures are all of them, one after another. image_test.go paints them and checks the file. To paint them here would take 30 ms, too long
// for a start or for the first request, and they would be on the heap.
//
//go:embed images.bin
var pictures []byte

// digests are the Content-Digest headers of the pictures (RFC 9530), by which a client checks what it saved.
var digests = [Images]string{
	"sha-256=:n2fhgyOH2NOcdlaUnlYYFATori9SVPwbaAl67wIslvw=:",
	"sha-256=:kWP1a+/8LS2PKVekVYkTcVefeBogGO9k4uH2aQ+dxuE=:",
	"sha-256=:8MegydQt/1WuoBJ/NjXAvCEboGVkm1L3KPI62RzgmgA=:",
	"sha-256=:AwOeTGRrSEHHlB+8jDetNYUHetEryrDTNeIBRNZi5EA=:",
	"sha-256=:GeZuZYcteoIqd/PFElyViUJV1DpGqNi98/7hrOiAN98=:",
	"sha-256=:4yw7gDcwnVuNqupqzHl09GUZWOlFCzvsGOocTp8lyQc=:",
	"sha-256=:9qX/hwGq8bXI1/2SfuuBsHQGGJARPimmGT5HBx0E+r4=:",
	"sha-256=:E6IzciUXFReh8+qOzzL0cVw7DnJgdtRD/NDJDIDZnQ8=:",
	"sha-256=:IRaCYSIPf/Or6glrjSF6ukxTLsOvuweRVjxtBR/Yzo0=:",
	"sha-256=:q3AteqfS3jWkqTknscrCpqAUNYzap78pd0wWvg22QgY=:",
}

// image returns the K-th picture and its digest.
func image(k int64) (body []byte, digest string) {
	size := 2 << 10 << k
	return pictures[size-2<<10:][:size], digests[k]
}
