package findings

// Kinds of Warning, the weightiest first, with the fields that each has. Invalid, Suspect and Failed are kinds of it too: N trials of Of, of
// which the first is Where, for the reason Text, with Advice.
const (
	Interrupted = "interrupted" // N rounds of Of were begun
	FewRounds   = "few-rounds"  // N rounds, of Of that a comparison needs
	Busy        = "busy"        // other programs took Share of the processors' time in the middle round, Worst in the worst
	Disturbed   = "disturbed"   // N cycles of Of were disturbed by others, and repeated
	Note        = "note"        // Text holds for the whole run
	Apart       = "apart"       // the reference differed from its twin by Share in Where
	Flaw        = "flaw"        // Text says what is wrong with a line of the records
	Repeated    = "repeated"    // N trials are of a cell and round that has one already; the first of them is Where
	Miscounted  = "miscounted"  // in N trials server and client counted differently; Text says how in the first, which is Where
	Stolen      = "stolen"      // the host took Share of the processors' time in the middle trial, Worst in the worst
	Dropped     = "dropped"     // N attempts to connect found a full queue, in Of trials
	Restless    = "restless"    // Where used Share of a processor while others had their turns
	NoNull      = "no-null"     // in the cells of List the null responder was not measured
	OneGroup    = "one-group"   // server and client shared all processors
)
