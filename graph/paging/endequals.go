package paging

// noteEndEquals notes which equals of the page's last readable record the last window shows beyond it. Those
// that the stop lists are beyond it, too.
func (d *draft) noteEndEquals(r scanRange) {
	last := lastReadable(d.records)
	if last < 0 {
		return
	}
	a := &anchor{value: r.order.valueOf(d.records[last].Job)}
	d.endEquals = equals{value: a.value, open: d.more}
	for s := d.rest; s.has(); s.step() {
		job := s.record().Job
		if job == nil || s.alreadyReturned() {
			continue
		}
		if r.order.sideOf(job, a) != sideTied {
			d.endEquals.open = false
			break
		}
		d.endEquals.ties = append(d.endEquals.ties, tieOf(job.ID()))
	}
	if r.stop != nil && r.stop.value.Equal(a.value) {
		stop := equalsOf(r.stop, !r.backwards)
		d.endEquals.ties = append(d.endEquals.ties, stop.ties...)
		d.endEquals.open = d.endEquals.open || stop.open
	}
}
