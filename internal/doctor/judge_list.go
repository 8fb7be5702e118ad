package doctor

import (
	"slices"
	"time"

	"jobsgateway/restclient"
)

// judgeList says whether the list is as the gateway needs it.
func judgeList(got answers) []Finding {
	if len(got.first.page.Records) == 0 {
		return append(judgeDrift(got.drifts), ofList.note(
			"Ask with a token whose company has jobs, to have the records looked at.",
			"The list is empty for this token."))
	}
	found := []Finding{judgeTotal(got), judgeOffsets(got)}
	found = append(found, judgeOrder(got.pages())...)
	found = append(found, judgeSizes(got.pages())...)
	return append(found, judgeRecords(got, time.Now())...)
}

// pages returns the pages that there are.
func (got answers) pages() []*restclient.JobsPage {
	pages := []*restclient.JobsPage{got.first.page}
	for _, a := range []*answer{got.window, got.aligned} {
		if a != nil && a.failed == nil {
			pages = append(pages, a.page)
		}
	}
	return pages
}

// judgeTotal says how long the list is, if that is told and can be true.
func judgeTotal(got answers) Finding {
	const alone = "Nothing, if nobody asks for totalCount: it is null, with an error. Pages work."
	total, least := got.first.page.Total, int64(1)
	if got.isHonoured() {
		least += int64(len(got.window.page.Records))
	}
	switch {
	case total == restclient.UnknownTotal:
		return ofList.note(alone, "total_records is missing, or is no number.")
	case total < least:
		return ofList.note(alone, "total_records is %d, and the list has at least %d jobs.", total, least)
	}
	return ofList.ok("The list has %s for this token.", count(total, "job"))
}

// idOf returns the id of a page's first record; empty if there is none that can be read.
func idOf(page *restclient.JobsPage) string {
	if len(page.Records) == 0 || page.Records[0].Job == nil {
		return ""
	}
	return page.Records[0].Job.ID()
}

// placeOf returns the index of a job in a page; -1 if it is not there.
func placeOf(page *restclient.JobsPage, id string) int {
	isIt := func(r restclient.Record) bool { return r.Job != nil && r.Job.ID() == id }
	return slices.IndexFunc(page.Records, isIt)
}

// isDoubtful reports whether the window from the second record on leaves a doubt: it has the first record,
// since the offset was rounded or since a job has arrived, or it was refused, for its offset or for its size.
func isDoubtful(first, window answer) bool {
	if window.failed != nil {
		return window.failed.Kind == restclient.KindInvalid
	}
	id := idOf(first.page)
	return id != "" && placeOf(window.page, id) >= 0
}

// isHonoured reports whether the window surely begins where it was asked for: it does not have the first
// record, or does not begin where the aligned window does.
func (got answers) isHonoured() bool {
	w := got.window
	switch {
	case w == nil || w.failed != nil || idOf(got.first.page) == "" || idOf(w.page) == "":
		return false
	case got.aligned == nil:
		return true
	}
	return got.aligned.failed == nil && placeOf(got.aligned.page, idOf(w.page)) > 0
}

// judgeOffsets says which offsets the API takes.
func judgeOffsets(got answers) Finding {
	const nothing = "Nothing: the gateway notices, and asks for pages that begin at multiples of their size, " +
		"with more calls for some."
	w, isAligned := got.window, got.aligned != nil && got.aligned.failed == nil
	switch {
	case w == nil:
		return ofList.note("Nothing, or ask with a token that sees more of them.",
			"Which offsets the API takes cannot be seen in a list of one job.")
	case got.isHonoured():
		return ofList.ok("The API takes any offset.")
	case w.failed != nil && isAligned:
		return ofList.note(nothing, "The API refuses offset=1 with per_page=%d: it takes multiples of per_page "+
			"alone.", w.query.PerPage)
	case w.failed != nil && got.aligned != nil:
		return ofList.wrong("Lower --default-page-size and --max-page-size to what the API takes.",
			"The API refuses per_page=%d.", w.query.PerPage)
	case w.failed != nil:
		return judgeFailure(got, *w)
	case isAligned && placeOf(got.aligned.page, idOf(w.page)) == 0:
		return ofList.note(nothing, "The API rounds offset=1 down to a multiple of per_page=%d.", w.query.PerPage)
	}
	return ofList.note("Ask again.", "Which offsets the API takes could not be seen: the list has changed "+
		"meanwhile, or its records cannot be read.")
}

// judgeOrder says if the records do not come newest first, as they were asked for.
func judgeOrder(pages []*restclient.JobsPage) []Finding {
	for _, page := range pages {
		var newer time.Time
		for _, record := range page.Records {
			if record.Job == nil {
				continue
			}
			created := record.Job.CreatedAt().Time()
			if !newer.IsZero() && created.After(newer) {
				return []Finding{ofList.wrong("The API has to honour order_by: without an order no page is found again.",
					"The records are not in the order created_at_desc that was asked for.")}
			}
			newer = created
		}
	}
	return nil
}

// judgeSizes says if per_page is not honoured.
func judgeSizes(pages []*restclient.JobsPage) []Finding {
	for _, page := range pages {
		if sent := page.Sent(); sent > page.Asked {
			return []Finding{ofList.note("The API should honour per_page: what is too much is read and thrown away.",
				"The API sent %s when %d was asked for.", count(int64(sent), "record"), page.Asked)}
		}
	}
	return nil
}
