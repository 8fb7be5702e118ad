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
	h := start(t)
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
			got := h.do(request{method: http.MethodPost, path: "/graphql", body: body})
			refused := strings.Contains(got.body, `"argument":"representations"`) && strings.Contains(got.body, `"BAD_USER_INPUT"`) &&
				!strings.Contains(got.body, `"data"`)
			if refused != (n > 500) {
				t.Errorf("%d by %s: %.300s", n, name, got.body)
			}
		}
	}
	if n := h.jobs.Total(); n != 7 {
		t.Errorf("%d calls to the Jobs API", n)
	}
}
