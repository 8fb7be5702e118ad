package direct

import (
	"math"
	"strconv"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// connection is the page that a JobConnection shows.
type connection = *paging.Page

// edge is a record's place on a page.
type edge struct {
	page  connection
	index int
}

// edgeAt and recordAt return the element of edges, and of nodes, for a record that can be read.
func edgeAt(page connection, i int) edge  { return edge{page, i} }
func recordAt(page connection, i int) job { return page.Records[i].Job }
func (e edge) job() *restclient.Job       { return e.page.Records[e.index].Job }

// connectionRows are the fields of JobConnection.
func connectionRows() rows[connection] {
	return rows[connection]{
		"nodes": func(c *compiler, f *field, o *object[connection]) appender[connection] {
			return records(f, o, compile(c, "Job", f.Selections, jobRows()), recordAt)
		},
		"edges": func(c *compiler, f *field, o *object[connection]) appender[connection] {
			return records(f, o, compile(c, "JobEdge", f.Selections, edgeRows()), edgeAt)
		},
		"pageInfo": pageInfo,
		"totalCount": nullable(func(w *writer, page connection) error {
			if page.Total < 0 || page.Total > math.MaxInt32 { // an Int has 32 bits
				return &NoTotalError{}
			}
			w.b = strconv.AppendInt(w.b, page.Total, 10)
			return nil
		}),
	}
}

// records writes a list with one element for each record that can be read. Each of the others is an error of
// the list: of three records of which the second is bad, the list has two, the last one at index 1, and
// upstreamIndex of the error is 1. Where the page has a fault, that is an error of the list, too.
func records[T any](
	f *field, o *object[connection], element *object[T], at func(page connection, i int) T,
) appender[connection] {
	if len(element.lookups) > 0 {
		o.lookups = append(o.lookups, func(l *lookups, page connection) {
			for i := range page.Records {
				if page.Records[i].Err == nil {
					element.lookUp(l, at(page, i))
				}
			}
		})
	}
	return func(w *writer, page connection) {
		if page.Fault != nil {
			w.fail(f, page.Fault)
		}
		w.enter(f)
		defer w.leave()
		for i := range page.Records {
			if err := page.Records[i].Err; err != nil {
				w.leftOut(i, err)
			}
		}
		written := 0
		w.b = append(w.b, '[')
		for i := range page.Records {
			if page.Records[i].Err != nil {
				continue
			}
			if !w.goesOn() {
				break
			}
			if written > 0 {
				w.b = append(w.b, ',')
			}
			w.enterIndex(written)
			element.write(w, at(page, i))
			w.leave()
			written++
		}
		w.b = append(w.b, ']')
	}
}

// edgeRows are the fields of JobEdge.
func edgeRows() rows[edge] {
	return rows[edge]{
		"cursor": plain(func(w *writer, e edge) { w.cursor(e.page, e.index) }),
		"node": func(c *compiler, f *field, o *object[edge]) appender[edge] {
			node := compile(c, "Job", f.Selections, jobRows())
			if len(node.lookups) > 0 {
				o.lookups = append(o.lookups, func(l *lookups, e edge) { node.lookUp(l, e.job()) })
			}
			return func(w *writer, e edge) {
				nested(w, f, node, e.job())
			}
		},
	}
}

// cursor writes the cursor of a record; base64url needs no escapes.
func (w *writer) cursor(page connection, i int) {
	w.b = append(page.AppendCursor(append(w.b, '"'), i), '"')
}

// ends is where a page stands in its list, with the indices of its first and last readable records; -1 if
// there are none.
type ends struct {
	page        connection
	first, last int
}

// pageInfo writes where a page stands in its list. A record that cannot be read has no cursor, so startCursor
// is that of the first readable one.
func pageInfo(c *compiler, f *field, _ *object[connection]) appender[connection] {
	cursorAt := func(index func(ends) int) row[ends] {
		return plain(func(w *writer, e ends) {
			if i := index(e); i >= 0 {
				w.cursor(e.page, i)
				return
			}
			w.null()
		})
	}
	info := compile(c, "PageInfo", f.Selections, rows[ends]{
		"hasNextPage":     plain(func(w *writer, e ends) { w.boolean(e.page.HasNextPage) }),
		"hasPreviousPage": plain(func(w *writer, e ends) { w.boolean(e.page.HasPreviousPage) }),
		"startCursor":     cursorAt(func(e ends) int { return e.first }),
		"endCursor":       cursorAt(func(e ends) int { return e.last }),
	})
	return func(w *writer, page connection) {
		first, last := page.Ends()
		nested(w, f, info, ends{page, first, last})
	}
}
