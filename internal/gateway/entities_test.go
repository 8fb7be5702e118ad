package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// More than 500 representations are refused before anything is asked; 500 are not.
func TestManyRepresentations(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, n := range []int{500, 501} {
		values := make([]map[string]any, n)
		for i := range n {
			values[i] = map[string]any{"__typename": "Dataset", "id": fmt.Sprint(i % 7)}
		}
		variables, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		for name, body := range map[string]string{
			"a variable": `{"query":"query($r:[_Any!]!){_entities(representations:$r){...on Dataset{id}}}","variables":{"r":` + string(variables) + `}}`,
			"in a fragment": `{"query":"query($r:[_Any!]!){...F} fragment F on Query{_entities(representations:$r){...on Dataset{id latestJob{id}}}}",` +
				`"variables":{"r":` + string(variables) + `}}`,
		} {
			got := gw.send(request{method: http.MethodPost, path: "/graphql", body: body})
			refused := strings.Contains(got.body, `"argument":"representations"`) && strings.Contains(got.body, `"BAD_USER_INPUT"`) &&
				!strings.Contains(got.body, `"data"`)
			if refused != (n > 500) {
				t.Errorf("%d by %s: %.300s", n, name, got.body)
			}
		}
	}
	if n := gw.jobs.Total(); n != 7 {
		t.Errorf("%d calls to the Jobs API", n)
	}
}

// A representation that is written into the document costs itself alone, too, also where it is not even an
// object.
func TestLiteralRepresentations(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for list, want := range map[string]string{
		`[{__typename:"Dataset",id:"5"}]`: `[{"id":"5"}]`,
		`{__typename:"Dataset",id:"5"}`:   `[{"id":"5"}]`,
		`{__typename:"Dataset",id:$five}`: `[{"id":"5"}]`,
		`{__typename:"Dataset",id:5,` + repeat(501, func(i int) string { return fmt.Sprintf("n%d:1", i) }) + `}`:         `[{"id":"5"}]`,
		`[1,{__typename:"Dataset",id:$five},"x",[{__typename:"Dataset",id:6}],true,RED,1.5,{__typename:"Dataset",id:7}]`: `[null,{"id":"5"},null,null,null,null,null,{"id":"7"}]`,
		`1`:  `[null]`,
		`[]`: `[]`,
	} {
		got := gw.post(`query($five:ID=5){__typename@skip(if:true) a:_entities(representations:`+list+`){...on Dataset{id}} `+
			`b:_entities(representations:[{__typename:"Dataset",id:$five}]){...on Dataset{id}}}`, nil)
		if string(got.data) != `{"a":`+want+`,"b":[{"id":"5"}]}` || len(got.errors) != strings.Count(want, "null") {
			t.Errorf("%.80s: %s", list, got.body)
		}
		for _, err := range got.errors {
			if code := err.Extensions["code"]; code != "BAD_USER_INPUT" || len(err.Path) != 2 {
				t.Errorf("%.80s: %s", list, got.body)
			}
		}
	}
	got := gw.post(`{_entities(representations:[`+strings.Repeat("1 ", 501)+`]){__typename}}`, nil)
	gw.wantRefused(got, http.StatusBadRequest, "BAD_USER_INPUT")
	if got.errors[0].Extensions["argument"] != "representations" {
		t.Errorf("%s", got.body)
	}
}

// So does one that a variable holds, also where it is sent without a list.
func TestRepresentationAlone(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for sent, want := range map[string]string{
		`{"__typename":"Dataset","id":5.0}`: `[{"id":"5"}]`, `5`: `[null]`, `"x"`: `[null]`, `{}`: `[null]`, `[]`: `[]`,
		`{"__typename":"Cat","id":1}`: `[null]`, `[[]]`: `[null]`, `[{"__typename":"Dataset","id":5},7]`: `[{"id":"5"},null]`,
	} {
		got := gw.send(request{body: `{"query":"query($r:[_Any!]!){_entities(representations:$r){...on Dataset{id}}}","variables":{"r":` + sent + `}}`})
		if string(got.data) != `{"_entities":`+want+`}` || len(got.errors) != strings.Count(want, "null") {
			t.Errorf("%s: %s", sent, got.body)
		}
	}
}
