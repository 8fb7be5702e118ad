package telemetry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Traces are off unless there is an endpoint, and nothing says no. What they would need is not looked at
// then.
func TestTracesAreOff(t *testing.T) {
	t.Parallel()
	for _, environ := range []string{
		"",
		"OTEL_SERVICE_NAME=x OTEL_TRACES_EXPORTER=otlp OTEL_SDK_DISABLED=false",
		"OTEL_EXPORTER_OTLP_ENDPOINT= OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c:4318",
		"OTEL_SDK_DISABLED=true OTEL_EXPORTER_OTLP_ENDPOINT=nonsense OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
		"OTEL_SDK_DISABLED=TRUE OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318",
		"OTEL_TRACES_EXPORTER=None OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318",
	} {
		cfg, warnings, err := ReadTracing(strings.Fields(environ))
		if cfg.On() || len(warnings) > 0 || err != nil {
			t.Errorf("%s: on %v, warnings %q, error %v", environ, cfg.On(), warnings, err)
		}
		if NewTracing(cfg, nil) != nil {
			t.Errorf("%s: something has started", environ)
		}
	}
}

// Where spans go, by the rules of the specification.
func TestTracesEndpoint(t *testing.T) {
	t.Parallel()
	for environ, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318":                                                           "http://c:4318/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp/":                                                         "https://c/otlp/v1/traces",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318":                                                    "http://c:4318/",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c/x?key=":                                                  "http://c/x?key=",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://one/t OTEL_EXPORTER_OTLP_ENDPOINT=http://all":              "http://one/t",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT= OTEL_EXPORTER_OTLP_ENDPOINT=http://all":                          "http://all/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_X=?":             "http://c/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=HTTP/Protobuf":               "http://c/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://user:word@c:1/ OTEL_SDK_DISABLED=false OTEL_TRACES_EXPORTER=otlp": "http://user:word@c:1/v1/traces",
	} {
		cfg, warnings, err := ReadTracing(strings.Fields(environ))
		if err != nil || len(warnings) > 0 || cfg.endpoint.String() != want {
			t.Errorf("%s: %v, warnings %q, error %v", environ, cfg.endpoint, warnings, err)
		}
	}
}

// What says where and how spans go is an error if it is wrong, and all errors come at once. What else is
// wrong is a warning, and counts as not set. None repeats a value.
func TestWrongTraceVariables(t *testing.T) {
	t.Parallel()
	const on = "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 "
	for environ, wrong := range map[string]string{ // the variables of the errors
		"OTEL_EXPORTER_OTLP_ENDPOINT=SECRET:4318":                                "OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_EXPORTER_OTLP_ENDPOINT=SECRET":                                     "OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://":                                    "OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=grpc://SECRET":                       "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://u:SECRET@[":                          "OTEL_EXPORTER_OTLP_ENDPOINT",
		on + "OTEL_EXPORTER_OTLP_PROTOCOL=grpc":                                  "OTEL_EXPORTER_OTLP_PROTOCOL",
		on + "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json":                      "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
		on + "OTEL_EXPORTER_OTLP_HEADERS=SECRET":                                 "OTEL_EXPORTER_OTLP_HEADERS",
		on + "OTEL_EXPORTER_OTLP_HEADERS=a=SECRET%0d%0aB:":                       "OTEL_EXPORTER_OTLP_HEADERS",
		on + "OTEL_EXPORTER_OTLP_HEADERS=SEC(RET=a":                              "OTEL_EXPORTER_OTLP_HEADERS",
		on + "OTEL_EXPORTER_OTLP_TRACES_HEADERS=a=SECRET%zz":                     "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
		on + "OTEL_EXPORTER_OTLP_CERTIFICATE=/no/SECRET":                         "OTEL_EXPORTER_OTLP_CERTIFICATE",
		on + "OTEL_EXPORTER_OTLP_CLIENT_KEY=/no/SECRET":                          "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
		on + "OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_HEADERS=x":     "OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_PROTOCOL",
		"OTEL_EXPORTER_OTLP_ENDPOINT=x OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_A=": "OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_PROTOCOL",
	} {
		cfg, _, err := ReadTracing(strings.Fields(environ))
		var named []string
		for line := range strings.Lines(fmt.Sprint(err)) {
			name, _, _ := strings.Cut(line, ":")
			named = append(named, name)
		}
		if cfg.On() || strings.Join(named, " ") != wrong || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", environ, err)
		}
	}
	for environ, wrong := range map[string]string{ // the variables of the warnings
		"OTEL_SDK_DISABLED=SECRET":                                       "OTEL_SDK_DISABLED",
		"OTEL_TRACES_EXPORTER=console":                                   "OTEL_TRACES_EXPORTER",
		"OTEL_EXPORTER_OTLP_PROTOCOL=SECRET":                             "OTEL_EXPORTER_OTLP_PROTOCOL",
		"OTEL_EXPORTER_OTLP_COMPRESSION=SECRET":                          "OTEL_EXPORTER_OTLP_COMPRESSION",
		"OTEL_EXPORTER_OTLP_TIMEOUT=10s":                                 "OTEL_EXPORTER_OTLP_TIMEOUT",
		"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=-1":                           "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
		"OTEL_TRACES_SAMPLER=SECRET":                                     "OTEL_TRACES_SAMPLER",
		"OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2":     "OTEL_TRACES_SAMPLER_ARG",
		"OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=NaN":   "OTEL_TRACES_SAMPLER_ARG",
		"OTEL_RESOURCE_ATTRIBUTES=a=b,SECRET":                            "OTEL_RESOURCE_ATTRIBUTES",
		"OTEL_BSP_MAX_QUEUE_SIZE=0 OTEL_BSP_MAX_EXPORT_BATCH_SIZE=many":  "OTEL_BSP_MAX_QUEUE_SIZE OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
		"OTEL_BSP_SCHEDULE_DELAY=1000000000 OTEL_BSP_EXPORT_TIMEOUT=0x1": "OTEL_BSP_SCHEDULE_DELAY OTEL_BSP_EXPORT_TIMEOUT",
	} {
		cfg, warnings, err := ReadTracing(strings.Fields(on + environ))
		var named []string
		for _, warning := range warnings {
			name, _, _ := strings.Cut(warning, " ")
			named = append(named, name)
		}
		if err != nil || strings.Join(named, " ") != wrong || strings.Contains(strings.Join(warnings, ""), "SECRET") {
			t.Errorf("%s: %v, warnings %q", environ, err, warnings)
		}
		if !cfg.On() || cfg.timeout != defaultTimeout || cfg.gzip || cfg.interval != defaultInterval ||
			cfg.queue != defaultQueue || cfg.batch != defaultBatch || len(cfg.resource) != 1 {
			t.Errorf("%s: not the defaults: %+v", environ, cfg)
		}
	}
}

