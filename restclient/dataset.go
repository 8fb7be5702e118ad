package restclient

import (
	"math"
	"strconv"
	"strings"

	"jobsgateway/internal/rawjson"
)

// DatasetOf returns the id of the dataset that a job's input or result names: its dataset_id, or dataset.id
// in newer records; nil when it names none. A dataset that is no object names none: jobs of other types may
// use that name for anything. Errors: KindMalformed (see AsError) when v is neither an object nor empty, or
// the id is not a whole number of 0 or more.
func DatasetOf(v rawjson.Value) (*string, error) {
	object, err := v.Object()
	if err != nil {
		return nil, err
	}
	id := object.Get("dataset_id")
	if id.IsEmpty() {
		id = object.Get("dataset").Get("id")
	}
	number, err := id.Integer()
	if err == nil && number != nil && strings.HasPrefix(*number, "-") {
		return nil, malformed("a dataset with a negative number")
	}
	return number, err
}

// FilteredDatasets returns the ids of the datasets under which the filter dataset_id may list a job with this
// input. sure is the input's dataset_id if that is a whole number, which the filter is documented to see;
// empty for none. doubtful are ids that the input names in another way, of which that is not documented:
// {"dataset_id":18,"dataset":{"id":"019"}} gives 18 and 19. Source: GET /jobs, dataset_id.
func FilteredDatasets(input rawjson.Value) (sure string, doubtful []string) {
	own, nested := input.Get("dataset_id"), input.Get("dataset").Get("id")
	if digits, err := own.Integer(); err == nil && digits != nil && own[0] != '"' {
		sure = *digits
	} else if id, ok := looseInteger(own); ok {
		doubtful = append(doubtful, id)
	}
	if id, ok := looseInteger(nested); ok && id != sure {
		doubtful = append(doubtful, id)
	}
	return sure, doubtful
}

// looseInteger returns the integer that a generous reader sees in a number or a string: 1 for 1.0, 7 for
// "007".
func looseInteger(v rawjson.Value) (string, bool) {
	text := string(v)
	if len(v) > 0 && v[0] == '"' {
		text = strings.TrimSpace(v.TextOrEmpty())
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(n, 10), true
	}
	f, err := strconv.ParseFloat(text, 64)
	return strconv.FormatInt(int64(f), 10), err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<63
}
