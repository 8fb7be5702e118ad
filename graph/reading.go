package graph

import (
	"slices"

	"jobsgateway/restclient"
)

// reading is a direction, what the reading starts next to, and what it stops at; either may be nil.
type reading struct {
	order       ordering
	backwards   bool
	start, stop *anchor
}

// isPast reports whether a record stands behind all equals of the stop.
func (by reading) isPast(record restclient.Record) bool {
	if by.stop == nil || record.Job == nil {
		return false
	}
	side := by.order.sideOf(record.Job, by.stop)
	return side == sideAfter && !by.backwards || side == sideBefore && by.backwards
}

// isBeyond reports whether the record at an index of a window is the stop, or one of its equals on its far side. Of equals that
// the stop does not know, those count as beyond that the window shows beyond it.
func (by reading) isBeyond(w window, i int) bool {
	job := w.records[i].Job
	if by.stop == nil || job == nil || by.order.sideOf(job, by.stop) != sideTied {
		return false
	}
	if by.stop.hadItsTurn(job.ID(), !by.backwards) {
		return true
	}
	if slices.Contains(by.stop.passed(by.backwards), tieOf(job.ID())) {
		return false
	}
	at := by.order.find(w, by.stop)
	return at >= 0 && (i > at) != by.backwards
}
