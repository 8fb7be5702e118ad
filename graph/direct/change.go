package direct

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/restclient"
)

// Change is the value of Subscription.jobsChanged: jobs that have changed, and the place behind them.
type Change struct {
	Jobs   []*restclient.Job
	Cursor string // needs no escapes
	Resync bool
}

// changeRows are the fields of JobsChange.
func changeRows() rows[*Change] {
	return rows[*Change]{
		"jobs":   changedJobs,
		"cursor": plain(func(w *writer, c *Change) { w.literal(c.Cursor) }),
		"resync": plain(func(w *writer, c *Change) { w.boolean(c.Resync) }),
	}
}

// changedJobs is the row of JobsChange.jobs.
func changedJobs(c *compiler, f *field, o *object[*Change]) appender[*Change] {
	element := compile(c, "Job", f.Selections, jobRows())
	if len(element.lookups) > 0 {
		o.lookups = append(o.lookups, func(l *lookups, c *Change) {
			for _, j := range c.Jobs {
				element.lookUp(l, j)
			}
		})
	}
	return func(w *writer, c *Change) {
		w.enter(f)
		defer w.leave()
		w.b = append(w.b, '[')
		for i, j := range c.Jobs {
			if !w.goesOn() {
				break
			}
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.enterIndex(i)
			element.write(w, j)
			w.leave()
		}
		w.b = append(w.b, ']')
	}
}

// Subscribed returns the one root field of a subscription.
func (p *Plan) Subscribed() graphql.CollectedField { return p.subscribed.CollectedField }

// Event writes the data of one event of a subscription into buffer, and returns what is to be finished with:
// for {jobUpdated {id}} it is {"jobUpdated":{"id":"…"}. Value is a *Change or a *model.Job, which may be nil.
// Errors are added to the response that ctx belongs to. Answer and caught are as in Resolver.
func (p *Plan) Event(
	ctx context.Context, buffer *Buffer, answer Answerer, caught func(value any) error, value any,
) (data []byte) {
	var out bytes.Buffer
	out.WriteByte('{')
	out.WriteString(keyOf(p.subscribed, 0))
	if isNull(value) {
		out.WriteString("null")
		return out.Bytes()
	}
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Subscription", Field: p.subscribed.CollectedField})
	p.valueOf(ctx, p.roots[p.subscribed.Alias], buffer, answer, caught, value).MarshalGQL(&out)
	return out.Bytes()
}

// valueOf has the lookups of a root field's value answered, and returns what writes the value into buffer.
func (p *Plan) valueOf(
	ctx context.Context, root root, buffer *Buffer, answer Answerer, caught func(value any) error, value any,
) graphql.Marshaler {
	l := lookups{answers: map[lookup]Answer{}}
	root.lookUp(&l, value)
	page, _ := value.(connection)
	l.answer(func(open []*Lookup) { answer(ctx, open, page) })
	return graphql.WriterFunc(func(out io.Writer) {
		w := writer{now: time.Now(), answers: l.answers, caught: caught}
		buffer.write(out, func(b []byte, out *Buffer) []byte {
			w.b, w.out = b, out
			w.root(root, value)
			return w.b
		})
		for _, failure := range w.failures {
			failure.report(ctx)
		}
		buffer.omitted += w.omitted
	})
}
