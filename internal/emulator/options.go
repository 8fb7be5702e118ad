package emulator

import (
	"encoding/json"
	"time"
)

const (
	// MaxJobs bounds the list: New generates no more jobs than this and living data stops arriving here.
	// Explicit records and Insert are the caller's own business and are not bounded.
	MaxJobs = 100_000
	// MaxRequests bounds the request log; see Requests.
	MaxRequests = 10_000
	// MaxPerPage is both the default and the largest per_page. Source: upstream GET /jobs.
	MaxPerPage = 500

	defaultJobs = 2000
	defaultSpan = 14 * 24 * time.Hour
)

// Options says what an Emulator holds and how it answers. The zero value is useful: 2,000 finished and
// running jobs of the last 14 days, problem-style errors, no tenancy, no delay.
type Options struct {
	// Seed selects the generated data. With equal Seed, Jobs, Span, End and switches the records are equal
	// byte for byte from one run to the next.
	Seed uint64
	// Jobs is how many jobs are generated, at most MaxJobs; zero and below mean 2,000.
	Jobs int
	// Span is how far before End the generated jobs begin; zero and below mean 14 days, and less than a
	// minute means a minute.
	Span time.Duration
	// End is the moment at which generated history stops; zero means Now at the time of New.
	End time.Time
	// Records, when not nil, is exactly what the emulator holds: nothing is generated, nothing moves, and
	// each record is served byte for byte. Equal order values keep the place they have here in the
	// descending orders, and the opposite one in the ascending orders. See Record for broken records.
	Records []json.RawMessage

	// Now is the emulator's clock; nil means time.Now. It dates the log, ends the fresh window and, with
	// Living, drives the data. It must be safe for concurrent use.
	Now func() time.Time
	// Living lets time pass: before each answer new jobs arrive, about one every two seconds since End,
	// at most 2.5 s after another, and unfinished ones move on. What has happened by a given moment depends on the seed and that moment
	// alone, not on how often somebody asked; but one request catches up on 10,000 events at most, so after
	// hours of silence the first few answers are of the past. It has no effect on explicit Records.
	Living bool

	// Tokens maps a bearer token to the company whose jobs it may see; all other jobs do not exist for it,
	// in lists as by id. A token not listed sees every job. Generated jobs belong to companies 1, 2 and 3;
	// an explicit record belongs to request_source.company_id, else to a top-level company_id, else to none.
	// Source: "a list for the token's company"; a 404 for a stranger's job is inferred.
	Tokens map[string]int64
	// Errors is the shape of error bodies; upstream documents several and says nothing about this endpoint.
	Errors ErrorShape

	// Tags shows a generated job's tags on its record. Filtering by tag works either way: upstream
	// documents the filter, and no sample shows the member.
	Tags bool
	// NullPager writes an absent prev_page or next_page as an explicit null. Source: sibling endpoints.
	NullPager bool
	// Older answers like the previous generation of the API: a list has records only, without any pager
	// member, a generated record has no data_plane_id, and the state "scheduled" is not known: the filter
	// refuses it, and a generated job that would be in it is still pending.
	Older bool
	// Drift sprinkles words that no document knows over the generated records: the state "archiving", the
	// type "datasets_rewrite_manifest", the request source "workflow_task", and additional members. The
	// filters do not learn the new state; asking for it is a 400 like any other unknown word.
	Drift bool
	// NoEnds leaves ended_at null on generated jobs that have ended.
	NoEnds bool
	// Heavy makes generated records about ten times as large: wide SQL, deep model output, long stack traces.
	Heavy bool
	// FreshWindow is how long a new job is listed but answers 404 by its id; zero means not at all. It counts
	// from created_at for generated jobs and from the call for Insert. Source: the vendor's pollers.
	FreshWindow time.Duration
	// Offsets is what becomes of an offset that is no multiple of per_page. Upstream documents an offset in
	// records and explains it as "page_number * per_page": an API that means pages may refuse or round it.
	Offsets OffsetRule
	// SteadyTies lets jobs with equal order values stand in the same order in the ascending and the
	// descending list, as under a second criterion; without it one list is the other turned round. Upstream
	// documents neither.
	SteadyTies bool
	// Ties is the order in which a list shows jobs with equal order values. Upstream documents none, and a
	// database promises none under LIMIT and OFFSET.
	Ties TieRule
	// Totals is how true total_records is. NextPage follows the list as it is, not the total that is
	// reported.
	Totals TotalRule
	// TotalCap is the most that TotalsCapped reports; zero means 100.
	TotalCap int
	// NoNextPage leaves next_page out although there is a next page, as an older generation may.
	NoNextPage bool
	// MaxRecords caps the records of one answer below what per_page asks for, without an error; zero means
	// not at all. Totals stay honest.
	MaxRecords int
	// Latency is waited before every answer, for as long as the caller stays.
	Latency time.Duration
}

