package check

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// What the program sends is an export as OpenTelemetry's own package for collectors reads it. The gateway itself is
// built without that package.
func TestExportIsOTLP(t *testing.T) {
	exports := make(chan []byte, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/v1/traces" {
			exports <- body
		}
		answer, _ := proto.Marshal(&collector.ExportTraceServiceResponse{})
		_, _ = w.Write(answer)
	}))
	defer server.Close()
	c := inImage(t, []string{"--demo"}, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_BSP_SCHEDULE_DELAY": "50"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.publicURL+"/graphql",
		bytes.NewReader([]byte(`{"query":"{jobs(first:1){nodes{id}}}"}`)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer demo")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	names := map[string]bool{}
	for len(names) < 3 {
		select {
		case body := <-exports:
			var export collector.ExportTraceServiceRequest
			if err := proto.Unmarshal(body, &export); err != nil || len(export.ProtoReflect().GetUnknown()) > 0 {
				t.Fatalf("%v: %x", err, body)
			}
			for _, span := range export.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans() {
				names[span.GetName()] = true
			}
		case <-time.After(startLimit):
			t.Fatalf("spans %v", names)
		}
	}
	if !names["POST /graphql"] || !names["query"] || !names["GET /jobs"] {
		t.Errorf("spans %v", names)
	}
}
