package restclient

import (
	"math"
	"slices"
	"unicode/utf8"
)

// decodePage reads an answer of GET /jobs, keeping at most limit records: the API may not send more than were
// asked for, and a page of ours is never larger than its caller expects. Every byte is checked, in one pass; why the
// scanner is our own stands in docs/adr.
func decodePage(body []byte, limit int) (*JobsPage, error) {
	start, err := checkBody(body)
	if err != nil {
		return nil, err
	}
	if body[start] != '{' {
		return nil, malformed("page is not an object")
	}
	page := &JobsPage{Total: UnknownTotal}
	reader := recordsReader{body: body, limit: limit}
	w := walkInto(body, start, 0)
	for w.next() {
		switch {
		case spells(w.name, "records"):
			if w.at == len(body) || body[w.at] != '[' {
				return nil, malformed("records is not an array")
			}
			w.at = reader.read(w.at, w.level)
		case spells(w.name, "total_records"):
			page.Total = w.skip().count()
		case spells(w.name, "next_page"):
			page.NextPage = w.skip().pageNumber()
		default:
			w.skip()
		}
	}
	if err := checkEnd(body, w.at); err != nil {
		return nil, err
	}
	if reader.records == nil {
		return nil, malformed("page has no records")
	}
	page.Records = reader.records
	return page, nil
}

// decodeJob reads an answer of GET /jobs/{job_id}.
func decodeJob(body []byte) (*Job, error) {
	start, err := checkBody(body)
	if err != nil {
		return nil, err
	}
	job := &Job{}
	end, problem := job.read(body, start, 0, &memberOrder{})
	if err := checkEnd(body, end); err != nil {
		return nil, err
	}
	if problem != nil {
		return nil, problem
	}
	return job, nil
}

// checkBody refuses what holds no value, and gives where the value begins.
func checkBody(body []byte) (start int, err error) {
	if !utf8.Valid(body) {
		return 0, malformed("body is not UTF-8")
	}
	if start = skipSpace(body, 0); start == len(body) {
		return 0, malformed("body is empty")
	}
	return start, nil
}

// checkEnd refuses a body whose value ended in a fault, or has anything but space behind it.
func checkEnd(body []byte, end int) error {
	if end < 0 {
		return malformed("body is not JSON at byte %d of %d", ^end, len(body))
	}
	if end = skipSpace(body, end); end < len(body) {
		return malformed("body goes on behind its value at byte %d of %d", end, len(body))
	}
	return nil
}

// recordsReader reads the records of a page.
type recordsReader struct {
	body    []byte
	limit   int
	records []Record
	// jobs is where the next jobs go: as many in one piece as are expected, since a page has hundreds. It is never
	// grown, for its jobs are pointed at.
	jobs []Job
	// order is that of the members in the record before.
	order memberOrder
}

// read reads the array at body[i], which stands in as many others as level says. An element that is JSON but no job is
// kept as its own error, so that it cannot take the page with it.
func (r *recordsReader) read(i, level int) int {
	// An array that comes twice replaces the first, whose space it takes.
	r.records, r.jobs = slices.Grow(r.records[:0], 1), r.jobs[:0]
	w := walkInto(r.body, i, level)
	for w.next() {
		if len(r.records) >= r.limit {
			w.skip()
			continue
		}
		var job Job
		var err error
		if w.at, err = job.read(r.body, w.at, w.level, &r.order); w.at < 0 {
			break
		}
		if err != nil {
			r.records = append(r.records, Record{Err: err})
			continue
		}
		if len(r.jobs) == cap(r.jobs) {
			n := r.expected(w.at-i, len(r.body)-w.at)
			r.jobs = make([]Job, 0, n)
			r.records = slices.Grow(r.records, n)
		}
		r.jobs = append(r.jobs, job)
		r.records = append(r.records, Record{Job: &r.jobs[len(r.jobs)-1]})
	}
	return w.at
}

// expected guesses how many records there are left to keep, this one included, if they are as long as those before,
// which took so many bytes of the body together and left so many. It is 1 at least, and a little too large, for a page
// whose records get shorter.
func (r *recordsReader) expected(took, left int) int {
	average := took/(len(r.records)+1) + 1
	guess := left / average
	return min(1+guess+guess/8, r.limit-len(r.records))
}

// memberOrder has, for each member, the one that came behind it in the record before, and for memberCount the first. All
// records of a page have one order, so a name is known before it is read.
type memberOrder [memberCount + 1]Member

// read notes where the members of the record at body[i] stand, and checks those that every job has. It gives the index
// behind the record, or what tells a fault of the scanner; err is why what is JSON is no job.
func (j *Job) read(body []byte, i, level int, order *memberOrder) (end int, err error) {
	if i == len(body) || body[i] != '{' {
		return skipValue(body, i, level), unreadable("are no objects")
	}
	*j = Job{}
	last := memberCount
	w := walkInto(body, i, level)
	for {
		m := order[last]
		w.guess = memberNames[m]
		if !w.next() {
			break
		}
		if !w.guessed {
			m = memberNamed(w.name)
			order[last] = m
		}
		begin := w.at
		w.at = skipValue(body, begin, w.level)
		if m != memberCount && w.at >= 0 {
			j.members[m] = spanOf(begin-i, w.at-i)
		}
		last = m
	}
	if w.at < 0 {
		return w.at, nil
	}
	j.raw = body[i:w.at:w.at]
	if uint64(len(j.raw)) > math.MaxUint32 {
		return w.at, unreadable("are too large")
	}
	return w.at, j.checkEssentials()
}

// checkEssentials checks the members that every job has: without one of them a record is no job.
func (j *Job) checkEssentials() error {
	for m := MemberID; m <= MemberType; m++ {
		if value := j.Member(m); value.IsEmpty() || value[0] != '"' {
			return unreadable("have no " + memberNames[m] + " that is a string")
		}
	}
	for m := MemberCreatedAt; m <= MemberUpdatedAt; m++ {
		if _, ok, err := j.Member(m).ReadTimestamp(); err != nil || !ok {
			return unreadable("have no " + memberNames[m] + " that is a time")
		}
	}
	return nil
}
