package stats

// MinBlocks is the fewest blocks that compare anything. A t interval over eight is a fifth wider than over very many, over four
// six tenths wider.
const MinBlocks = 8

// MostBlocks is the most blocks worth cutting into. More of them know their spread better, but the median of three or four cycles no
// longer leaves out what is disturbed. On invented noise with heavy tails intervals were narrowest over 8 to 10 blocks of 50
// cycles, 10 to 16 of 100 and 16 to 25 of 200; over ten they are within 6 % of the best each time. Where servers wander from cycle
// to cycle on their own, long blocks cover better too.
const MostBlocks = 10

// Blocks cuts 0..n into at most most consecutive blocks of nearly equal length, each [from, to). It returns none if there would be fewer
// than MinBlocks.
//
// Neighbouring cycles are correlated and whole blocks hardly are, so the spread of block means shows how sure their mean is (batch means,
// Conway 1963).
func Blocks(n, most int) [][2]int {
	count := min(n, most)
	if count < MinBlocks {
		return nil
	}
	blocks := make([][2]int, count)
	for i := range blocks {
		blocks[i] = [2]int{i * n / count, (i + 1) * n / count}
	}
	return blocks
}
