package check

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/prometheus/prometheus/config"
	"go.yaml.in/yaml/v3"
)

// deploy/compose.observability.yaml is the demonstration of deploy/compose.yaml with traces, and three
// services beside it: in versions that are named, without privileges, published on this machine alone, and
// with files that are there and cannot be written.
func TestComposeObservability(t *testing.T) {
	project := loadCompose(t, "deploy/compose.observability.yaml")
	names := project.ServiceNames()
	slices.Sort(names)
	if !slices.Equal(names, []string{"grafana", "jaeger", "jobsgateway", "prometheus"}) {
		t.Fatalf("the services are %q", names)
	}
	for name, service := range project.Services {
		if name != "jobsgateway" && !regexp.MustCompile(`^[a-z/]+:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$`).MatchString(service.Image) {
			t.Errorf("%s: the image %s has no version", name, service.Image)
		}
		if service.Privileged || len(service.CapAdd) > 0 || !slices.Equal(service.CapDrop, []string{"ALL"}) ||
			!slices.Equal(service.SecurityOpt, []string{"no-new-privileges:true"}) || service.MemLimit == 0 {
			t.Errorf("%s may do more than it needs", name)
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" || port.Published != fmt.Sprint(port.Target) {
				t.Errorf("%s publishes %v", name, port)
			}
		}
		for _, volume := range service.Volumes {
			if info, err := os.Stat(volume.Source); err != nil || !info.Mode().IsRegular() || !volume.ReadOnly || volume.Type != types.VolumeTypeBind {
				t.Errorf("%s: %v, %v", name, volume, err)
			}
		}
	}
	gateway, alone := project.Services["jobsgateway"], loadCompose(t, "deploy/compose.yaml").Services["jobsgateway"]
	c := inImage(t, gateway.Command, environmentOf(gateway))
	if !c.demo || gateway.Image != alone.Image || gateway.Build.Context != alone.Build.Context || !reflect.DeepEqual(gateway.Ports, alone.Ports) {
		t.Error("the gateway is not that of compose.yaml")
	}
	if endpoint := environmentOf(gateway)["OTEL_EXPORTER_OTLP_ENDPOINT"]; endpoint != "http://jaeger:4318" {
		t.Errorf("traces go to %s", endpoint)
	}
}

// Prometheus takes its configuration, asks the admin port of the gateway by the name that the alerts expect,
// finds the alerts, and is of the version whose library reads all that here.
func TestPrometheusConfiguration(t *testing.T) {
	project := loadCompose(t, "deploy/compose.observability.yaml")
	gateway, prometheus := project.Services["jobsgateway"], project.Services["prometheus"]
	cfg, err := config.LoadFile(filepath.Join(root, "deploy/observability/prometheus.yaml"), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	scrapes, err := cfg.GetScrapeConfigs()
	if err != nil || len(scrapes) != 1 || scrapes[0].MetricsPath != "/metrics" {
		t.Fatalf("%v, %v", scrapes, err)
	}
	c := inImage(t, gateway.Command, environmentOf(gateway))
	if text := read(t, "deploy/observability/prometheus.yaml"); !strings.Contains(text, fmt.Sprintf("targets: [%s:%d]\n", gateway.Name, c.admin)) {
		t.Errorf("it does not ask the gateway's port %d", c.admin)
	}
	for _, rule := range alerts(t) {
		for _, job := range regexp.MustCompile(`job="([^"]*)"`).FindAllStringSubmatch(rule.Expr, -1) {
			if job[1] != scrapes[0].JobName {
				t.Errorf("%s is for the job %s", rule.Alert, job[1])
			}
		}
	}
	at := map[string]string{} // the files in the container by their place there
	for _, volume := range prometheus.Volumes {
		at[volume.Target] = filepath.Base(volume.Source)
	}
	if at["/etc/prometheus/prometheus.yaml"] != "prometheus.yaml" || at["/etc/prometheus/alerts.yaml"] != "alerts.yaml" ||
		!slices.Contains(prometheus.Command, "--config.file=/etc/prometheus/prometheus.yaml") ||
		len(cfg.RuleFiles) != 1 || filepath.Base(cfg.RuleFiles[0]) != "alerts.yaml" {
		t.Errorf("files %v, command %q, rules %q", at, prometheus.Command, cfg.RuleFiles)
	}
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		// v0.315.1 of the library is in v3.15.1 of the program.
		if dep.Path == "github.com/prometheus/prometheus" && prometheus.Image != "prom/prometheus:"+strings.Replace(dep.Version, "v0.3", "v3.", 1) {
			t.Errorf("%s, and the library is %s", prometheus.Image, dep.Version)
		}
	}
}

// Grafana finds its sources of data where Compose has them, and the dashboard.
func TestGrafanaConfiguration(t *testing.T) {
	project := loadCompose(t, "deploy/compose.observability.yaml")
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			IsDefault                    bool `yaml:"isDefault"`
			JSONData                     struct {
				HTTPMethod   string `yaml:"httpMethod"`
				TimeInterval string `yaml:"timeInterval"`
				Exemplars    []struct {
					Name string
					UID  string `yaml:"datasourceUid"`
				} `yaml:"exemplarTraceIdDestinations"`
			} `yaml:"jsonData"`
		}
	}
	decodeYAML(t, "deploy/observability/grafana/datasources.yaml", &sources)
	ports := map[string]string{"prometheus": "9090", "jaeger": "16686"}
	known := map[string]bool{}
	for _, source := range sources.Datasources {
		at, err := url.Parse(source.URL)
		if err != nil || ports[source.Type] == "" || at.Hostname() != project.Services[source.Type].Name || at.Port() != ports[source.Type] {
			t.Errorf("%s is at %s", source.Name, source.URL)
		}
		known[source.UID] = true
	}
	for _, source := range sources.Datasources {
		for _, exemplar := range source.JSONData.Exemplars {
			if exemplar.Name != "trace_id" || !known[exemplar.UID] {
				t.Errorf("an exemplar leads to %v", exemplar)
			}
		}
	}
	var providers struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Type string
			Options    struct{ Path string }
		}
	}
	decodeYAML(t, "deploy/observability/grafana/dashboards.yaml", &providers)
	at := map[string]string{}
	for _, volume := range project.Services["grafana"].Volumes {
		at[volume.Target] = filepath.Base(volume.Source)
	}
	dashboard := providers.Providers[0].Options.Path + "/jobsgateway.json"
	if at[dashboard] != "dashboard.json" || environmentOf(project.Services["grafana"])["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] != dashboard ||
		at["/etc/grafana/provisioning/datasources/jobsgateway.yaml"] != "datasources.yaml" ||
		at["/etc/grafana/provisioning/dashboards/jobsgateway.yaml"] != "dashboards.yaml" || len(sources.Datasources) != 2 || !known["jaeger"] {
		t.Errorf("the files are %v", at)
	}
}

// decodeYAML reads a file whose members are all known.
func decodeYAML(t *testing.T, path string, into any) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, path)))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
