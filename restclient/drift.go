package restclient

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"jobsgateway/internal/rawjson"
)

// Drift is something that an answer has and this program does not know, or that is not as it is documented.
// An API that is still changing has some at any time, and nothing of an answer is refused for it but records
// that are no jobs.
type Drift struct {
	Sign Sign
	// Member is what the sign is of, where the sign says so.
	Member Member
	// Count is in how many records of one answer it is found; 1 for what is of the page.
	Count int
	// Spelling is the word, or the name of the member: at most 40 letters, dots, blanks, dashes, underscores,
	// and at most 3 digits; empty if it is anything else, as a number, a hash or a key would be. It tells
	// drifts apart. The log gets Word.
	Spelling string

	token string // of the caller
}

// Sign is what a Drift was noticed by.
type Sign int

// The signs.
const (
	UnknownWord       Sign = iota // Member's word, that of State or Type, is not known; or its type's, see Member
	UnknownMember                 // a record has a member that is not known
	UnknownPageMember             // a page has a member that is not known
	MistypedMember                // Member is of another type than it is documented
	LeftOutRecord                 // a record is no job, since it lacks Member
	LeftOutElement                // a record is no object
	UntoldTotal                   // a page does not tell how many jobs there are
)

// The types of job that a document of the Jobs API names. Source: the vendor's documents of job types.
var knownTypes = map[string]bool{
	"costs": true, "dataset-sample": true, "datasets_calculate_column_stats": true, "datasets_create_table": true,
	"datasets_delete_table": true, "datasets_deliver_data": true, "datasets_execute_dml": true,
	"datasets_sample": true, "datasets_suggest_mappings": true, "datasets_truncate_table": true,
	"delete-snowflake-table": true, "forecast": true, "forecast-internal": true, "health_check": true,
	"materialize-view": true, "model_inference": true, "model_inference_run": true, "model_training_run": true,
	"models_deliver_model": true, "models_train_classifier": true, "nql-forecast": true,
	"refresh_materialized_view": true, "upload-stats": true,
}

// knownSources are the types of request_source, and sourceTypes how one with such a type mostly says so.
// Source: GET /jobs, and the vendor's document of webhooks.
var (
	knownSources = map[string]bool{"api_user": true, "process": true}
	sourceTypes  = [...][]byte{[]byte(`"type":"api_user"`), []byte(`"type":"process"`)}
)

// Members that documents of the Jobs API have and that nothing here reads: of a record, in its schema of
// older versions and in webhooks, and of a page. Source: the same, and GET /jobs.
var (
	unreadMembers     = map[string]bool{"company_id": true, "dequeued_at": true, "execution_cluster": true}
	unreadPageMembers = map[string]bool{"current_page": true, "prev_page": true, "total_pages": true}
)

// firstBytes has the first byte of the values of a member's documented type; 0 for a member of any type.
var firstBytes = [len(members)]byte{
	MemberEndedAt: '"', MemberFailures: '[', MemberDataPlane: '"', MemberRequestSource: '{', MemberTags: '[',
	memberExecutor: '"', memberIdempotencyKey: '"',
}

// drifts collects what one answer has of drift. On a record without any it costs about 35 ns, and reading the
// record 550 (BenchmarkDecodePage). Nil collects nothing.
type drifts struct {
	found []Drift
	// states and types are words that are known, each at its slot: a page has a few of them, again and again.
	states, types [wordSlots]rawjson.Value
}

// wordSlots is how many words are remembered, a power of two.
const wordSlots = 16

// wordSlot returns the slot of a string, by its length and its fourth letter, which differ among the states. Of
// "failed" it is 4: with its quotes it has 8 bytes, and 8 + 'l' is 116.
func wordSlot(word rawjson.Value) int {
	const fourth = 4 // behind the quote
	if len(word) <= fourth {
		return 0
	}
	return (len(word) + int(word[fourth])) % wordSlots
}

// Bounds of what is found in one answer.
const (
	maxDrifts   = 32 // of one answer; further words of a sign are counted as one without a spelling
	maxSpelling = 40 // bytes; a longer one counts as none
)

