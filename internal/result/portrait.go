package result

// PortraitsFolder is the folder beside trials.jsonl that holds the traces of scenario portrait, a file for each model.
const PortraitsFolder = "portraits"

// Portrait is what became of the clients of scenario portrait, each of whom asks several times.
type Portrait struct {
	Requests      int    `json:"requests"`                 // that the script has
	Answered      int    `json:"answered"`                 // rightly
	EndNS         int64  `json:"end_ns"`                   // from the first connect until the last reply was there, or the last client gave up
	LongestWaitNS int64  `json:"longest_wait_ns"`          // the most that a request took beyond what it asks the handler to take
	Waiter        int    `json:"waiter,omitempty"`         // the number of the client whose request that is; 0: there is none
	Unaccepted    []int  `json:"never_accepted,omitempty"` // the clients that the server's trace knows nothing of
	Error         string `json:"error,omitempty"`          // the first that went wrong for a client
	File          string `json:"file,omitempty"`           // the trace, within the run's folder; "": there is none
	Lacks         string `json:"lacks,omitempty"`          // why not
}
