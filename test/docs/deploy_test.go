package docs_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"parley/test/harness"
)

// setting is a variable's name as documents and manifests write it.
var setting = regexp.MustCompile(`\bPARLEY_[A-Z0-9_]*[A-Z0-9]\b`)

// composeFile is what of compose.yaml the tests look at.
type composeFile struct {
	Services map[string]struct {
		Environment     map[string]string
		Secrets         []string
		StopGracePeriod string                                `yaml:"stop_grace_period"`
		DependsOn       map[string]struct{ Condition string } `yaml:"depends_on"`
		Ports           []string
		Restart         string
		Healthcheck     struct{ Test []string }
	}
	Secrets map[string]struct{ File string }
}

// manifest is what of the Kubernetes objects the tests look at.
type manifest struct {
	Kind string
	Data map[string]string
	Spec struct {
		Template struct {
			Spec struct {
				Grace      int `yaml:"terminationGracePeriodSeconds"`
				Containers []struct {
					Env       []struct{ Name, Value string }
					Lifecycle struct {
						PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
					}
				}
			}
		}
	}
}

// repository reads a file of it.
func repository(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(harness.Root(), path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compose(t *testing.T) composeFile {
	t.Helper()
	var c composeFile
	if err := yaml.Unmarshal(repository(t, "compose.yaml"), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// kubernetes returns the manifest's objects by their kind.
func kubernetes(t *testing.T) map[string]manifest {
	t.Helper()
	objects := map[string]manifest{}
	for d := yaml.NewDecoder(bytes.NewReader(repository(t, "deploy/kubernetes.yaml"))); ; {
		var m manifest
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		objects[m.Kind] = m
	}
}

// TestSettingsExist: what documents and manifests name is a setting.
func TestSettingsExist(t *testing.T) {
	help, err := exec.Command(harness.Binary(t), "serve", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := setting.FindAllString(string(help), -1)
	for _, path := range []string{"compose.yaml", "deploy/kubernetes.yaml", "deploy/haproxy.cfg", "docs/operations.md", "README.md", "Dockerfile"} {
		named := setting.FindAllString(string(repository(t, path)), -1)
		if len(named) == 0 {
			t.Errorf("%s names no setting", path)
		}
		for _, name := range named {
			if !slices.Contains(known, name) {
				t.Errorf("%s names %s, which `parley serve --help` does not", path, name)
			}
		}
	}
}

// TestDeployedSettings: with the settings of each manifest, and the secrets that
// deploy/secrets makes, a server gets as far as looking for its database.
func TestDeployedSettings(t *testing.T) {
	dir := t.TempDir()
	made := secrets(t, dir)
	if got := secrets(t, dir); !maps.Equal(got, made) {
		t.Error("deploy/secrets changes what is there")
	}
	nobody := "postgres://parley:a-password@127.0.0.1:1/parley?sslmode=disable&connect_timeout=2"
	if err := os.WriteFile(filepath.Join(dir, "database_url"), []byte(nobody), 0o600); err != nil {
		t.Fatal(err)
	}
	objects := kubernetes(t)
	pod := maps.Clone(objects["ConfigMap"].Data)
	for _, e := range objects["Deployment"].Spec.Template.Spec.Containers[0].Env {
		pod[e.Name] = strings.ReplaceAll(e.Value, "$(POD_IP)", "127.0.0.1")
	}
	for name, env := range map[string]map[string]string{"compose": compose(t).Services["node1"].Environment, "kubernetes": pod} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(harness.Binary(t), "serve")
			for k, v := range env {
				v = strings.ReplaceAll(strings.ReplaceAll(v, "/run/secrets/parley", dir), "/run/secrets", dir)
				cmd.Env = append(cmd.Env, k+"="+v)
			}
			cmd.Env = append(cmd.Env, "PARLEY_ADDR="+harness.FreeAddr(t), "PARLEY_OPS_ADDR=off")
			if name == "compose" {
				cmd.Env = append(cmd.Env, "PARLEY_NODE_URL=http://127.0.0.1:3000", "PARLEY_CORS_ORIGINS=*")
			}
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "PARLEY_DATABASE_URL (postgres://parley:xxxxx@127.0.0.1:1") {
				t.Errorf("%v\n%s", err, out)
			}
			if strings.Contains(string(out), "a-password") {
				t.Error("the password is told")
			}
		})
	}
}

// secrets has the script make the secrets, and returns them.
func secrets(t *testing.T, dir string) map[string]string {
	t.Helper()
	if out, err := exec.Command(filepath.Join(harness.Root(), "deploy", "secrets"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	made := map[string]string{}
	for name, file := range compose(t).Secrets {
		b, err := os.ReadFile(filepath.Join(dir, filepath.Base(file.File)))
		if err != nil || len(bytes.TrimSpace(b)) < 32 {
			t.Fatalf("secret %s: %v, %d bytes", name, err, len(b))
		}
		made[name] = string(b)
	}
	return made
}

// TestCompose: each node is stopped later than it drains, waits for what it needs,
// and is a server of the balancer's, which alone has a port of the host.
func TestCompose(t *testing.T) {
	c := compose(t)
	balancer := string(repository(t, "deploy/haproxy.cfg"))
	for name, s := range c.Services {
		if s.Restart == "" || len(s.Healthcheck.Test) == 0 {
			t.Errorf("%s is not looked after: restart %q, health %v", name, s.Restart, s.Healthcheck.Test)
		}
		if got := len(s.Ports) > 0; got != (name == "balancer") {
			t.Errorf("%s has ports %v", name, s.Ports)
		}
		for _, secret := range s.Secrets {
			if _, ok := c.Secrets[secret]; !ok {
				t.Errorf("%s has a secret %s that is not there", name, secret)
			}
		}
		for needed, d := range s.DependsOn {
			if _, ok := c.Services[needed]; !ok || d.Condition != "service_healthy" {
				t.Errorf("%s waits for %s until %q", name, needed, d.Condition)
			}
		}
		if !strings.HasPrefix(name, "node") {
			continue
		}
		if !slices.Equal(slices.Sorted(maps.Keys(s.DependsOn)), []string{"postgres", "redis", "s3"}) {
			t.Errorf("%s waits for %v", name, s.DependsOn)
		}
		if !strings.Contains(balancer, "server "+name+" "+name+s.Environment["PARLEY_ADDR"]+"\n") {
			t.Errorf("the balancer does not know %s at %s", name, s.Environment["PARLEY_ADDR"])
		}
		outlives(t, name, duration(t, s.StopGracePeriod), s.Environment["PARLEY_DRAIN_TIMEOUT"])
	}
	if n := strings.Count(balancer, "\n    server "); n != 3 {
		t.Errorf("the balancer knows %d nodes", n)
	}
}

// TestKubernetes: a pod is stopped later than it drains.
func TestKubernetes(t *testing.T) {
	objects := kubernetes(t)
	for _, kind := range []string{"ConfigMap", "Deployment", "Service", "PodDisruptionBudget"} {
		if _, ok := objects[kind]; !ok {
			t.Errorf("there is no %s", kind)
		}
	}
	pod := objects["Deployment"].Spec.Template.Spec
	left := pod.Grace - pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds
	outlives(t, "the pod", time.Duration(left)*time.Second, objects["ConfigMap"].Data["PARLEY_DRAIN_TIMEOUT"])
}

func outlives(t *testing.T, who string, grace time.Duration, drain string) {
	t.Helper()
	if d := duration(t, drain); grace < d+5*time.Second {
		t.Errorf("%s has %v to stop, and drains for %v", who, grace, d)
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