// look looks at a record that is a job.
func (d *drifts) look(j *Job) {
	if d == nil {
		return
	}
	state, kind := j.Member(MemberState), j.Member(MemberType)
	if slot := &d.states[wordSlot(state)]; !bytes.Equal(state, *slot) {
		if j.State() != StateUnknown {
			*slot = state
		} else {
			d.note(UnknownWord, MemberState, state.Quoted())
		}
	}
	if slot := &d.types[wordSlot(kind)]; !bytes.Equal(kind, *slot) {
		if isKnown(kind, knownTypes) {
			*slot = kind
		} else {
			d.note(UnknownWord, MemberType, kind.Quoted())
		}
	}
	d.lookAtSource(j.Member(MemberRequestSource))
	for m := MemberUpdatedAt + 1; int(m) < len(members); m++ {
		at, want := j.members[m], firstBytes[m]
		if at.to != 0 && want != 0 && j.raw[at.from] != want && j.raw[at.from] != 'n' {
			d.note(MistypedMember, m, nil)
		}
	}
}

// isKnown reports whether a string says one of these words. Nearly all are written without escapes.
func isKnown(value rawjson.Value, words map[string]bool) bool {
	return words[string(value.Quoted())] || bytes.IndexByte(value, '\\') >= 0 && words[value.TextOrEmpty()]
}

// lookAtSource notes the type of a source if it is not known.
func (d *drifts) lookAtSource(source rawjson.Value) {
	if len(source) == 0 || source[0] != '{' || saysKnownSource(source) {
		return
	}
	if value := source.Get("type"); !value.IsEmpty() && !isKnown(value, knownSources) {
		d.note(UnknownWord, MemberRequestSource, value.Quoted())
	}
}

// saysKnownSource reports whether an object has a known type, without reading its members: it is fast, and may
// say false of one that has, such as one with a t before its "type". Without an object inside and without escapes,
// the quoted name before a colon is that of a member.
func saysKnownSource(source rawjson.Value) bool {
	if bytes.IndexByte(source[1:], '{') >= 0 || bytes.IndexByte(source, '\\') >= 0 {
		return false
	}
	name := bytes.IndexByte(source, 't') - 1
	for _, known := range sourceTypes {
		if name > 0 && bytes.HasPrefix(source[name:], known) {
			return true
		}
	}
	return false
}

// note counts a drift.
func (d *drifts) note(sign Sign, m Member, spelling []byte) {
	if d == nil {
		return
	}
	if len(spelling) > maxSpelling {
		spelling = nil
	}
	same := func(f Drift) bool { return f.Sign == sign && f.Member == m && f.Spelling == string(spelling) }
	i := slices.IndexFunc(d.found, same)
	if i < 0 && len(d.found) >= maxDrifts {
		spelling = nil
		i = slices.IndexFunc(d.found, same)
	}
	if i < 0 { // at most maxDrifts, and one more for each sign of each member
		i = len(d.found)
		d.found = append(d.found, Drift{Sign: sign, Member: m, Spelling: string(spelling)})
	}
	d.found[i].Count++
}

// forget gives up what was found in an answer that is no JSON after all.
func (d *drifts) forget() {
	if d != nil {
		d.found = nil
	}
}

// report tells the observer what was found in an answer to a token.
func (c *Client) report(ctx context.Context, d *drifts, token string) {
	if d == nil {
		return
	}
	for _, found := range d.found {
		if found.token = token; !isPlain(found.Spelling) {
			found.Spelling = ""
		}
		c.observer.Drifted(ctx, found)
	}
}

// newDrifts returns what collects drifts; nil if nobody is told of them.
func (c *Client) newDrifts() *drifts {
	if c.observer == nil {
		return nil
	}
	return &drifts{}
}

// isPlain reports whether a word has the form of a Drift's Spelling, but for its length.
func isPlain(word string) bool {
	digits := 0
	for i, c := range []byte(word) {
		switch {
		case 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z':
		case i == 0:
			return false
		case '0' <= c && c <= '9':
			digits++
		case strings.IndexByte("_. -", c) < 0:
			return false
		}
	}
	return word != "" && digits <= 3
}

// Word returns the word or the name for the log; empty if there is none, or it has a part of the caller's
// token.
func (d Drift) Word() string {
	if partsOf(d.token).hide(d.Spelling) != d.Spelling {
		return ""
	}
	return d.Spelling
}
