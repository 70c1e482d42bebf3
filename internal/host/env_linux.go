package host

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// files are the settings that each have their own file.
var files = map[string]string{
	"somaxconn":           "/proc/sys/net/core/somaxconn",
	"tcp_max_syn_backlog": "/proc/sys/net/ipv4/tcp_max_syn_backlog",
	"tcp_tw_reuse":        "/proc/sys/net/ipv4/tcp_tw_reuse",
	"ip_local_port_range": "/proc/sys/net/ipv4/ip_local_port_range",
	"tcp_rmem":            "/proc/sys/net/ipv4/tcp_rmem",
	"tcp_wmem":            "/proc/sys/net/ipv4/tcp_wmem",
	"governor":            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
	"smt":                 "/sys/devices/system/cpu/smt/control",
	"clock_source":        "/sys/devices/system/clocksource/clocksource0/current_clocksource",
}

// machine adds the settings that the kernel reports.
func machine(env map[string]string) {
	for name, path := range files {
		if value := read(path); value != "" {
			env[name] = strings.Join(strings.Fields(value), " ")
		}
	}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		env["kernel"] = unix.ByteSliceToString(uts.Release[:]) + " " + unix.ByteSliceToString(uts.Version[:])
	}
	env["cpus_allowed"] = strings.Trim(fmt.Sprint(CPUs()), "[]")
	if text := turbo(); text != "" {
		env["turbo"] = text
	}
	if text := mitigations(); text != "" {
		env["mitigations"] = text
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return
	}
	if load, err := fs.LoadAvg(); err == nil {
		env["load_average"] = fmt.Sprintf("%.2f %.2f %.2f", load.Load1, load.Load5, load.Load15)
	}
	if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 {
		if cpus[0].ModelName != "" {
			env["cpu_model"] = cpus[0].ModelName
		}
		env["hypervisor"] = strconv.FormatBool(slices.Contains(cpus[0].Flags, "hypervisor"))
	}
	if memory, err := fs.Meminfo(); err == nil && memory.MemTotalBytes != nil {
		env["memory_bytes"] = strconv.FormatUint(*memory.MemTotalBytes, 10)
	}
	if self, err := fs.Self(); err == nil {
		if groups, err := self.Cgroups(); err == nil {
			env["cgroup_cpus"] = quota("/sys/fs/cgroup", groups)
		}
	}
}

// turbo returns "on" or "off" if one of the two drivers that have a switch for it is in use, else "".
func turbo() string {
	off := read("/sys/devices/system/cpu/intel_pstate/no_turbo")
	on := read("/sys/devices/system/cpu/cpufreq/boost")
	switch {
	case off == "0" || on == "1":
		return "on"
	case off == "1" || on == "0":
		return "off"
	}
	return ""
}

// mitigations lists the processor's vulnerabilities that the kernel mitigates, which costs time, and how.
func mitigations() string {
	var list []string
	paths, _ := filepath.Glob("/sys/devices/system/cpu/vulnerabilities/*")
	for _, path := range paths {
		if how, ok := strings.CutPrefix(read(path), "Mitigation: "); ok {
			list = append(list, filepath.Base(path)+": "+how)
		}
	}
	sort.Strings(list)
	return strings.Join(list, "; ")
}
