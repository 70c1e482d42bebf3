package host

import (
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// cpuGroups are the folders of the control groups, mounted under root, that may limit this process's processor time: its own and all above
// it. unified says that the files in it are those of version 2.
func cpuGroups(root string, groups []procfs.Cgroup) iter.Seq2[string, bool] {
	return func(yield func(folder string, unified bool) bool) {
		for _, g := range groups {
			mount, unified := root, g.HierarchyID == 0
			if !unified {
				if !slices.Contains(g.Controllers, "cpu") {
					continue
				}
				mount = filepath.Join(root, "cpu")
			}
			for path := g.Path; ; path = filepath.Dir(path) {
				if !yield(filepath.Join(mount, path), unified) {
					return
				}
				if path == filepath.Dir(path) {
					break
				}
			}
		}
	}
}

// quota is how many processors the control groups, mounted under root, let this process use, which is what the tightest
// group from its own up to the root does; "unlimited" if none says.
func quota(root string, groups []procfs.Cgroup) string {
	least := math.Inf(1)
	for folder, unified := range cpuGroups(root, groups) {
		var limit, period string
		if unified {
			limit, period, _ = strings.Cut(read(filepath.Join(folder, "cpu.max")), " ")
		} else {
			limit, period = read(filepath.Join(folder, "cpu.cfs_quota_us")), read(filepath.Join(folder, "cpu.cfs_period_us"))
		}
		l, err := strconv.ParseFloat(limit, 64)
		p, err2 := strconv.ParseFloat(period, 64)
		if err == nil && err2 == nil && l > 0 && p > 0 {
			least = min(least, l/p)
		}
	}
	if math.IsInf(least, 1) {
		return "unlimited"
	}
	return strconv.FormatFloat(least, 'g', 4, 64)
}

// throttled is in how many periods the quotas of these control groups were used up so far, and the nanoseconds that threads
// in them lost by it, added up: loadgen's own among them, and others' in the same group.
func throttled(root string, groups []procfs.Cgroup) (periods, lost int64) {
	for folder := range cpuGroups(root, groups) {
		for line := range strings.Lines(read(filepath.Join(folder, "cpu.stat"))) {
			name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
			n, _ := strconv.ParseInt(text, 10, 64)
			switch name {
			case "nr_throttled":
				periods += n
			case "throttled_usec": // version 2
				lost += n * 1e3
			case "throttled_time": // version 1
				lost += n
			}
		}
	}
	return periods, lost
}
