package settings

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sourcesOf are the sources of a line that has these flags, and of no variables.
func sourcesOf(t *testing.T, flags ...string) (all []Source) {
	t.Helper()
	parser, err := newParser(&grammar{}, nil, faults{})
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range parser.Model.Children[0].Flags {
		source := Source{Flag: "--" + flag.Name, Variable: variable(flag.Name), Text: fallback(flag)}
		for _, text := range flags {
			if given, ok := strings.CutPrefix(text, source.Flag+"="); ok {
				source.Text, source.From = given, FromFlag
			}
		}
		all = append(all, source)
	}
	return all
}

// Each setting comes from the flag, else from the variable, else from the default, and is told as it could be
// typed.
func TestSources(t *testing.T) {
	environ := []string{
		"JOBSGW_UPSTREAM_URL=https://jobs.example.com/api/", "JOBSGW_MAX_DEPTH=9", "JOBSGW_LOG_LEVEL=WARN", "JOBSGW_BASE_PATH=/gw",
		"JOBSGW_CORS_ORIGINS=https://a.example,https://b.example", "JOBSGW_DOCTOR_TOKEN= kept as it is ",
	}
	got, err := Parse([]string{"doctor", "--max-depth", "7", "--max-upstream-body", "1M"}, environ)
	if err != nil {
		t.Fatal(err)
	}
	want := sourcesOf(t, "--max-depth=7", "--max-upstream-body=1048576")
	for i := range want {
		switch s := &want[i]; s.Flag {
		case "--upstream-url":
			s.Text, s.From = "https://jobs.example.com/api", FromVariable
		case "--log-level":
			s.Text, s.From = "warn", FromVariable
		case "--base-path":
			s.Text, s.From = "/gw", FromVariable
		case "--cors-origins":
			s.Text, s.From = "https://a.example,https://b.example", FromVariable
		case "--max-depth":
			s.Hidden = true
		}
	}
	if diff := cmp.Diff(want, got.Sources); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Token != " kept as it is " {
		t.Errorf("the token is %q", got.Token)
	}
}

// The doctor refuses what serve refuses, in the same words. The token's variable is no setting of either.
func TestDoctorReadsAsServe(t *testing.T) {
	for _, call := range [][2][]string{
		{{"--max-depth=0", "--upstream-url=https://me:hunter2@a.b"}, nil},
		{{"--demo"}, {"JOBSGW_UPSTREAM_URL=http://a"}},
		{{"--upstream-url=http://a/jobs"}, {"JOBSGW_NO_SUCH=1", "JOBSGW_LISTEN="}},
		{{"--no-such"}, nil},
	} {
		_, serve := Parse(call[0], call[1])
		_, doctor := Parse(slices.Concat([]string{"doctor"}, call[0]), call[1])
		if serve == nil || doctor == nil || serve.Error() != doctor.Error() {
			t.Errorf("%q: serve says %v, doctor %v", call, serve, doctor)
		}
	}
	for _, line := range []string{"serve", "doctor", "schema"} {
		if _, err := Parse([]string{line}, []string{"JOBSGW_DOCTOR_TOKEN="}); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
