package stats

import "slices"

// Letters returns for each of n things, best first, the letters of its groups: two things share a letter exactly when tied returns true for
// them (compact letter display, Piepho 2004). Ties need not be transitive: one in the middle may tie with both neighbours, which differ,
// and then has two letters. Groups are the maximal sets of mutual ties.
func Letters(n int, tied func(i, j int) bool) []string {
	var groups [][]int
	var grow func(group, candidates, seen []int)
	grow = func(group, candidates, seen []int) { // Bron and Kerbosch, 1973
		if len(candidates) == 0 && len(seen) == 0 {
			groups = append(groups, slices.Sorted(slices.Values(group)))
			return
		}
		// The pivot has the most ties. A group without it would contain something not tied to it, so its ties need not be tried (Tomita 2006): n
		// things that all tie take n steps, not 2^n.
		pivot, most := -1, -1
		for _, u := range slices.Concat(candidates, seen) {
			ties := 0
			for _, v := range candidates {
				if u != v && tied(u, v) {
					ties++
				}
			}
			if ties > most {
				pivot, most = u, ties
			}
		}
		for _, v := range slices.Clone(candidates) {
			if v != pivot && tied(pivot, v) {
				continue
			}
			with := func(others []int) (kept []int) {
				for _, o := range others {
					if v != o && tied(v, o) {
						kept = append(kept, o)
					}
				}
				return kept
			}
			grow(append(slices.Clone(group), v), with(candidates), with(seen))
			candidates = slices.DeleteFunc(slices.Clone(candidates), func(o int) bool { return o == v })
			seen = append(slices.Clone(seen), v)
		}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	grow(nil, all, nil)

	slices.SortFunc(groups, slices.Compare)
	letters := make([]string, n)
	for g, group := range groups {
		for _, i := range group {
			letters[i] += name(g)
		}
	}
	return letters
}

// name is a, b, ... z, a2, b2 ...
func name(g int) string {
	letter := string(rune('a' + g%26))
	if g < 26 {
		return letter
	}
	return letter + string(rune('1'+g/26))
}
