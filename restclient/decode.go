package restclient

import (
	"math"
	"slices"
	"strconv"

	"jobsgateway/internal/rawjson"
)

// pageMembers are the members of a page that are read. Source: GET /jobs.
var pageMembers = [...]string{"records", "total_records", "next_page"}

// readPage reads an answer of GET /jobs and keeps at most limit records, also if the API sends more. It checks
// every byte, in one pass, and notes what is not as documented. Errors: KindMalformed when the body is no JSON
// or no page.
func readPage(body []byte, limit int, drifts *drifts) (*JobsPage, error) {
	at, err := rawjson.Open(body)
	if err != nil {
		return nil, malformed("%w", err)
	}
	if !at.StartsWith('{') {
		return nil, malformed("page is not an object")
	}
	page := &JobsPage{Total: UnknownTotal}
	records := recordsDecoder{length: len(body), limit: limit, names: rawjson.NamesOf(memberNames[:]), drifts: drifts}
	names := rawjson.NamesOf(pageMembers[:])
	members := at.Enter()
	for members.Next(&names) {
		switch members.Index() {
		case 0:
			if !members.StartsWith('[') {
				return nil, malformed("records is not an array")
			}
			records.decode(&members)
		case 1:
			page.Total = totalOf(members.Take())
		case 2:
			page.NextPage = pageNumberOf(members.Take())
		default:
			if drifts != nil && members.Offset() >= 0 && !unreadPageMembers[string(members.Name())] {
				drifts.note(UnknownPageMember, 0, members.Name())
			}
			members.Skip()
		}
	}
	at.Leave(&members)
	if err := at.Close(); err != nil {
		return nil, malformed("%w", err)
	}
	if records.records == nil {
		return nil, malformed("page has no records")
	}
	page.Records = records.records
	if page.Total == UnknownTotal {
		drifts.note(UntoldTotal, 0, nil)
	}
	return page, nil
}

// totalOf returns a total, a whole number from 0 to 2^63-1; UnknownTotal for anything else.
func totalOf(v rawjson.Value) int64 {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil || n > math.MaxInt64 {
		return UnknownTotal
	}
	return int64(n)
}

// pageNumberOf returns the number of a page, also if it is written as a string; 0 for anything else.
func pageNumberOf(v rawjson.Value) int64 {
	const most = 1 << 40 // pages; times MaxPerPage it is an offset that fits into 64 bits
	digits := []byte(v)
	if inner := v.Quoted(); inner != nil {
		digits = inner
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return int64(min(n, most))
}

// readJob reads an answer of GET /jobs/{job_id}, and notes what is not as documented. Errors: KindMalformed
// when the body is no JSON or no job.
func readJob(body []byte, drifts *drifts) (*Job, error) {
	at, err := rawjson.Open(body)
	if err != nil {
		return nil, malformed("%w", err)
	}
	job := &Job{}
	names := rawjson.NamesOf(memberNames[:])
	problem := job.decode(&at, &names, drifts)
	if err := at.Close(); err != nil {
		drifts.forget()
		return nil, malformed("%w", err)
	}
	if problem != nil {
		return nil, problem
	}
	return job, nil
}

// recordsDecoder reads the records of a page. All jobs lie in one piece of memory, or a few: a page of 500
// records costs 4 allocations.
type recordsDecoder struct {
	length  int // of the body
	limit   int
	records []Record
	// jobs is where the next jobs go: room for as many as are expected is made at once, since a page has
	// hundreds. It is never grown, for records point into it.
	jobs   []Job
	names  rawjson.Names
	drifts *drifts
}

// decode reads the array that at stands at. An element that is JSON but no job is kept as its own error, so
// that it cannot take the page with it.
// Of two arrays named records in one page the last counts, as for every member that is there twice. A job that
// comes twice is kept once.
func (d *recordsDecoder) decode(at *rawjson.Walk) {
	// An array that comes twice replaces the first, whose space it takes.
	d.records, d.jobs = slices.Grow(d.records[:0], 1), d.jobs[:0]
	begin := at.Offset()
	elements := at.Enter()
	for elements.Next(nil) {
		if len(d.records) >= d.limit {
			elements.Skip()
			continue
		}
		var job Job
		if err := job.decode(&elements, &d.names, d.drifts); err != nil {
			d.records = append(d.records, Record{Err: err})
			continue
		}
		if len(d.jobs) == cap(d.jobs) {
			n := d.expected(elements.Offset()-begin, d.length-elements.Offset())
			d.jobs = make([]Job, 0, n)
			d.records = slices.Grow(d.records, n)
		}
		d.jobs = append(d.jobs, job)
		d.records = append(d.records, Record{Job: &d.jobs[len(d.jobs)-1]})
	}
	at.Leave(&elements)
	refuseRepeated(d.records)
}

// expected returns how many records there probably are to keep from this one on: those that fit into what is
// left of the body if they are as long as those before, and an eighth more, since they may be shorter. took
// and left are bytes. When a first record took 1,000 bytes and 99,000 are left: 1 + 98 + 12 = 111.
func (d *recordsDecoder) expected(took, left int) int {
	average := took/(len(d.records)+1) + 1
	guess := left / average
	return min(1+guess+guess/8, d.limit-len(d.records))
}

// decode notes where the members of the record that at stands at are, and checks those that every job has.
// Errors: KindMalformed for what is JSON but no job. What is no JSON is a fault of at.
func (j *Job) decode(at *rawjson.Walk, names *rawjson.Names, drifts *drifts) error {
	if !at.StartsWith('{') {
		at.Skip()
		drifts.note(LeftOutElement, 0, nil)
		return unreadable("are no objects")
	}
	*j = Job{}
	begin := at.Offset()
	members := at.Enter()
	for members.Next(names) {
		m, from := members.Index(), members.Offset()
		if m < 0 && drifts != nil && from >= 0 && !unreadMembers[string(members.Name())] {
			drifts.note(UnknownMember, 0, members.Name())
		}
		members.Skip()
		if to := members.Offset(); m >= 0 && to >= 0 {
			j.members[m] = span{uint32(from - begin), uint32(to - begin)} //nolint:gosec // see below
		}
	}
	j.raw = at.Leave(&members)
	switch {
	case j.raw == nil:
		return unreadable("are no JSON") // nobody sees it: the whole body is refused
	case uint64(len(j.raw)) > math.MaxUint32: // more than a span can tell
		return unreadable("are too large")
	}
	if err := j.checkNeeds(drifts); err != nil {
		return err
	}
	drifts.look(j)
	return nil
}

// checkNeeds checks the members that every job needs: without one of them a record is no job.
func (j *Job) checkNeeds(drifts *drifts) error {
	for m := range members {
		value := j.Member(Member(m))
		switch members[m].need {
		case aText:
			if len(value.Quoted()) == 0 {
				drifts.note(LeftOutRecord, Member(m), nil)
				return unreadable("have no " + memberNames[m] + " that is a string")
			}
		case aTime:
			if !isTimestamp(value) {
				drifts.note(LeftOutRecord, Member(m), nil)
				return unreadable("have no " + memberNames[m] + " that is a time")
			}
		case optional:
			return nil // and so are all that follow
		}
	}
	return nil
}
