package check

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// metrics are the series that a fresh gateway shows: by their names, the names of their labels.
func metrics(t *testing.T) map[string]map[string]bool {
	t.Helper()
	c := inImage(t, []string{"--demo"}, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.adminURL+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? \S+$`).FindAllStringSubmatch(string(text), -1) {
		if shown[line[1]] == nil {
			shown[line[1]] = map[string]bool{}
		}
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(line[2], -1) {
			shown[line[1]][label[1]] = true
		}
	}
	if len(shown) < 50 {
		t.Fatalf("%d series", len(shown))
	}
	return shown
}

// ofPrometheus are the labels that Prometheus adds to each series of a target.
var ofPrometheus = []string{"job", "instance"}

// query is an expression of PromQL, and where it stands.
type query struct{ where, text string }

// checkQuery holds an expression to what the gateway shows: its series, and the labels that it chooses and
// groups by. It returns the series.
func checkQuery(t *testing.T, shown map[string]map[string]bool, values string, q query) (series []string) {
	t.Helper()
	text := strings.NewReplacer("$__rate_interval", "5m").Replace(q.text)
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		t.Errorf("%s: %v", q.where, err)
		return nil
	}
	has := map[string]bool{"le": false} // the labels of all series in it
	for _, label := range ofPrometheus {
		has[label] = true
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		series = append(series, selector.Name)
		own, known := shown[selector.Name]
		if !known && selector.Name != "up" {
			t.Errorf("%s: the gateway shows no %s", q.where, selector.Name)
		}
		for label := range own {
			has[label] = true
		}
		for _, matcher := range selector.LabelMatchers {
			switch {
			case matcher.Name == model.MetricNameLabel || slices.Contains(ofPrometheus, matcher.Name):
			case !own[matcher.Name]:
				t.Errorf("%s: %s has no label %s", q.where, selector.Name, matcher.Name)
			default:
				checkValues(t, values, q, matcher)
			}
		}
		return nil
	})
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if aggregate, ok := node.(*parser.AggregateExpr); ok {
			for _, label := range aggregate.Grouping {
				if !has[label] {
					t.Errorf("%s: it groups by %s, which no series in it has", q.where, label)
				}
			}
		}
		return nil
	})
	return series
}

// checkValues holds the values that a label is compared with to those that the documents have: a value that
// never comes would make an alert that never fires.
func checkValues(t *testing.T, documented string, q query, matcher *labels.Matcher) {
	t.Helper()
	for value := range strings.SplitSeq(matcher.Value, "|") {
		if value != "" && matcher.Name != "quantile" && !strings.Contains(documented, "`"+value+"`") {
			t.Errorf("%s: %s is never %s", q.where, matcher.Name, value)
		}
	}
}

// alerts are the rules of deploy/observability/alerts.yaml, as Prometheus reads them: expressions, templates
// and durations are in order, and no member is unknown.
func alerts(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(filepath.Join(root, "deploy/observability/alerts.yaml"), false, model.UTF8Validation,
		parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 || len(groups.Groups) != 1 {
		t.Fatal(errs)
	}
	return groups.Groups[0].Rules
}

// Each alert is about what the gateway shows, and says how bad it is, what is wrong and what to look at. It
// leads to a paragraph of docs/operations.md, which has one for no other alert.
func TestAlerts(t *testing.T) {
	shown, page := metrics(t), read(t, "docs/operations.md")
	values := page + read(t, "docs/errors.md")
	documented := map[string]bool{}
	for _, title := range regexp.MustCompile(`(?m)^#### (JobsGateway\w+)$`).FindAllStringSubmatch(page, -1) {
		documented[title[1]] = true
	}
	for _, rule := range alerts(t) {
		checkQuery(t, shown, values, query{rule.Alert, rule.Expr})
		if !slices.Contains([]string{"critical", "warning", "info"}, rule.Labels["severity"]) || len(rule.Labels) != 1 {
			t.Errorf("%s has the labels %v", rule.Alert, rule.Labels)
		}
		for _, annotation := range []string{"summary", "description"} {
			if text := rule.Annotations[annotation]; !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
				t.Errorf("%s: its %s is %q", rule.Alert, annotation, text)
			}
		}
		if link := rule.Annotations["runbook_url"]; link != "docs/operations.md#"+strings.ToLower(rule.Alert) || !documented[rule.Alert] {
			t.Errorf("%s leads to %s", rule.Alert, link)
		}
		delete(documented, rule.Alert)
	}
	for name := range documented {
		t.Errorf("docs/operations.md has %s, which is no alert", name)
	}
}

// panel is what is checked of a panel of the dashboard beyond Grafana's own schema.
type panel struct {
	ID          int
	Title, Type string
	Description string
	GridPos     struct{ X, Y, W, H int }
	Datasource  struct{ UID string }
	Targets     []struct {
		Expr       string
		Datasource struct{ UID string }
	}
}

// The dashboard keeps Grafana's schema, has its rows in order, and asks only for what the gateway shows;
// every metric of the gateway is on it.
func TestDashboard(t *testing.T) {
	text := []byte(read(t, "deploy/observability/dashboard.json"))
	plugins.RegisterDefaultPlugins()
	var strict dashboard.Dashboard
	if err := strict.UnmarshalJSONStrict(text); err != nil && err.Error() != "" { // an empty list for none
		t.Fatal(err)
	}
	if err := strict.Validate(); err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels     []panel
		Templating struct {
			List []struct{ Name, Type, Definition string }
		}
		Annotations struct {
			List []struct{ Name, Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	var queries []query
	var rows, variables []string
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%s has the id or the place of another", p.Title)
		}
		ids[p.ID] = true
		if p.Type == "row" {
			rows = append(rows, p.Title)
			continue
		}
		if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("%s asks %s", p.Title, p.Datasource.UID)
		}
		for _, target := range p.Targets {
			if target.Datasource.UID != "${datasource}" || !strings.Contains(target.Expr, `job=~"$job",instance=~"$instance"`) {
				t.Errorf("%s: %s is not of the gateways that were chosen", p.Title, target.Expr)
			}
			queries = append(queries, query{p.Title, target.Expr})
		}
	}
	for _, annotation := range board.Annotations.List {
		if annotation.Expr != "" {
			queries = append(queries, query{annotation.Name, annotation.Expr})
		}
	}
	for _, variable := range board.Templating.List {
		variables = append(variables, variable.Type+" "+variable.Name)
		if selector := regexp.MustCompile(`^label_values\((.*), (\w+)\)$`).FindStringSubmatch(variable.Definition); selector != nil {
			queries = append(queries, query{variable.Name, selector[1]})
		}
	}
	if want := []string{"Golden signals", "Jobs API", "Protection", "Subscriptions", "Pages and loaders", "Process"}; !slices.Equal(rows, want) {
		t.Errorf("the rows are %q", rows)
	}
	if want := []string{"datasource datasource", "query job", "query instance"}; !slices.Equal(variables, want) {
		t.Errorf("the variables are %q", variables)
	}
	shown, values := metrics(t), read(t, "docs/operations.md")+read(t, "docs/errors.md")
	asked := map[string]bool{}
	for _, q := range queries {
		for _, series := range checkQuery(t, shown, values, q) {
			asked[regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(series, "")] = true
		}
	}
	for series := range shown {
		if name := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(series, ""); strings.HasPrefix(name, "jobsgateway_") && !asked[name] {
			t.Errorf("%s is not on the dashboard", name)
		}
	}
}
