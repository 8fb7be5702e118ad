package doctor

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// judgeAnswers says what the calls came to.
func judgeAnswers(got answers) []Finding {
	if got.first.failed != nil {
		return append([]Finding{judgeFailure(got, got.first)}, judgeHeader(got.first)...)
	}
	found := append([]Finding{judgeSpeed(got, got.first)}, judgeHeader(got.first)...)
	if w := got.window; w != nil && w.failed == nil {
		found = append(found, judgeSpeed(got, *w))
	}
	return append(found, judgeList(got)...)
}

// url returns the address that a call asked. Nothing in it is a secret: a base address has no user info and
// no query.
func (a answer) url(base *url.URL) string {
	return strings.TrimSuffix(base.String(), "/") + "/jobs?" + a.query.Encode()
}

// judgeSpeed says how long a page took, and where the time went.
func judgeSpeed(got answers, a answer) Finding {
	took := a.times.ended.Sub(a.times.began)
	connecting := a.times.connected.Sub(a.times.began)
	waiting := a.times.firstByte.Sub(a.times.connected)
	reading := a.times.ended.Sub(a.times.firstByte)
	f := ofAnswer.ok("GET %s answered 200 over %s in %s: %s for a connection, %s until the first byte, "+
		"%s for the rest of %d bytes.",
		a.url(got.base), a.proto, rounded(took), rounded(connecting), rounded(waiting), rounded(reading),
		a.page.Size())
	if took > got.timeout/2 {
		f.Mark, f.Do = Note, fmt.Sprintf("Find out why it is slow, or raise --upstream-timeout: it is %v, and "+
			"this took more than half of that.", got.timeout)
	}
	return f
}

// clockSlack is how much two clocks may differ and still be said to agree. Source: a Date has whole seconds.
const clockSlack = 2 * time.Second

// judgeHeader says if the answer is a cache's, and compares the clocks, if the answer has a Date.
func judgeHeader(a answer) (found []Finding) {
	age, _ := strconv.Atoi(a.header.Get("Age"))
	if age > 0 {
		found = append(found, ofAnswer.note("Let the cache keep nothing that was asked with an Authorization "+
			"header: answers belong to their caller, and jobs change.",
			"The answer comes from a cache: it is %d seconds old.", age))
	}
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return found
	}
	// A Date is cut to its second, and was written at some time between the request and the answer.
	onTheWay := a.times.firstByte.Sub(a.times.sent)
	theirs := date.Add(time.Duration(age)*time.Second + time.Second/2)
	ahead := a.times.sent.Add(onTheWay / 2).Sub(theirs)
	if ahead.Abs() <= clockSlack+onTheWay/2 {
		return append(found, ofAnswer.ok("The clocks of this machine and of the API agree, as far as the header "+
			"Date shows."))
	}
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	return append(found, ofAnswer.note("Set the clock that is wrong: certificates, dates in Retry-After and "+
		"the durationSeconds of jobs in progress are read by it.",
		"The clock of this machine is %v %s the API's.", ahead.Abs().Round(time.Second), direction))
}
