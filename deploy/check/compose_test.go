package check

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// loadCompose reads a file as Docker Compose does: it keeps the Compose specification's schema.
func loadCompose(t *testing.T, path string) *types.Project {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: filepath.Dir(file), ConfigFiles: []types.ConfigFile{{Filename: file}}, Environment: types.Mapping{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// environmentOf returns the variables of a service.
func environmentOf(service types.ServiceConfig) map[string]string {
	environment := map[string]string{}
	for name, value := range service.Environment {
		environment[name] = *value
	}
	return environment
}

// deploy/compose.yaml builds the Dockerfile, and publishes the public port on this machine alone, without
// privileges.
func TestCompose(t *testing.T) {
	project := loadCompose(t, "deploy/compose.yaml")
	service, ok := project.Services["jobsgateway"]
	if !ok || len(project.Services) != 1 {
		t.Fatalf("the services are %q", project.ServiceNames())
	}
	c := inImage(t, service.Command, environmentOf(service))
	if !c.demo {
		t.Error("it is not the demonstration")
	}
	if len(service.Ports) != 1 || service.Ports[0].Target != uint32(c.public) || service.Ports[0].HostIP != "127.0.0.1" ||
		service.Ports[0].Published != strconv.Itoa(int(c.public)) {
		t.Errorf("it publishes %v", service.Ports)
	}
	if context, err := filepath.Abs(root); err != nil || service.Build == nil || service.Build.Context != context || service.Build.Dockerfile != "Dockerfile" {
		t.Errorf("it builds %+v", service.Build)
	}
	if !service.ReadOnly || service.Privileged || len(service.CapAdd) > 0 || len(service.Volumes) > 0 ||
		!slices.Equal(service.CapDrop, []string{"ALL"}) || !slices.Equal(service.SecurityOpt, []string{"no-new-privileges:true"}) {
		t.Error("it may do more than it needs")
	}
	if grace := service.StopGracePeriod; grace == nil || time.Duration(*grace) <= endsWithin {
		t.Errorf("it has %v to end in", grace)
	}
}
