package direct

import (
	"jobsgateway/graph/paging"
	"jobsgateway/internal/rawjson"
	"jobsgateway/restclient"
)

// datasetRows are the fields of Dataset, by its number.
func datasetRows() rows[string] {
	return rows[string]{
		"id":        plain((*writer).literal),
		"jobs":      datasetJobs,
		"latestJob": latestJob,
	}
}

// datasetJobs is the row of Dataset.jobs. It writes the connection that was looked up; null, with an error,
// if that failed.
func datasetJobs(c *compiler, f *field, o *object[string]) appender[string] {
	jobs := compile(c, "JobConnection", f.Selections, connectionRows())
	unasked, recordsAlone := c.unasked(f.Selections)
	of := &lookupField{f, recordsAlone, unasked, jobs.lookUp}
	o.lookups = append(o.lookups, func(l *lookups, id string) { l.add(of, id) })
	return func(w *writer, id string) {
		found := w.answers[lookup{of, id}]
		if found.Err != nil {
			w.failNull(f, found.Err)
			return
		}
		nested(w, f, jobs, found.Page)
	}
}

// latestJob is the row of Dataset.latestJob. It writes the one job of the page that was looked up; null if
// the page is empty, and null with an error if the job cannot be read.
func latestJob(c *compiler, f *field, o *object[string]) appender[string] {
	node := compile(c, "Job", f.Selections, jobRows())
	of := &lookupField{f, true, paging.Unasked{Flags: true, Total: true}, func(l *lookups, page connection) {
		if len(page.Records) > 0 && page.Records[0].Err == nil {
			node.lookUp(l, page.Records[0].Job)
		}
	}}
	o.lookups = append(o.lookups, func(l *lookups, id string) { l.add(of, id) })
	return func(w *writer, id string) {
		found := w.answers[lookup{of, id}]
		err := found.Err
		if err == nil {
			err = found.Page.Fault
		}
		if err == nil && len(found.Page.Records) > 0 {
			err = found.Page.Records[0].Err
		}
		switch {
		case err != nil:
			w.failNull(f, err)
		case len(found.Page.Records) == 0:
			w.null()
		default:
			nested(w, f, node, found.Page.Records[0].Job)
		}
	}
}

// datasetNamed is the row of the dataset that an input or a result names. Payload returns that of a T.
func datasetNamed[T any](payload func(T) rawjson.Value) row[T] {
	return func(c *compiler, f *field, o *object[T]) appender[T] {
		dataset := compile(c, "Dataset", f.Selections, datasetRows())
		if len(dataset.lookups) > 0 {
			o.lookups = append(o.lookups, func(l *lookups, v T) {
				if id, err := datasetIn(payload(v)); err == nil && id != nil {
					dataset.lookUp(l, *id)
				}
			})
		}
		return func(w *writer, v T) {
			id, err := datasetIn(payload(v))
			switch {
			case err != nil:
				w.failNull(f, err)
			case id == nil:
				w.null()
			default:
				nested(w, f, dataset, *id)
			}
		}
	}
}

// datasetIn returns the number of the dataset that an input or a result names; nil if it names none or is no
// object. Errors: KindMalformed if what it names is no number.
func datasetIn(v rawjson.Value) (*string, error) {
	if v.IsEmpty() || v[0] != '{' {
		return nil, nil
	}
	return restclient.DatasetOf(v)
}
