package direct

import (
	"strconv"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

type connection = *model.JobConnection

// edge is a record's place on a page.
type edge struct {
	page  connection
	index int
}

func edgeAt(page connection, i int) edge  { return edge{page, i} }
func recordAt(page connection, i int) job { return page.Records[i].Job }
func (e edge) job() *restclient.Job       { return e.page.Records[e.index].Job }

// connectionFields writes the fields of JobConnection.
func connectionFields() map[string]maker[connection] {
	return map[string]maker[connection]{
		"nodes": func(c *compiler, f *field, o *object[connection]) part[connection] {
			return records(f, o, compile(c, "Job", f.Selections, jobFields()), recordAt)
		},
		"edges": func(c *compiler, f *field, o *object[connection]) part[connection] {
			return records(f, o, compile(c, "JobEdge", f.Selections, edgeFields()), edgeAt)
		},
		"pageInfo": pageInfo,
		"totalCount": nullable(func(w *writer, page connection) error {
			total, err := page.TotalCount()
			if err == nil {
				w.b = strconv.AppendInt(w.b, int64(*total), 10)
			}
			return err
		}),
	}
}

// records makes a list with one element for each record that can be read; the others are told as errors of the list.
func records[T any](f *field, o *object[connection], element *object[T], at func(page connection, i int) T) part[connection] {
	if len(element.asks) > 0 {
		o.asks = append(o.asks, func(q *questions, page connection) {
			for i := range page.Records {
				if page.Records[i].Err == nil {
					element.ask(q, at(page, i))
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

// edgeFields writes the fields of JobEdge.
func edgeFields() map[string]maker[edge] {
	return map[string]maker[edge]{
		"cursor": plain(func(w *writer, e edge) { w.cursor(e.page, e.index) }),
		"node": func(c *compiler, f *field, o *object[edge]) part[edge] {
			node := compile(c, "Job", f.Selections, jobFields())
			if len(node.asks) > 0 {
				o.asks = append(o.asks, func(q *questions, e edge) { node.ask(q, e.job()) })
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

// ends is where a page stands in its list, and its first and last readable records; -1 for none.
type ends struct {
	page        connection
	first, last int
}

// pageInfo writes where a page stands in its list.
func pageInfo(c *compiler, f *field, _ *object[connection]) part[connection] {
	cursorAt := func(index func(ends) int) maker[ends] {
		return plain(func(w *writer, e ends) {
			if i := index(e); i >= 0 {
				w.cursor(e.page, i)
				return
			}
			w.null()
		})
	}
	info := compile(c, "PageInfo", f.Selections, map[string]maker[ends]{
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
