package paging

import (
	"context"
	"slices"

	"jobsgateway/restclient"
)

// readEnd reads the last jobs of a list: as the first page of the opposite order, for one call. It is not
// documented how equals stand in the opposite order; it may be as in this one. Where equals are met, the end
// is read in the list's own order, before the place that the total gives, unless the total is not true.
func (r *reading) readEnd(ctx context.Context) error {
	own, opposite := r.plan.List.OrderBy, r.plan.List.OrderBy.Reversed()
	r.list.OrderBy, r.witness = opposite, witness{}
	first, err := r.at(ctx, 0, r.plan.Opening().PerPage)
	if err != nil {
		return err
	}
	total := first.credibleTotal()
	if r.plan.Size > 0 && r.order().hasTies(first) && total != restclient.UnknownTotal {
		r.list.OrderBy, r.witness = own, witness{}
		if done, err := r.readEndAt(ctx, total, first); done || err != nil {
			return err
		}
		r.list.OrderBy, r.witness = opposite, witness{}
	}
	r.draft.opposite = true
	r.within = scanRange{order: ordering(opposite), stop: r.plan.after.mirrored(), times: r.plan.Times}
	return r.collect(ctx, place{window: first})
}

// readEndAt reads the last jobs of a list, in its own order, before the place that its total gives. False:
// the list does not end there, or has moved meanwhile, and nothing was read. Opposite is the end as the
// opposite order has it.
func (r *reading) readEndAt(ctx context.Context, total int64, opposite window) (done bool, err error) {
	w, err := r.through(ctx, max(0, total-int64(r.plan.Size)), total)
	if err != nil || w.total != total || w.credibleTotal() == restclient.UnknownTotal {
		return false, err
	}
	p := placeAt(w, total)
	if ends, err := r.endsAt(ctx, p, opposite); !ends || err != nil {
		return false, err
	}
	r.draft.low, r.draft.high = total, total
	return true, r.collect(ctx, p)
}

// endsAt reports whether a list ends at a place: then as many equals stand before it as the opposite order
// begins with. Example: A B C1 C2 ends where [C1 C2 B A] begins the opposite order: two equals, of one time,
// in both. If one of them does not show all of its equals, one call finds out whether a record stands behind
// the place.
func (r *reading) endsAt(ctx context.Context, p place, opposite window) (bool, error) {
	order := r.order()
	begins, all := order.equalsFrom(opposite.records)
	backwards := slices.Clone(p.records[:p.index])
	slices.Reverse(backwards)
	ends, allHere := order.equalsFrom(backwards)
	switch {
	case begins == 0 || ends == 0 || !order.areTied(backwards[0].Job, opposite.records[0].Job):
		return false, nil
	case (all || opposite.reachesEnd()) && (allHere || p.offset == 0):
		return begins == ends, nil
	}
	behind, err := r.at(ctx, p.placeOf(p.index), 1)
	return err == nil && len(behind.records) == 0, err
}
