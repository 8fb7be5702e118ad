package restclient

import (
	"strings"
	"testing"

	"jobsgateway/internal/rawjson"
)

// refused marks an input whose dataset is an error.
type refused struct{}

func TestDatasetOf(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]any{
		"": nil, "null": nil, "{}": nil, `{"nql":"SELECT"}`: nil, `{"dataset_id":null}`: nil, `{"dataset":null}`: nil, `{"dataset":{}}`: nil,
		`{"dataset":{"id":null}}`: nil, `{"dataset":{"name":"a"}}`: nil,
		`{"dataset_id":10736}`: "10736", `{"dataset_id":"10736"}`: "10736", `{"dataset":{"id":7}}`: "7", `{"dataset":{"id":"7"}}`: "7",
		`{"dataset":{"id":7},"dataset_id":8}`: "8", `{"dataset":{"id":7},"dataset_id":null}`: "7", `{"dataset":7,"dataset_id":8}`: "8",
		"7": refused{}, `"a"`: refused{}, "[1]": refused{}, `{"dataset_id":"a"}`: refused{}, `{"dataset_id":1.5}`: refused{}, `{"dataset_id":[1]}`: refused{},
		`{"dataset":7}`: nil, `{"dataset_id":-5}`: refused{}, `{"dataset":{"id":-5}}`: refused{}, `{"dataset":{"id":true}}`: refused{}, `{"dataset_id":9223372036854775808}`: refused{},
	} {
		got, err := DatasetOf(rawjson.Value(value))
		if want == (refused{}) {
			wantKind(t, err, KindMalformed)
		} else if err != nil || !equals(got, want) {
			t.Errorf("%s: got %v, %v, want %v", value, got, err, want)
		}
	}
}

// A job is listed under a dataset where its input's own dataset_id is the number; any other way of naming one
// is a doubt.
func TestFilteredDatasets(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"":                                         "",
		`{}`:                                       "",
		`{"dataset_id":18}`:                        "18",
		`{"dataset_id":9223372036854775807}`:       "9223372036854775807",
		`{"dataset_id":"18"}`:                      "? 18",
		`{"dataset_id":"0128"}`:                    "? 128",
		`{"dataset_id":" 89 "}`:                    "? 89",
		`{"dataset_id":"+8"}`:                      "? 8",
		`{"dataset_id":18.0}`:                      "? 18",
		`{"dataset_id":1.8e1}`:                     "? 18",
		`{"dataset_id":"1e2"}`:                     "? 100",
		`{"dataset_id":1.5}`:                       "",
		`{"dataset_id":"18a"}`:                     "",
		`{"dataset_id":9223372036854775808}`:       "",
		`{"dataset_id":-9223372036854775809}`:      "",
		`{"dataset_id":null}`:                      "",
		`{"dataset_id":[18]}`:                      "",
		`{"dataset":{"id":18}}`:                    "? 18",
		`{"dataset":{"id":"0180"}}`:                "? 180",
		`{"dataset_id":18,"dataset":{"id":18}}`:    "18",
		`{"dataset_id":18,"dataset":{"id":"018"}}`: "18",
		`{"dataset_id":18,"dataset":{"id":19}}`:    "18 ? 19",
		`{"dataset_id":"18","dataset":{"id":19}}`:  "? 18 19",
		`{"dataset":"18"}`:                         "",
	} {
		sure, doubtful := FilteredDatasets(rawjson.Value(input))
		got := sure
		if len(doubtful) > 0 {
			got = strings.TrimSpace(got + " ? " + strings.Join(doubtful, " "))
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", input, got, want)
		}
	}
}
