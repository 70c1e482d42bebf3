package engine

import (
	"slices"

	"carousel/loadgen/client"
	"carousel/loadgen/record"
	"carousel/loadgen/save"
	"carousel/loadgen/spec"
)

// several reports whether requests take turns.
func (r *run) several() bool { return len(r.asks) > 1 }

// sortPaths tells the paths apart that take turns; one may do so several times.
func (r *run) sortPaths() {
	for _, q := range r.asks {
		if !r.several() {
			return
		}
		i := slices.Index(r.paths, q.Path)
		if i < 0 {
			i, r.paths = len(r.paths), append(r.paths, q.Path)
		}
		r.path = append(r.path, i)
	}
}

// number is the next request's, by which it gets its turn; 0 where there are no turns.
func (r *run) number() int64 {
	if !r.several() {
		return 0
	}
	return r.taken.Add(1) - 1
}

// hop is the request that follows on a reply that is a redirect, the hops-th on its way; or the class of error that it is.
func (r *run) hop(asks *client.Asks, from *client.Ask, reply *client.Reply, hops int) (*client.Ask, record.Class) {
	if hops >= r.MaxRedirects {
		return nil, record.RedirectTooMany
	}
	status, location, _ := reply.Moved()
	return asks.Follow(from, status, location)
}

// save puts the body of a good reply into a file. done may be called on any goroutine.
func (r *run) save(q *client.Request, reply *client.Reply, connection int, done func(record.Class)) {
	body, kind := reply.Body()
	stem, extension := save.Stem(q.Path)
	if extension == "" {
		extension = save.Extension(kind)
	}
	reply.Lend(r.files.Put(save.Body{Stem: stem, Extension: extension, Connection: connection, Bytes: body}, done))
}

// openFiles prepares the folder that bodies are saved to, if the load saves.
func (r *run) openFiles() (err error) {
	if r.Save != "" {
		r.files, err = save.Open(r.Save, r.SaveMode == spec.Inline)
	}
	return err
}

// written waits until all files are written that are to be.
func (r *run) written() {
	if r.files != nil {
		r.files.Wait()
	}
}
