package graph

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// refusedArgument gives the argument that err names; it must be an error for the caller, with a sentence.
func refusedArgument(t testing.TB, err error) string {
	t.Helper()
	input, ok := errors.AsType[*model.InputError](err)
	if !ok {
		t.Fatalf("error %v is not for the caller", err)
	}
	if !strings.HasSuffix(input.Message, ".") {
		t.Errorf("message %q is no sentence", input.Message)
	}
	return input.Argument
}

const (
	plane      = "f79cbdae-4848-47ca-95e8-69588364d185"
	largest    = "9223372036854775807"
	nilUUID    = "00000000-0000-0000-0000-000000000000"
	upperPlane = "F79CBDAE-4848-47CA-95E8-69588364D185"
)

func TestPlanFilter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		filter  *model.JobFilter
		want    restclient.Filter
		nothing bool
	}{
		"none":             {nil, "", false},
		"empty":            {&model.JobFilter{}, "", false},
		"one state":        {&model.JobFilter{States: []restclient.State{"running"}}, "state=running", false},
		"states in order":  {&model.JobFilter{States: []restclient.State{"running", "failed"}}, "state=running&state=failed", false},
		"the other order":  {&model.JobFilter{States: []restclient.State{"failed", "running"}}, "state=failed&state=running", false},
		"a repeated value": {&model.JobFilter{Types: []string{"a", "a"}}, "type=a&type=a", false},
		"escaped tags": {
			&model.JobFilter{TagsAny: []string{"a&state=failed", "b=c", "d,e", "\u00e9", "f g", "%2e", "1#f", "a;b", "+"}},
			"tag=a%26state%3Dfailed&tag=b%3Dc&tag=d%2Ce&tag=%C3%A9&tag=f+g&tag=%252e&tag=1%23f&tag=a%3Bb&tag=%2B", false,
		},
		"plane":             {&model.JobFilter{DataPlaneID: new(plane)}, "data_plane_id=" + plane, false},
		"plane, upper case": {&model.JobFilter{DataPlaneID: new(upperPlane)}, "data_plane_id=" + plane, false},
		"dataset 0":         {&model.JobFilter{DatasetID: new("0")}, "dataset_id=0", false},
		"largest dataset":   {&model.JobFilter{DatasetID: new(largest)}, "dataset_id=" + largest, false},
		"all fields": {
			&model.JobFilter{
				States: []restclient.State{restclient.StatePendingCancellation}, Types: []string{"t"}, TagsAny: []string{"g"},
				DataPlaneID: new(plane), DatasetID: new("7"),
			}, "data_plane_id=" + plane + "&dataset_id=7&state=pending_cancellation&type=t&tag=g", false,
		},
		"empty states": {&model.JobFilter{States: []restclient.State{}}, "", true},
		"empty types":  {&model.JobFilter{Types: []string{}}, "", true},
		"empty tags":   {&model.JobFilter{TagsAny: []string{}}, "", true},
		"an empty list beside others": {
			&model.JobFilter{States: []restclient.State{"failed"}, TagsAny: []string{}, DatasetID: new("7")},
			"dataset_id=7&state=failed", true,
		},
	} {
		got, nothing, err := planFilter(c.filter)
		if err != nil || got != c.want || nothing != c.nothing {
			t.Errorf("%s: %q, nothing %v, %v; want %q, %v", name, got, nothing, err, c.want, c.nothing)
		}
	}
}

