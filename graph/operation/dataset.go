package operation

import (
	"context"
	"slices"
	"strings"
	"sync"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// DatasetPage is a page that a field asks for: of one dataset's jobs, or of any list for ReadPages.
type DatasetPage struct {
	Dataset string
	Plan    paging.Plan
	// RecordsAlone: only the records are asked for, not how many there are or where they stand.
	RecordsAlone bool
	// Page or Err is the answer; Err also if the page could not be planned.
	Page *paging.Page
	Err  error

	whole restclient.JobsQuery
}

// wholeList returns the list of which the dataset's list is a part: the same one without the filter by
// dataset.
func (d *DatasetPage) wholeList() restclient.JobsQuery {
	list := d.Plan.List
	parameters := strings.Split(string(list.Filter), "&")
	isOurs := func(parameter string) bool { return parameter == "dataset_id="+d.Dataset }
	parameters = slices.DeleteFunc(parameters, isOurs)
	list.Filter = restclient.Filter(strings.Join(parameters, "&"))
	return list
}

// ReadDatasets fills in the answers of pages that are asked for of many datasets at a time. It takes them
// from the page that the datasets stand on (nil for none) where that page decides, from one page of the whole
// list where that is cheaper, and otherwise by calls for each dataset. A failed call is the error of its own
// dataset's page.
func (op *Operation) ReadDatasets(
	ctx context.Context, asked []*DatasetPage, page *paging.Page, offsets *paging.Offsets,
) {
	open := slices.DeleteFunc(slices.Clone(asked), func(d *DatasetPage) bool { return d.Err != nil })
	unite(open)
	for _, d := range open {
		op.reuse(&d.Plan.Key)
		d.whole = d.wholeList()
	}
	open = answerFrom(page, open)
	for _, list := range worthSharing(page, open) {
		whole := paging.Plan{Key: paging.Key{List: list, Size: restclient.MaxPerPage}}
		// If this fails, each dataset is asked for on its own.
		if shared, err := op.Page(ctx, &whole, offsets); err == nil {
			open = answerFrom(shared, open)
		}
	}
	op.readEach(ctx, open, offsets)
}

// ReadPages fills in the answers of pages that are not of datasets, each by calls of its own, all sent
// together. A failed call is the error of its own page.
func (op *Operation) ReadPages(ctx context.Context, asked []*DatasetPage, offsets *paging.Offsets) {
	for _, d := range asked {
		op.reuse(&d.Plan.Key)
	}
	op.readEach(ctx, asked, offsets)
}

// unite makes keys equal that differ only in what is not asked for, so that one page with all that any of
// them needs serves them. Example: the total of a dataset's jobs, and elsewhere their records, become one
// page with both.
func unite(open []*DatasetPage) {
	differs := func(d *DatasetPage) bool { return d.Plan.Unasked != open[0].Plan.Unasked }
	if !slices.ContainsFunc(open, differs) {
		return // they are equal already, as when one field asks
	}
	common := map[paging.Key]paging.Unasked{}
	plain := func(d *DatasetPage) paging.Key {
		key := d.Plan.Key
		key.Unasked = paging.Unasked{}
		return key
	}
	for _, d := range open {
		if d.Plan.Empty { // no call is made for it, so it needs nothing of one
			continue
		}
		key, unasked := plain(d), d.Plan.Unasked
		if known, ok := common[key]; ok {
			unasked = unasked.Both(known)
		}
		common[key] = unasked
	}
	for _, d := range open {
		d.Plan.Unasked = common[plain(d)]
	}
}

// readEach reads each page by calls of its own. The first calls of all are announced to the loaders and sent
// together; otherwise the loaders would have to guess when a batch is complete. Pages that may need more
// calls are read at the same time, so that the second call of one does not wait for that of another.
func (op *Operation) readEach(ctx context.Context, open []*DatasetPage, offsets *paging.Offsets) {
	if len(open) == 0 {
		return
	}
	loader, reader := op.loaders().pages, op.reader(offsets)
	for _, d := range open {
		if reader.CanAnnounce(&d.Plan) {
			loader.Load(ctx, d.Plan.Opening())
		}
	}
	loader.Flush()
	var others sync.WaitGroup
	for _, d := range open {
		if d.Plan.MayNeedMoreCalls() { // and so should not wait for others
			others.Go(func() { d.read(ctx, op, offsets) })
		}
	}
	for _, d := range open {
		if !d.Plan.MayNeedMoreCalls() {
			d.read(ctx, op, offsets)
		}
	}
	others.Wait()
}

// read waits for the page. A panic is the page's error: in a goroutine nothing else would catch it.
func (d *DatasetPage) read(ctx context.Context, op *Operation, offsets *paging.Offsets) {
	defer func() {
		if value := recover(); value != nil {
			d.Page, d.Err = nil, Caught(value)
		}
	}()
	d.Page, d.Err = op.Page(ctx, &d.Plan, offsets)
}
