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

// cpuGroups yields the folders, under the mount point root, of the control groups that may limit this process's processor time: its own and
// all above it. unified is true for a group of version 2.
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

// quota returns how many processors the control groups, mounted under root, let this process use: the lowest limit of its own
// group and those above it; "unlimited" if none has a limit.
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

// throttled returns in how many periods these control groups used up their quotas so far, and how long that stopped their threads,
// summed, in nanoseconds. The threads are those of this process and of others in the same groups.
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