func TestRefusedFilters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		filter   model.JobFilter
		argument string
	}{
		"unknown state":           {model.JobFilter{States: []restclient.State{restclient.StateUnknown}}, "filter.states"},
		"unknown among others":    {model.JobFilter{States: []restclient.State{"failed", restclient.StateUnknown}}, "filter.states"},
		"too many states":         {model.JobFilter{States: slices.Repeat([]restclient.State{"failed"}, 101)}, "filter.states"},
		"too many types":          {model.JobFilter{Types: slices.Repeat([]string{"t"}, 101)}, "filter.types"},
		"too many tags":           {model.JobFilter{TagsAny: slices.Repeat([]string{"t"}, 101)}, "filter.tagsAny"},
		"an empty type":           {model.JobFilter{Types: []string{"t", ""}}, "filter.types"},
		"an empty tag":            {model.JobFilter{TagsAny: []string{""}}, "filter.tagsAny"},
		"a long type":             {model.JobFilter{Types: []string{strings.Repeat("t", 501)}}, "filter.types"},
		"a long tag":              {model.JobFilter{TagsAny: []string{strings.Repeat("\u00e9", 501)}}, "filter.tagsAny"},
		"a plane without dashes":  {model.JobFilter{DataPlaneID: new(strings.ReplaceAll(plane, "-", ""))}, "filter.dataPlaneId"},
		"an empty plane":          {model.JobFilter{DataPlaneID: new("")}, "filter.dataPlaneId"},
		"a dataset that is text":  {model.JobFilter{DatasetID: new("x")}, "filter.datasetId"},
		"an empty dataset":        {model.JobFilter{DatasetID: new("")}, "filter.datasetId"},
		"wrong beside empty list": {model.JobFilter{Types: []string{}, DatasetID: new("x")}, "filter.datasetId"},
	} {
		filter, nothing, err := planFilter(&c.filter)
		if err == nil || filter != "" || nothing {
			t.Errorf("%s: %q, nothing %v, %v", name, filter, nothing, err)
			continue
		}
		if got := refusedArgument(t, err); got != c.argument {
			t.Errorf("%s: argument %q, want %q", name, got, c.argument)
		}
	}
}

func TestCheckValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values []string
		ok     bool
	}{
		"none":                     {nil, true},
		"no values":                {[]string{}, true},
		"one character":            {[]string{"t"}, true},
		"100 values":               {slices.Repeat([]string{"t"}, 100), true},
		"101 values":               {slices.Repeat([]string{"t"}, 101), false},
		"500 characters":           {[]string{strings.Repeat("t", 500)}, true},
		"501 characters":           {[]string{strings.Repeat("t", 501)}, false},
		"500 wide characters":      {[]string{strings.Repeat("\U0001f600", 500)}, true},
		"empty":                    {[]string{""}, false},
		"empty after a good 1":     {[]string{"t", ""}, false},
		"only a blank":             {[]string{" "}, true},
		"U+0000":                   {[]string{"a\x00b"}, false},
		"U+0000 alone":             {[]string{"t", "\x00"}, false},
		"other control characters": {[]string{"a\tb\n\x01\x1f\x7f\u0085"}, true},
	} {
		err := checkValues("filter.types", c.values)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && refusedArgument(t, err) != "filter.types" {
			t.Errorf("%s: names another argument", name)
		}
	}
}

func TestOfDataset(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ filter, want any }{
		"none":  {(*model.JobFilter)(nil), &model.JobFilter{DatasetID: new("7")}},
		"empty": {&model.JobFilter{}, &model.JobFilter{DatasetID: new("7")}},
		"all": {
			&model.JobFilter{States: []restclient.State{"failed"}, Types: []string{"t"}, TagsAny: []string{}, DataPlaneID: new(plane)},
			&model.JobFilter{
				States: []restclient.State{"failed"}, Types: []string{"t"}, TagsAny: []string{}, DataPlaneID: new(plane), DatasetID: new("7"),
			},
		},
	} {
		if diff := cmp.Diff(c.want, any(ofDataset("7", c.filter.(*model.JobFilter)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// One dataset has one spelling, and one job has one spelling on the way out: two spellings would be two calls.
func TestIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"0": "0", "10736": "10736", largest: largest,
		"": "", "-1": "", "-0": "", "007": "", "00": "", "1e3": "", "1.0": "", "+1": "", " 1": "", "1 ": "", "0x1": "", "1_0": "",
		"9223372036854775808": "", "../admin": "", "1?x=y": "", "1&state=failed": "", "1#f": "", "%31": "", "1;2": "", "\u0661": "",
		strings.Repeat("1", 10_000): "",
	} {
		got, err := planDatasetID(id, "place")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("dataset %.40q: %q, %v", id, got, err)
		}
		if err != nil && refusedArgument(t, err) != "place" {
			t.Errorf("dataset %.40q: names another argument", id)
		}
	}
	for id, want := range map[string]string{
		plane: plane, upperPlane: plane, nilUUID: nilUUID, "f79cbdae-4848-47CA-95e8-69588364d185": plane,
		"": "", plane[:35]: "", plane + "0": "", strings.ReplaceAll(plane, "-", ""): "", "{" + plane + "}": "",
		"urn:uuid:" + plane: "", " " + plane: "", plane + " ": "", plane[:35] + "g": "", plane[:35] + "/": "",
		strings.Replace(plane, "-", "_", 1): "", "../admin": "", "%66" + plane[1:]: "", strings.Repeat("a", 36): "",
		strings.Repeat("f", 10_000): "",
	} {
		got, err := planJobID(id, "place")
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("job %.40q: %q, %v", id, got, err)
		}
		if err != nil && refusedArgument(t, err) != "place" {
			t.Errorf("job %.40q: names another argument", id)
		}
	}
}