func TestTraceVariables(t *testing.T) {
	t.Parallel()
	cfg, warnings, err := ReadTracing([]string{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://c",
		"OTEL_EXPORTER_OTLP_HEADERS=no=no",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS= api-key = a%20b%2Cc , Authorization=Basic YTpi+/=,",
		"OTEL_EXPORTER_OTLP_COMPRESSION=GZIP", "OTEL_EXPORTER_OTLP_TIMEOUT=1500", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=",
		"OTEL_SERVICE_NAME=jobs", "OTEL_RESOURCE_ATTRIBUTES=service.name=other,deployment.environment.name=b%C3%BChne",
		"OTEL_BSP_MAX_QUEUE_SIZE=10", "OTEL_BSP_SCHEDULE_DELAY=1000",
	})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if len(cfg.headers) != 2 || cfg.headers.Get("Api-Key") != "a b,c" || cfg.headers.Get("Authorization") != "Basic YTpi+/=" {
		t.Errorf("headers %v", cfg.headers)
	}
	var resource []string
	for _, attribute := range cfg.resource {
		resource = append(resource, string(attribute.Key)+"="+attribute.Value.AsString())
	}
	if !slices.Equal(resource, []string{"deployment.environment.name=bühne", "service.name=jobs"}) {
		t.Errorf("the resource is %q", resource)
	}
	if !cfg.gzip || cfg.timeout != 1500*time.Millisecond || cfg.queue != 10 || cfg.batch != 10 || cfg.interval != time.Second {
		t.Errorf("%+v", cfg)
	}
}

// The samplers of the specification, by what they say of themselves.
func TestSamplers(t *testing.T) {
	t.Parallel()
	for environ, want := range map[string]string{
		"":                               "ParentBased{root:AlwaysOnSampler",
		"OTEL_TRACES_SAMPLER=always_on":  "AlwaysOnSampler",
		"OTEL_TRACES_SAMPLER=always_off": "AlwaysOffSampler",
		"OTEL_TRACES_SAMPLER=TraceIDRatio OTEL_TRACES_SAMPLER_ARG=0.25":             "TraceIDRatioBased{0.25}",
		"OTEL_TRACES_SAMPLER=traceidratio":                                          "TraceIDRatioBased{1}",
		"OTEL_TRACES_SAMPLER=parentbased_always_on":                                 "ParentBased{root:AlwaysOnSampler",
		"OTEL_TRACES_SAMPLER=parentbased_always_off":                                "ParentBased{root:AlwaysOffSampler",
		"OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=1e-2": "ParentBased{root:TraceIDRatioBased{0.01}",
		"OTEL_TRACES_SAMPLER=xray":                                                  "ParentBased{root:AlwaysOnSampler",
	} {
		cfg, _, err := ReadTracing(append(strings.Fields(environ), "OTEL_EXPORTER_OTLP_ENDPOINT=http://c"))
		if err != nil || !strings.HasPrefix(cfg.sampler.Description(), want) {
			t.Errorf("%s: %v, %s", environ, err, cfg.sampler.Description())
		}
	}
}

// The files that say whom to trust, and who we are.
func TestTraceCertificates(t *testing.T) {
	t.Parallel()
	certificate, key := pemFiles(t)
	cfg, warnings, err := ReadTracing([]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://c", "OTEL_EXPORTER_OTLP_CERTIFICATE=" + certificate,
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=" + certificate, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY=" + key,
	})
	if err != nil || len(warnings) > 0 || cfg.tls.roots == nil || len(cfg.tls.own) != 1 {
		t.Errorf("%v, %q, %+v", err, warnings, cfg.tls)
	}
}

// pemFiles writes a certificate and its key.
func pemFiles(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}
