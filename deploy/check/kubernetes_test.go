package check

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/intstr"
	podsecurity "k8s.io/pod-security-admission/api"
	podpolicy "k8s.io/pod-security-admission/policy"
)

// manifests are the objects of deploy/kubernetes, one of each kind.
type manifests struct {
	deployment *appsv1.Deployment
	service    *corev1.Service
	budget     *policyv1.PodDisruptionBudget
	scaler     *autoscalingv2.HorizontalPodAutoscaler
	network    *networkingv1.NetworkPolicy
}

// pod is what the deployment makes.
func (m manifests) pod() corev1.PodTemplateSpec { return m.deployment.Spec.Template }

// decode reads deploy/kubernetes as an API server with strict validation does: an unknown field, a field
// twice, a wrong type or an unknown kind fails the test.
func decode(t *testing.T) manifests {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	files, err := filepath.Glob(filepath.Join(root, "deploy/kubernetes/*"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifests
	for _, file := range files {
		name := filepath.Base(file)
		text := read(t, "deploy/kubernetes/"+name)
		object, kind, err := strict.Decode([]byte(text), nil, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(text, "\n---") || name != strings.ToLower(kind.Kind)+".yaml" {
			t.Errorf("%s: one %s a file, named after it", name, kind.Kind)
		}
		switch object := object.(type) {
		case *appsv1.Deployment:
			m.deployment = object
		case *corev1.Service:
			m.service = object
		case *policyv1.PodDisruptionBudget:
			m.budget = object
		case *autoscalingv2.HorizontalPodAutoscaler:
			m.scaler = object
		case *networkingv1.NetworkPolicy:
			m.network = object
		default:
			t.Errorf("%s: nothing here looks at a %s", name, kind.Kind)
		}
	}
	if m.deployment == nil || m.service == nil || m.budget == nil || m.scaler == nil || m.network == nil {
		t.Fatalf("%q lack a kind", files)
	}
	return m
}

// container returns the deployment's only container.
func (m manifests) container(t *testing.T) corev1.Container {
	t.Helper()
	spec := m.pod().Spec
	if len(spec.Containers) != 1 || len(spec.InitContainers) != 0 {
		t.Fatal("one container")
	}
	return spec.Containers[0]
}

// The program starts with what the deployment gives it, and the deployment names the ports that it has then.
// Each probe asks the admin port for a path that it has; a pod that is not ready is not restarted.
func TestDeploymentStarts(t *testing.T) {
	m := decode(t)
	spec := m.container(t)
	if len(spec.Command) > 0 || len(spec.EnvFrom) > 0 {
		t.Error("the image has an entry point, and all variables are here")
	}
	environment := map[string]string{}
	for _, variable := range spec.Env {
		environment[variable.Name] = variable.Value
	}
	c := inImage(t, spec.Args, environment)
	if want := []corev1.ContainerPort{{Name: "http", ContainerPort: c.public}, {Name: "admin", ContainerPort: c.admin}}; !slices.Equal(spec.Ports, want) {
		t.Errorf("ports %v, the program has %v", spec.Ports, want)
	}
	if c.demo || !strings.HasPrefix(c.upstream, "https://") {
		t.Errorf("the Jobs API is %s", c.upstream)
	}
	for name, probe := range map[string]*corev1.Probe{"startup": spec.StartupProbe, "readiness": spec.ReadinessProbe, "liveness": spec.LivenessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Port != intstr.FromString("admin") {
			t.Errorf("the %s probe does not ask the admin port", name)
		} else if status := c.get(t, probe.HTTPGet.Path); status != http.StatusOK {
			t.Errorf("the %s probe asks for %s: %d", name, probe.HTTPGet.Path, status)
		}
	}
	if t.Failed() {
		return
	}
	if ready := spec.ReadinessProbe.HTTPGet.Path; ready != "/readyz" || spec.LivenessProbe.HTTPGet.Path == ready {
		t.Errorf("a pod is ready by %s, and restarted by %s", ready, spec.LivenessProbe.HTTPGet.Path)
	}
	left := *m.pod().Spec.TerminationGracePeriodSeconds - spec.Lifecycle.PreStop.Sleep.Seconds
	if time.Duration(left)*time.Second < endsWithin {
		t.Errorf("%d s are left for the program to end in, and it takes up to %v", left, endsWithin)
	}
}

// The pod keeps the strictest of Kubernetes' own rules for pods, and some that these lack.
func TestPodIsRestricted(t *testing.T) {
	m := decode(t)
	rules, err := podpolicy.NewEvaluator(podpolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	pod := m.pod()
	for _, result := range rules.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec) {
		if !result.Allowed {
			t.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
	container := m.container(t)
	user := strconv.FormatInt(*pod.Spec.SecurityContext.RunAsUser, 10) + ":" + strconv.FormatInt(*pod.Spec.SecurityContext.RunAsGroup, 10)
	if !slices.Equal(instructions(t, "USER"), []string{user}) {
		t.Errorf("the pod's user is %s", user)
	}
	if readOnly := container.SecurityContext.ReadOnlyRootFilesystem; readOnly == nil || !*readOnly {
		t.Error("its files can be written")
	}
	if token := pod.Spec.AutomountServiceAccountToken; token == nil || *token {
		t.Error("it has a token of the cluster")
	}
	if len(pod.Spec.Volumes)+len(container.VolumeMounts) > 0 {
		t.Error("it needs no volume")
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if container.Resources.Requests.Name(name, "").IsZero() {
			t.Errorf("no request of %s", name)
		}
	}
	if memory := container.Resources.Limits.Memory(); memory.Cmp(*container.Resources.Requests.Memory()) < 0 {
		t.Errorf("a limit of memory of %v", memory)
	}
	if strings.HasSuffix(container.Image, ":latest") || !strings.Contains(container.Image, ":") {
		t.Errorf("the image %s has no version", container.Image)
	}
}

// All that choose pods choose the deployment's, and none of it can keep the service from being updated.
func TestChoosePods(t *testing.T) {
	m := decode(t)
	podLabels := labels.Set(m.pod().Labels)
	for name, selector := range map[string]*metav1.LabelSelector{
		"the deployment":     m.deployment.Spec.Selector,
		"the budget":         m.budget.Spec.Selector,
		"the network policy": &m.network.Spec.PodSelector,
		"the spread":         m.pod().Spec.TopologySpreadConstraints[0].LabelSelector,
		"the service":        {MatchLabels: m.service.Spec.Selector},
	} {
		if chosen, err := metav1.LabelSelectorAsSelector(selector); err != nil || chosen.Empty() || !chosen.Matches(podLabels) {
			t.Errorf("%s chooses %v, the pods have %v", name, selector, podLabels)
		}
	}
	target := m.scaler.Spec.ScaleTargetRef
	if target.Kind != m.deployment.Kind || target.APIVersion != m.deployment.APIVersion || target.Name != m.deployment.Name {
		t.Errorf("the autoscaler is for %v", target)
	}
	if m.deployment.Spec.Replicas != nil {
		t.Error("the number of replicas is the autoscaler's")
	}
	if most := m.budget.Spec.MaxUnavailable; m.budget.Spec.MinAvailable != nil || most.IntValue() < 1 || int32(most.IntValue()) >= *m.scaler.Spec.MinReplicas {
		t.Errorf("a node can take %v of %d replicas", most, *m.scaler.Spec.MinReplicas)
	}
}

// The service and the network policy let callers to the public port and to no other, one namespace to the admin
// port, and the gateway to the Jobs API's port and to DNS.
func TestReachable(t *testing.T) {
	m := decode(t)
	if ports := m.service.Spec.Ports; len(ports) != 1 || ports[0].TargetPort != intstr.FromString("http") {
		t.Errorf("the service has %v", ports)
	}
	if m.service.Spec.Type != "" && m.service.Spec.Type != corev1.ServiceTypeClusterIP {
		t.Errorf("the service is a %s", m.service.Spec.Type)
	}
	spec := m.network.Spec
	if !slices.Equal(spec.PolicyTypes, []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}) {
		t.Errorf("the policy is for %v", spec.PolicyTypes)
	}
	reach := func(ports []networkingv1.NetworkPolicyPort) (all []string) {
		for _, port := range ports {
			protocol := corev1.ProtocolTCP
			if port.Protocol != nil {
				protocol = *port.Protocol
			}
			all = append(all, string(protocol)+" "+port.Port.String())
		}
		return all
	}
	var in, out []string
	for _, rule := range spec.Ingress {
		in = append(in, reach(rule.Ports)...)
	}
	for _, rule := range spec.Egress {
		out = append(out, reach(rule.Ports)...)
	}
	for _, rule := range spec.Ingress {
		isAdmin := slices.Contains(reach(rule.Ports), "TCP admin")
		for _, from := range rule.From {
			if isAdmin && (from.NamespaceSelector == nil || from.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] == "") {
				t.Errorf("the admin port is open to %v", from)
			}
		}
		if isAdmin && (len(rule.Ports) != 1 || len(rule.From) == 0) {
			t.Error("the admin port is open to all, or not alone")
		}
	}
	if !slices.Equal(in, []string{"TCP http", "TCP admin"}) || !slices.Equal(out, []string{"UDP 53", "TCP 53", "TCP 443"}) {
		t.Errorf("in %q, out %q", in, out)
	}
}

// A Prometheus that finds pods by their annotations finds the metrics.
func TestAnnotationsOfMetrics(t *testing.T) {
	m := decode(t)
	annotations := m.pod().Annotations
	c := inImage(t, m.container(t).Args, map[string]string{"JOBSGW_DEMO": "true"})
	if annotations["prometheus.io/scrape"] != "true" || annotations["prometheus.io/port"] != strconv.Itoa(int(c.admin)) {
		t.Errorf("%v", annotations)
	}
	if status := c.get(t, annotations["prometheus.io/path"]); status != http.StatusOK {
		t.Errorf("%s: %d", annotations["prometheus.io/path"], status)
	}
}

// docs/operations.md says of the files what they say.
func TestDocumentedDeployment(t *testing.T) {
	m := decode(t)
	page := strings.Join(strings.Fields(read(t, "docs/operations.md")), " ")
	before := m.container(t).Lifecycle.PreStop.Sleep.Seconds
	for _, sentence := range []string{
		fmt.Sprintf("from %d to %d replicas", *m.scaler.Spec.MinReplicas, m.scaler.Spec.MaxReplicas),
		fmt.Sprintf("serves on for %d seconds before it gets TERM", before),
		fmt.Sprintf("has %d seconds after that", *m.pod().Spec.TerminationGracePeriodSeconds-before),
		"any pod of the cluster reach port 8080, those of the namespace `monitoring` the admin port, and the gateway reach DNS and port 443",
	} {
		if !strings.Contains(page, sentence) {
			t.Errorf("docs/operations.md does not say %q", sentence)
		}
	}
}
