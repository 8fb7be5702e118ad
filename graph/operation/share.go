package operation

import (
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// A page of a list can answer what the datasets on it are asked, where it decides that:
//
//   - it starts where the list starts, in the order and with the filter that the dataset is asked for, and
//   - it has all jobs of a list whose length is known, or it has as many of the dataset's jobs as are asked
//     for and nothing is asked about the others: no total, no cursor, no page info, and
//   - no record before that is unreadable, and none names the dataset in a way that the Jobs API's filter may
//     not see.
//
// Example: a board asks for the 20 newest jobs and for the latest job of the dataset of each. All of these
// are among the 20, so the board costs one call.

// recordsPerCall is how many records of a page cost as much time as one call. Source: BenchmarkPriceOfACall.
const recordsPerCall = 30

// worthSharing returns the whole lists of which one page is cheaper than a call for each dataset, in the
// order of asking. It decides by what page shows of them: that a list fits one page, and which datasets such
// a page could answer for. Example: a page of a list of 50 jobs is worth three calls for its datasets, since
// its records cost less than two (50 < 2 * recordsPerCall); that of a list of 60 is not.
func worthSharing(page *paging.Page, open []*DatasetPage) []restclient.JobsQuery {
	if page == nil || !page.IsOfWholeList() ||
		page.Total == restclient.UnknownTotal || page.Total > restclient.MaxPerPage {
		return nil
	}
	x := newIndex(page)
	if x.unreadable {
		return nil
	}
	calls := map[restclient.JobsQuery]int{} // that one page of the list would save
	seen := map[restclient.JobsQuery]bool{}
	var lists, worth []restclient.JobsQuery // in the order of asking
	for _, d := range open {
		if !d.Plan.IsFirstPage() {
			continue
		}
		list := d.whole
		if _, ok := calls[list]; !ok {
			lists = append(lists, list)
			calls[list] = 0
		}
		if call := d.Plan.Opening(); !x.doubtful[d.Dataset] && !seen[call] { // fields can begin with the same call
			seen[call] = true
			calls[list]++
		}
	}
	for _, list := range lists {
		if page.List.Filter != list.Filter || page.List == list && page.FromStart && x.complete {
			continue // nothing is known of the list, or its page would show no more
		}
		if page.Total < int64(recordsPerCall*(calls[list]-1)) {
			worth = append(worth, list)
		}
	}
	return worth
}

// answerFrom answers each dataset's page that page alone decides. It returns those that still need a REST
// call.
func answerFrom(page *paging.Page, open []*DatasetPage) (rest []*DatasetPage) {
	if page == nil || !page.FromStart {
		return open
	}
	var x *index // made when first needed
	for _, d := range open {
		if !d.Plan.IsFirstPage() || page.List != d.whole {
			rest = append(rest, d)
			continue
		}
		if x == nil {
			x = newIndex(page)
		}
		if d.Page = x.pageOf(d); d.Page == nil {
			rest = append(rest, d)
		}
	}
	return rest
}

// index has the jobs of a page by the datasets that they name.
type index struct {
	page *paging.Page
	// jobs are the places of each dataset's jobs on the page, up to the first unreadable record.
	jobs map[string][]int
	// doubtful are datasets that a record names in a way that the Jobs API's filter may not see.
	doubtful map[string]bool
	// complete: jobs has every job of the list. Unreadable: some record could not be read.
	complete, unreadable bool
}

// newIndex returns the index of a page.
func newIndex(page *paging.Page) *index {
	x := &index{page: page, jobs: map[string][]int{}, doubtful: map[string]bool{}}
	// A short page without a total may be one that the Jobs API has cut.
	x.complete = !page.HasNextPage && page.Total == int64(len(page.Records))
	for i, record := range page.Records {
		if record.Err != nil {
			x.complete, x.unreadable = false, true
			break
		}
		sure, doubtful := restclient.FilteredDatasets(record.Job.Member(restclient.MemberInput))
		if sure != "" {
			x.jobs[sure] = append(x.jobs[sure], i)
		}
		for _, id := range doubtful {
			x.doubtful[id] = true
		}
	}
	return x
}

// pageOf returns a dataset's page, made of this page's records; nil where this page does not decide.
func (x *index) pageOf(d *DatasetPage) *paging.Page {
	at := x.jobs[d.Dataset]
	if x.doubtful[d.Dataset] || !x.complete && (!d.RecordsAlone || len(at) < d.Plan.Size) {
		return nil
	}
	records := make([]restclient.Record, len(at))
	for k, i := range at {
		records[k] = x.page.Records[i]
	}
	return d.Plan.FirstPage(records, x.complete)
}