// OffsetRule is a way to take an offset between two pages.
type OffsetRule int

const (
	// OffsetsAny takes every offset, as documented.
	OffsetsAny OffsetRule = iota
	// OffsetsFloored takes the start of the page that the offset lies in.
	OffsetsFloored
	// OffsetsRefused answers 400.
	OffsetsRefused
)

// TieRule is an order of equal order values.
type TieRule int

const (
	// TiesInserted shows equals in the order of insertion, the same in every answer.
	TiesInserted TieRule = iota
	// TiesByWindow shows equals in an order that depends on offset and per_page: another in each window, and
	// the same when a window is asked for again.
	TiesByWindow
	// TiesDrawn shows equals in an order that is drawn anew for each answer.
	TiesDrawn
)

// TotalRule is a way to tell total_records.
type TotalRule int

const (
	// TotalsTrue reports how many jobs match, as documented.
	TotalsTrue TotalRule = iota
	// TotalsCapped reports TotalCap at most.
	TotalsCapped
	// TotalsLagging reports a tenth less than there are.
	TotalsLagging
	// TotalsOfPage reports how many records the answer has.
	TotalsOfPage
	// TotalsInflated reports 1,000 more than there are, if there are any.
	TotalsInflated
)

// defaultTotalCap is the TotalCap of a zero Options.
const defaultTotalCap = 100

// total returns the total that an answer reports, for a list that has so many jobs and an answer that has so
// many records.
func (o Options) total(matching, records int) int {
	switch o.Totals {
	case TotalsCapped:
		return min(matching, o.TotalCap)
	case TotalsLagging:
		return matching - matching/10
	case TotalsOfPage:
		return records
	case TotalsInflated:
		return matching + min(1000, 1000*matching)
	case TotalsTrue:
	}
	return matching
}

// stretch returns the offset and the number of records that are served for what was asked; false when the
// offset is refused.
func (o Options) stretch(offset, perPage int) (from, size int, ok bool) {
	if perPage > 0 && offset%perPage != 0 {
		switch o.Offsets {
		case OffsetsFloored:
			offset -= offset % perPage
		case OffsetsRefused:
			return 0, 0, false
		case OffsetsAny:
		}
	}
	if o.MaxRecords > 0 {
		perPage = min(perPage, o.MaxRecords)
	}
	return offset, perPage, true
}

// Records returns Options for exactly the given records, newest first.
func Records(raw ...json.RawMessage) Options {
	if raw == nil {
		raw = []json.RawMessage{}
	}
	return Options{Records: raw}
}

// withDefaults returns the options with what the caller left open filled in, and what is out of bounds
// brought into them.
func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jobs <= 0 {
		o.Jobs = defaultJobs
	}
	o.Jobs = min(o.Jobs, MaxJobs)
	if o.Span <= 0 {
		o.Span = defaultSpan
	}
	o.Span = max(o.Span, time.Minute)
	if o.TotalCap <= 0 {
		o.TotalCap = defaultTotalCap
	}
	if o.End.IsZero() {
		o.End = o.Now()
	}
	// Records carry microseconds; a finer End would place living jobs between two printable instants.
	o.End = o.End.UTC().Truncate(time.Microsecond)
	return o
}
