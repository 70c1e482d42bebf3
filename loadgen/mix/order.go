package mix

import (
	"math/bits"
	"math/rand/v2"
	"sort"

	"carousel/internal/result"
)

// strata is the number of consecutive requests that have exactly the shares of the weights, with order weighted: each is drawn from its own
// stratum.
const strata = 1000

// Order decides the kind of each request of a load. The same kinds and seed give the same order on every machine. It is not safe for concurrent use.
type Order struct {
	how   string
	seed  uint64
	sums  []int64 // of the weights up to and with each kind
	deck  []int32 // the kinds of a round of requests
	round int64   // the round in deck
}

// NewOrder returns an order of at least one kind: result.InFileOrder, result.Shuffled or result.Weighted.
func NewOrder(kinds []result.Kind, how string, seed uint64) *Order {
	o := &Order{how: how, seed: seed}
	sum := int64(0)
	for _, k := range kinds {
		sum += int64(k.Weight)
		o.sums = append(o.sums, sum)
	}
	if how == result.Weighted {
		sum = strata
	}
	o.deck = make([]int32, sum)
	o.deal(0)
	return o
}

// At returns the kind of request n, from 0, as its index in the mix. It is cheap while n increases, because each round is dealt once.
func (o *Order) At(n int64) int {
	size := int64(len(o.deck))
	if round := n / size; round != o.round && o.how != result.InFileOrder {
		o.deal(round)
	}
	return int(o.deck[n%size])
}

// deal fills the deck for a round, with each kind as often as its weight, or one for each stratum, and shuffles it.
func (o *Order) deal(round int64) {
	o.round = round
	random := rand.NewPCG(o.seed, uint64(round))
	sum := uint64(o.sums[len(o.sums)-1])
	for i := range o.deck {
		at := uint64(i)
		if o.how == result.Weighted { // (i + a fraction) / strata of all weights
			at = (at*sum + below(random, sum)) / strata
		}
		o.deck[i] = int32(sort.Search(len(o.sums), func(k int) bool { return uint64(o.sums[k]) > at }))
	}
	if o.how == result.InFileOrder {
		return
	}
	for i := len(o.deck) - 1; i > 0; i-- { // Fisher and Yates 1938
		j := below(random, uint64(i)+1)
		o.deck[i], o.deck[j] = o.deck[j], o.deck[i]
	}
}

// below is a random number from 0 to n-1. It is off even by n in 2^64.
func below(random *rand.PCG, n uint64) uint64 {
	high, _ := bits.Mul64(random.Uint64(), n)
	return high
}
