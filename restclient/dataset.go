package restclient

import (
	"math"
	"strconv"
	"strings"

	"jobsgateway/internal/rawjson"
)

// DatasetOf finds the dataset that a job's input or result names: its dataset_id, or dataset.id in newer records; nil
// when it names none. Other jobs may call anything a dataset, so one that is no object names none. Errors:
// KindMalformed when v is neither an object nor empty, or the id is no number of 0 or more.
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

// FilteredDatasets finds the datasets under whose dataset_id the Jobs API may list a job, by the job's input. Sure is the
// input's own dataset_id, a whole number; empty for none. Doubtful are those that the input names in another way, also
// beside a sure one, of which it is not documented whether the filter sees them. Source: GET /jobs, dataset_id.
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

// looseInteger gives the integer that some reader may see in a number or a string, such as 1.0 or "007".
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
