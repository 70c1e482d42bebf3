package result

// PortraitsFolder is the folder beside trials.jsonl that holds the traces of scenario portrait, a file for each model.
const PortraitsFolder = "portraits"

// Portrait is the result of scenario portrait, whose clients send several requests each.
type Portrait struct {
	Requests      int    `json:"requests"`                 // of the script
	Answered      int    `json:"answered"`                 // with the right reply
	EndNS         int64  `json:"end_ns"`                   // from the first connect until the last reply was there, or the last client gave up
	LongestWaitNS int64  `json:"longest_wait_ns"`          // longest time of a request beyond the time that its handler takes
	Waiter        int    `json:"waiter,omitempty"`         // number of the client of that request; 0: there is none
	Unaccepted    []int  `json:"never_accepted,omitempty"` // clients that are not in the server's trace
	Error         string `json:"error,omitempty"`          // first error of a client
	File          string `json:"file,omitempty"`           // the trace, within the run's folder; "": there is none
	Lacks         string `json:"lacks,omitempty"`          // why there is no trace
}
