package graph

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// Bounds of a filter's lists, so that one filter fits a URL of the Jobs API.
const (
	maxFilterValues = 100
	maxFilterRunes  = 500     // characters of one value
	maxFilterBytes  = 6 << 10 // bytes of all values, escaped; servers commonly take URLs of 8 KiB
)

// planFilter returns the REST parameters of a filter; empty for nil. Nothing is true when the filter matches
// no job: it has an empty list, which the REST API would take for no filter at all. Errors:
// *model.InputError. Example: {states: [FAILED], datasetId: "7"} becomes dataset_id=7&state=failed, and
// {types: []} matches nothing.
func planFilter(f *model.JobFilter) (filter restclient.Filter, nothing bool, err error) {
	if f == nil {
		return "", false, nil
	}
	rest := restclient.JobsFilter{Types: f.Types, TagsAny: f.TagsAny}
	for _, state := range f.States {
		if state == restclient.StateUnknown {
			return "", false, inputError("filter.states",
				"UNKNOWN stands for any state that this version does not know; it cannot be asked for.")
		}
		rest.States = append(rest.States, string(state))
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"states", rest.States}, {"types", rest.Types}, {"tagsAny", rest.TagsAny}} {
		if err := checkValues("filter."+list.name, list.values); err != nil {
			return "", false, err
		}
	}
	if f.DataPlaneID != nil {
		id, ok := restclient.ParseJobID(*f.DataPlaneID) // data planes and jobs are both named by UUIDs
		if !ok {
			return "", false, inputError("filter.dataPlaneId", "dataPlaneId takes a UUID with dashes.")
		}
		rest.DataPlaneID = string(id)
	}
	if f.DatasetID != nil {
		if rest.DatasetID, err = planDatasetID(*f.DatasetID, "filter.datasetId"); err != nil {
			return "", false, err
		}
	}
	nothing = f.States != nil && len(f.States) == 0 || isEmpty(f.Types) || isEmpty(f.TagsAny)
	filter = rest.Encode()
	if len(filter) > maxFilterBytes {
		return "", false, inputError("filter", "The filter is too long for one request to the Jobs API: "+
			"shorten it to at most %d bytes after URL encoding.", maxFilterBytes)
	}
	return filter, nothing, nil
}

// inputError returns the error of an argument, with a sentence for the caller: a format and its arguments.
func inputError(argument, format string, args ...any) error {
	return &model.InputError{Argument: argument, Message: fmt.Sprintf(format, args...)}
}

// isEmpty reports whether a list was given and has no value; an absent list is nil.
func isEmpty(list []string) bool { return list != nil && len(list) == 0 }

// checkValues checks one list of a filter: how many values it has, and how long each is. Errors:
// *model.InputError.
func checkValues(argument string, values []string) error {
	if len(values) > maxFilterValues {
		return inputError(argument, "%s takes at most %d values.", argument, maxFilterValues)
	}
	for _, value := range values {
		if value == "" || utf8.RuneCountInString(value) > maxFilterRunes {
			return inputError(argument, "Each value of %s has 1 to %d characters.", argument, maxFilterRunes)
		}
		if strings.ContainsRune(value, 0) { // other control characters can stand in a database's text
			return inputError(argument, "No value of %s may hold the character U+0000.", argument)
		}
	}
	return nil
}

// ofDataset returns the filter f for the jobs of one dataset alone.
func ofDataset(id string, f *model.JobFilter) *model.JobFilter {
	filter := model.JobFilter{}
	if f != nil {
		filter = *f
	}
	filter.DatasetID = &id
	return &filter
}

// planDatasetID returns id if it is the number of a dataset in its one spelling, so that equal datasets are
// equal keys: "07" is not. Errors: *model.InputError that names the argument.
func planDatasetID(id, argument string) (string, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != id {
		return "", inputError(argument,
			"A dataset is named by its number, 0 to 9223372036854775807 in plain digits, such as 10736.")
	}
	return id, nil
}

// planJobID returns the one spelling of a UUID, which is in lower case. Errors: *model.InputError that names
// the argument.
func planJobID(id, argument string) (restclient.JobID, error) {
	parsed, ok := restclient.ParseJobID(id)
	if !ok {
		return "", inputError(argument,
			"A job is named by its UUID with dashes, such as 2a5b9ad7-dc8f-47bb-8e62-843a38f8054c.")
	}
	return parsed, nil
}

// Scalars returns what the schema's own scalars say of a value of a variable: an error with a sentence for the
// caller, which has nothing of the value; nil where it fits. Scalars that are not here take any JSON.
func Scalars() map[string]func(value any) error {
	return map[string]func(value any) error{
		"DateTime": func(value any) error {
			_, err := model.UnmarshalDateTime(value)
			return err
		},
	}
}
