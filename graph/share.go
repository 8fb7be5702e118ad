package graph

import (
	"slices"
	"strings"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// A page of a list tells of the lists of single datasets within it. It is used where it tells them surely:
//
//   - it starts where the list starts, in the order and with the filter that the dataset is asked for, and
//   - it has all jobs of a list whose length is known, or it has as many of the dataset's jobs as are asked for and nothing
//     is asked about the rest: no total, no cursor, no page info, and
//   - no record before that is unreadable, and none names the dataset in a way of which it is not known whether the Jobs API's
//     filter sees it.
//
// The newest jobs of the datasets on the first page of a list are on that very page, so a board costs one call.

// recordsPerCall is how many records of a page cost as much as a call of its own. Source: the benchmarks of calls and
// pages, 45 µs a call and 1.5 µs a record.
const recordsPerCall = 30

// worthSharing gives the whole lists of which one page is cheaper than a call for each dataset that asks. What is known of
// them is what a page shows: that a list fits one page, and that its records tell.
func worthSharing(page *model.JobConnection, open []*asked) []restclient.JobsQuery {
	if page == nil || page.Total == restclient.UnknownTotal || page.Total > restclient.MaxPerPage {
		return nil
	}
	x := indexOf(page)
	if x.unreadable {
		return nil
	}
	var worth []restclient.JobsQuery
	for _, list := range groupByList(open) {
		if page.List.Filter != list.whole.Filter || page.List == list.whole && page.FromStart && x.complete {
			continue // it is not known, or would tell no more
		}
		calls := len(list.askers)
		for _, a := range list.askers {
			if x.doubtful[a.dataset] {
				calls--
			}
		}
		if page.Total < int64(recordsPerCall*(calls-1)) {
			worth = append(worth, list.whole)
		}
	}
	return worth
}

// listAskers are those who ask for parts of one whole list.
type listAskers struct {
	whole  restclient.JobsQuery
	askers []*asked
}

// groupByList groups those who ask for first pages, in the order of asking.
func groupByList(open []*asked) []listAskers {
	var lists []listAskers
	at := map[restclient.JobsQuery]int{}
	for _, a := range open {
		if !a.plan.isFirstPage() {
			continue
		}
		i, ok := at[a.whole]
		if !ok {
			i = len(lists)
			at[a.whole] = i
			lists = append(lists, listAskers{whole: a.whole})
		}
		lists[i].askers = append(lists[i].askers, a)
	}
	return lists
}

// answerFrom answers what a page surely tells, and gives the rest.
func answerFrom(page *model.JobConnection, open []*asked) (rest []*asked) {
	if page == nil || !page.FromStart {
		return open
	}
	var index *pageIndex // made when first needed
	for _, a := range open {
		if !a.plan.isFirstPage() || page.List != a.whole {
			rest = append(rest, a)
			continue
		}
		if index == nil {
			index = indexOf(page)
		}
		if found, ok := index.tell(a); ok {
			*a.answer = direct.Answer{Page: found}
		} else {
			rest = append(rest, a)
		}
	}
	return rest
}

// isFirstPage reports whether a page is read forwards from the start of its list, which holds something.
func (p *pagePlan) isFirstPage() bool {
	return !p.nothing && !p.backwards && p.after == nil && p.before == nil && p.offset == 0
}

// wholeOf is the list without regard to the dataset.
func wholeOf(list restclient.JobsQuery, dataset string) restclient.JobsQuery {
	parameters := strings.Split(string(list.Filter), "&")
	parameters = slices.DeleteFunc(parameters, func(parameter string) bool { return parameter == "dataset_id="+dataset })
	list.Filter = restclient.Filter(strings.Join(parameters, "&"))
	return list
}

// pageIndex is a page by the datasets that its jobs name.
type pageIndex struct {
	page *model.JobConnection
	// jobs are the places of each dataset's jobs on the page, as far as all records are readable.
	jobs map[string][]int
	// doubtful are datasets that a record names in a way that the Jobs API's filter may not see.
	doubtful map[string]bool
	// complete: jobs has every job of the list. Unreadable: some record could not be read.
	complete, unreadable bool
}

func indexOf(page *model.JobConnection) *pageIndex {
	x := &pageIndex{page: page, jobs: map[string][]int{}, doubtful: map[string]bool{}}
	// A short page without a total may be one that the Jobs API has cut.
	x.complete = !page.HasNextPage && page.Total == int64(len(page.Records))
	for i, record := range page.Records {
		if record.Err != nil {
			x.complete, x.unreadable = false, true
			break
		}
		sure, doubtful := restclient.FilteredDatasets(record.Job.Input())
		if sure != "" {
			x.jobs[sure] = append(x.jobs[sure], i)
		}
		for _, id := range doubtful {
			x.doubtful[id] = true
		}
	}
	return x
}

// tell makes a dataset's page of what this page has of it; false where it does not surely tell.
func (x *pageIndex) tell(a *asked) (*model.JobConnection, bool) {
	at := x.jobs[a.dataset]
	if x.doubtful[a.dataset] || !x.complete && (!a.recordsAlone || len(at) < a.plan.size) {
		return nil, false
	}
	size := min(len(at), a.plan.size)
	p := &page{plan: &a.plan, high: int64(size), total: restclient.UnknownTotal}
	if x.complete {
		p.total, p.more = int64(len(at)), size < len(at)
		p.rest.open = p.more
	}
	for place, i := range at[:size] {
		p.records, p.places = append(p.records, x.page.Records[i]), append(p.places, int64(place))
	}
	return p.connection(), true
}