// randomFilter draws filters that are accepted, of few and awkward values, so that two of them are often nearly equal.
func randomFilter() *rapid.Generator[*model.JobFilter] {
	words := rapid.SampledFrom([]string{"a", "b", "a&type=b", "a,b", "a b", "a+b", "%61", "=", "&", "#", ";", "\u00e9", "\x01", "state"})
	list := rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOfN(words, 0, 3))
	known := rapid.SampledFrom([]restclient.State{"pending", "failed", "pending_cancellation"})
	states := rapid.OneOf(rapid.Just[[]restclient.State](nil), rapid.SliceOfN(known, 0, 3))
	ids := rapid.SampledFrom([]string{"0", "1", "10", largest})
	planes := rapid.SampledFrom([]string{plane, upperPlane, nilUUID})
	return rapid.Custom(func(t *rapid.T) *model.JobFilter {
		return &model.JobFilter{
			States: states.Draw(t, "states"), Types: list.Draw(t, "types"), TagsAny: list.Draw(t, "tags"),
			DataPlaneID: rapid.Ptr(planes, true).Draw(t, "plane"), DatasetID: rapid.Ptr(ids, true).Draw(t, "dataset"),
		}
	})
}

// parameters are the REST parameters that a filter means.
func parameters(f *model.JobFilter) url.Values {
	values := url.Values{}
	add := func(key string, list ...string) {
		if len(list) > 0 {
			values[key] = list
		}
	}
	for _, state := range f.States {
		values.Add("state", string(state))
	}
	add("type", f.Types...)
	add("tag", f.TagsAny...)
	if f.DataPlaneID != nil {
		add("data_plane_id", strings.ToLower(*f.DataPlaneID))
	}
	if f.DatasetID != nil {
		add("dataset_id", *f.DatasetID)
	}
	return values
}

// A plan says what the filter says, every value in its place, and two plans are equal exactly when they say the same.
func TestFilterProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, other := randomFilter().Draw(t, "one"), randomFilter().Draw(t, "other")
		plan, nothing, err := planFilter(one)
		if err != nil {
			t.Fatal(err)
		}
		empty := one.States != nil && len(one.States) == 0 ||
			one.Types != nil && len(one.Types) == 0 || one.TagsAny != nil && len(one.TagsAny) == 0
		if nothing != empty {
			t.Fatalf("nothing is %v", nothing)
		}
		said, err := url.ParseQuery(string(plan))
		if err != nil {
			t.Fatalf("%q: %v", plan, err)
		}
		if diff := cmp.Diff(parameters(one), said); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", plan, diff)
		}
		second, _, err := planFilter(other)
		if err != nil {
			t.Fatal(err)
		}
		if same := cmp.Equal(parameters(one), parameters(other)); same != (plan == second) {
			t.Fatalf("the same: %v, but the plans are %q and %q", same, plan, second)
		}
	})
}

func FuzzDatasetID(f *testing.F) {
	for _, seed := range []string{"0", "10736", largest, "9223372036854775808", "-1", "007", "+1", "1e3", "1.0", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		got, err := planDatasetID(id, "id")
		if err != nil {
			refusedArgument(t, err)
			return
		}
		if again, err := planDatasetID(got, "id"); err != nil || again != got {
			t.Errorf("%q is read as %q, and that as %q, %v", id, got, again, err)
		}
		if got != id || strings.Trim(got, "0123456789") != "" || url.QueryEscape(got) != got {
			t.Errorf("%q is read as %q", id, got)
		}
	})
}

func FuzzJobID(f *testing.F) {
	for _, seed := range []string{plane, upperPlane, nilUUID, "{" + plane + "}", "urn:uuid:" + plane, strings.Repeat("-", 36), ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		got, err := planJobID(id, "id")
		if err != nil {
			refusedArgument(t, err)
			return
		}
		if again, err := planJobID(string(got), "id"); err != nil || again != got {
			t.Errorf("%q is read as %q, and that as %q, %v", id, got, again, err)
		}
		if string(got) != strings.ToLower(id) || strings.Trim(string(got), "0123456789abcdef-") != "" {
			t.Errorf("%q is read as %q", id, got)
		}
	})
}
