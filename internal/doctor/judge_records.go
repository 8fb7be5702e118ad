package doctor

import (
	"slices"
	"time"

	"jobsgateway/restclient"
)

// driftKind is a kind of what an answer may have that the schema does not know, or not so.
type driftKind struct {
	sign   restclient.Sign
	member string // of an unknown word; else empty
	mark   Mark
	seen   string // goes on with words, or with names of members
	do     string
}

// driftKinds are all kinds but the total that is not told, which judgeTotal sees.
var driftKinds = []driftKind{
	{
		restclient.LeftOutElement, "", Wrong, "Some records are no objects",
		"Compare them with README, The REST API. Callers get a list without them, and an error.",
	},
	{
		restclient.LeftOutRecord, "", Wrong, "Some records are no jobs, for want of",
		"Compare them with README, The REST API: a job needs job_id, state, type, created_at and updated_at. " +
			"Callers get a list without them, and an error.",
	},
	{
		restclient.MistypedMember, "", Wrong, "Some members of records are of another type than they should",
		"Compare them with README, The REST API. Who asks for their fields gets null, and an error.",
	},
	{
		restclient.UnknownWord, "state", Note, "Some jobs are in a state that the schema does not know",
		"Nothing breaks: the state is UNKNOWN, and rawState has the word. Look for a newer gateway.",
	},
	{
		restclient.UnknownWord, "type", Note, "Some jobs are of a type that is not documented",
		"Nothing breaks: Job.type has the word, and input and result are there as JSON.",
	},
	{
		restclient.UnknownWord, "request_source", Note, "Some jobs have a request source that is not documented",
		"Nothing breaks: requestSource.type has the word.",
	},
	{
		restclient.UnknownMember, "", Note, "Some records have members that the schema does not know",
		"Nothing breaks: Job.raw has them. Look for a newer gateway if you want fields for them.",
	},
	{
		restclient.UnknownPageMember, "", Note, "The page has members that are not documented",
		"Nothing breaks: they are not read.",
	},
}

// has reports whether a drift is of this kind.
func (k driftKind) has(d restclient.Drift) bool {
	return d.Sign == k.sign && (k.member == "" || d.Member.String() == k.member)
}

// wordOf returns what a drift of this kind is of, for a sentence; empty if that may not be told.
func (k driftKind) wordOf(d restclient.Drift) string {
	if k.sign == restclient.LeftOutRecord || k.sign == restclient.MistypedMember {
		return d.Member.String()
	}
	return d.Word()
}

// judgeDrift says what the answers have that the schema does not know, or not so: each kind in one sentence,
// with its words.
func judgeDrift(drifts []restclient.Drift) (found []Finding) {
	for _, kind := range driftKinds {
		var words []string
		there := false
		for _, drift := range drifts {
			if !kind.has(drift) {
				continue
			}
			there = true
			if word := kind.wordOf(drift); word != "" {
				words = append(words, word)
			}
		}
		if !there {
			continue
		}
		slices.Sort(words)
		seen := kind.seen
		if words = slices.Compact(words); len(words) > 0 {
			seen += ": " + listed(words, maxListed)
		}
		found = append(found, Finding{Mark: kind.mark, About: string(ofList), Seen: seen + ".", Do: kind.do})
	}
	return found
}

// judgeRecords says what is odd about the records, or that nothing is.
func judgeRecords(got answers, now time.Time) []Finding {
	const slack = 5 * time.Minute // clocks differ
	found := judgeDrift(got.drifts)
	ahead := time.Duration(0)
	seen := map[string]bool{}
	for _, page := range got.pages() {
		for _, record := range page.Records {
			if record.Job != nil {
				seen[record.Job.ID()] = true
				ahead = max(ahead, record.Job.CreatedAt().Time().Sub(now))
			}
		}
	}
	if ahead > slack {
		found = append(found, ofList.note("Look at the clocks, and whether the API writes local time: a time "+
			"without a zone is read as UTC.",
			"The newest job was created in the future, by %v.", ahead.Round(time.Minute)))
	}
	if len(found) == 0 {
		records := count(int64(len(seen)), "record")
		found = append(found, ofList.ok("All members and words of %s are known.", records))
	}
	return found
}
