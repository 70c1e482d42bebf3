package export

import "carousel/internal/result"

// HLog and CSV are of intervals.
func HLog(l *result.Load) ([]byte, error) { return nil, errNoHistogram }
func CSV(l *result.Load) ([]byte, error)  { return nil, errNoHistogram }
