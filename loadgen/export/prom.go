package export

import "carousel/loadgen/metrics"

// Prom is the loads in the Prometheus text format, which the textfile collector of node_exporter reads.
func Prom(loads []Load) ([]byte, error) {
	var all []metrics.Figures
	for _, l := range loads {
		if l.Histogram == "" {
			return nil, errNoHistogram
		}
		f, err := metrics.Of(l.Name, l.Load)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return metrics.Text(all...)
}
