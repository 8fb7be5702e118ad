package restclient

import (
	"sync/atomic"

	"jobsgateway/internal/memory"
)

// hold is the memory of a body, which goes back when nobody holds the page or the job in it any more. Several
// hold it where equal calls were one call.
type hold struct {
	memory *memory.Memory
	owner  string
	body   []byte
	by     atomic.Int32
	// abandoned: somebody may still read it.
	abandoned atomic.Bool
}

// add adds holders, or takes some off.
func (h *hold) add(n int) {
	if h == nil || h.by.Add(int32(n)) != 0 { //nolint:gosec // callers, not that many
		return
	}
	if h.abandoned.Load() {
		h.memory.Drop(h.owner, int64(cap(h.body)))
	} else {
		h.memory.Give(h.owner, h.body)
	}
}

// abandon takes off a holder who may still read it.
func (h *hold) abandon() {
	if h != nil {
		h.abandoned.Store(true)
		h.add(-1)
	}
}

// Release gives the memory of a page back, unless somebody else holds the page, too. Each caller of Jobs may
// call it once, when it does not read the page's records, or values of them, any more. A page that is never
// released counts for good.
func (p *JobsPage) Release() { p.hold.add(-1) }

// Abandon is Release where somebody may still read the page: its memory is left to the garbage collector.
func (p *JobsPage) Abandon() { p.hold.abandon() }

// Release gives the memory of a job that Client.Job returned back, as JobsPage.Release does. It does nothing
// for a job of a page.
func (j *Job) Release() { j.hold.add(-1) }

// Abandon is Release where somebody may still read the job.
func (j *Job) Abandon() { j.hold.abandon() }

func (p *JobsPage) held() *hold { return p.hold }
func (j *Job) held() *hold      { return j.hold }
