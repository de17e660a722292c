package hub_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest"
)

// The hub on a NATS server that is not its own: the nats-server of the same module, as a process, on what mash nats config writes.
func TestTheHubRunsOnAnExternalNATSServer(t *testing.T) {
	data := t.TempDir()
	conf, err := hub.NATSConfig(hub.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	url := startNATS(t, conf)
	h := hubtest.Start(t, func(c *hub.Config) { c.Data, c.NATS = data, url })
	first := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
	onlyRow(t, h, first.GetPosition())
	// Another agency's seed is of no use on this one's subjects.
	stranger, err := publisher.Dial(publisher.Options{URL: url, Agency: "kent-police", SeedFile: filepath.Join(data, "creds", "agencies", "kent-health.nk")})
	if err == nil {
		stranger.Close()
		t.Error("health's seed opened the receipts of the police")
	}
	h.Restart()
	if again := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police"))); !again.GetDuplicate() {
		t.Errorf("after the hub's restart: %v, want the first receipt again", again)
	}
}

// With the NATS server away nothing of any agency arrives, and an operator can see it; when it is back, that too.
func TestMetricsTellWhoIsCutOff(t *testing.T) {
	data := t.TempDir()
	conf, err := hub.NATSConfig(hub.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, startNATS(t, conf))
	h := hubtest.Start(t, func(c *hub.Config) { c.Data, c.NATS, c.Metrics = data, w.dsn, "127.0.0.1:0" })
	shows := func(want func(cutOff int) bool) {
		t.Helper()
		for cutOff := -1; !want(cutOff); {
			r, err := http.NewRequestWithContext(h.Context(), http.MethodGet, "http://"+h.Addresses().Metrics+"/metrics", nil)
			if err != nil {
				t.Fatal(err)
			}
			page, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(page.Body)
			page.Body.Close()
			_, after, ok := strings.Cut(string(text), "\nmash_bus_agencies_disconnected ")
			if line, _, _ := strings.Cut(after, "\n"); err != nil || !ok {
				t.Fatalf("the metrics do not say who is cut off: %v", err)
			} else if cutOff, err = strconv.Atoi(line); err != nil {
				t.Fatal(err)
			}
		}
	}
	shows(func(cutOff int) bool { return cutOff == 0 })
	w.cut(true)
	shows(func(cutOff int) bool { return cutOff > 5 })
	w.cut(false)
	shows(func(cutOff int) bool { return cutOff == 0 })
}

func startNATS(t *testing.T, conf []byte) (url string) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "nats-server")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("build nats-server: %v\n%s", err, out)
	}
	path := filepath.Join(dir, "accounts.conf")
	if err := os.WriteFile(path, conf, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "-c", path, "-a", host, "-p", port)
	cmd.Dir = dir // the configuration's folder for streams is relative
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	return "nats://" + net.JoinHostPort(host, port)
}

// Each part as a process of its own: here five hubs in one test, which share nothing but their addresses and their databases.
func TestEachRoleRunsByItself(t *testing.T) {
	base := hubtest.Start(t, func(c *hub.Config) { c.Roles = []hub.Role{hub.RoleBus, hub.RoleStore} })
	a := base.Addresses()
	apart := func(r hub.Role) *hubtest.Hub {
		return hubtest.Start(t, func(c *hub.Config) {
			c.Data, c.Roles, c.NATS, c.EventStore, c.Now = base.Config.Data, []hub.Role{r}, a.NATS, a.EventStore, base.Clock.Now
		})
	}
	apart(hub.RoleIntake)
	apart(hub.RoleProjections)
	apart(hub.RoleProjections) // a second one waits at the checkpoint and does no harm
	apart(hub.RoleOutbox)
	apart(hub.RoleProcess)
	api := apart(hub.RoleAPI)
	police := api.PublisherAt(a.NATS, "kent-police")
	for _, id := range []string{"m-1", "m-2", "m-3"} {
		receipt := accepted(t, send(t, police, "contact", id, contact("kent-police")))
		list(t, api, receipt.GetPosition(), nil) // waits across processes
	}
	if rows := list(t, api, "", nil); len(rows) != 3 {
		t.Errorf("%d rows, want 3", len(rows))
	}
}

func TestReadModelsOnPostgreSQL(t *testing.T) {
	dsn := os.Getenv("MASH_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("MASH_TEST_POSTGRES names no PostgreSQL: .ci/run installs and starts one")
	}
	readmodel, keys := hubtest.Database(t, dsn), hubtest.Database(t, dsn)
	h := hubtest.Start(t, func(c *hub.Config) { c.ReadModel, c.Keys = readmodel, keys })
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
	if row := onlyRow(t, h, receipt.GetPosition()); row.GetContactId() != receipt.GetContactId() {
		t.Errorf("row = %v", row)
	}
	h.Restart()
	onlyRow(t, h, receipt.GetPosition())
}

// Settings that cannot work stop the start, with one line; a port that is taken is one of them.
func TestATakenPortIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for setting, set := range map[string]func(*hub.Config){
		"grpc":        func(c *hub.Config) { c.GRPC = l.Addr().String() },
		"nats-listen": func(c *hub.Config) { c.NATSListen = l.Addr().String() },
		"metrics":     func(c *hub.Config) { c.Metrics = l.Addr().String() },
	} {
		c := hub.Config{Data: t.TempDir(), NATSListen: "127.0.0.1:0", GRPC: "127.0.0.1:0", Metrics: "off"}
		set(&c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		h, err := hub.Start(ctx, c)
		cancel()
		if err == nil {
			h.Stop()
			t.Errorf("%s: started on a port that is taken", setting)
			continue
		}
		if !strings.Contains(err.Error(), setting) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want one line that names it", setting, err)
		}
	}
}
