package hatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// Times of Patroni in seconds, the shortest that it takes: the leader's key
// lives for ttl, so that a leader that is gone is followed after that at most.
const (
	ttl      = 20
	loopWait = 2
	retry    = 4
)

// Cluster is three servers under Patroni with synchronous replication.
type Cluster struct {
	Network *Network

	dir string
	bin string
}

// Start starts every node and waits until the cluster has a primary and both
// others are standbys, one of them synchronous.
func Start(ctx context.Context, network *Network) (*Cluster, error) {
	bin, err := postgrestest.Find()
	if err != nil {
		return nil, err
	}
	server, err := filepath.EvalSymlinks(filepath.Join(bin, "postgres"))
	if err != nil {
		return nil, err
	}
	parent := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm"
	}
	c := &Cluster{Network: network, bin: filepath.Dir(server)}
	if c.dir, err = os.MkdirTemp(parent, "rbha-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(c.dir, 0o755); err != nil { // the servers are another user's
		return nil, errors.Join(err, c.Close(ctx))
	}
	for node := range Nodes {
		if err := c.prepare(ctx, node); err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
	}
	for node := range Nodes {
		if err := c.Boot(node); err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
	}
	if err := c.AwaitWhole(ctx); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// prepare makes the files of a node.
func (c *Cluster) prepare(ctx context.Context, node int) error {
	home := c.home(node)
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, "patroni.yml"), []byte(c.settings(node)), 0o644); err != nil {
		return err
	}
	return exec.CommandContext(ctx, "chown", "-R", "postgres:", home).Run()
}

func (c *Cluster) home(node int) string { return filepath.Join(c.dir, Name(node)) }

// Name returns the name of a node, from 0.
func Name(node int) string { return fmt.Sprintf("n%d", node) }

// every joins a text of each node by commas; %[1]s is its name, %[2]s its
// address.
func every(form string) string {
	var list []string
	for node := range Nodes {
		list = append(list, fmt.Sprintf(form, Name(node), address(node)))
	}
	return strings.Join(list, ",")
}

// settings is the configuration of a node's Patroni. It uses version 2 of etcd's
// API: with version 3, Patroni 3.0.2 writes the leader's key without a condition,
// and a primary that was cut off takes the lead back when the network heals.
func (c *Cluster) settings(node int) string {
	return fmt.Sprintf(`scope: ringback
name: %[1]s
restapi: {listen: '%[2]s:8008', connect_address: '%[2]s:8008'}
etcd: {hosts: '%[3]s'}
bootstrap:
  dcs:
    ttl: %[6]d
    loop_wait: %[7]d
    retry_timeout: %[8]d
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters: {wal_log_hints: 'on', max_connections: 60, shared_buffers: 64MB, wal_retrieve_retry_interval: 500ms, wal_sender_timeout: 5s, wal_receiver_timeout: 5s, fsync: 'off'}
  initdb: [{encoding: UTF8}, {locale: C}, {auth: trust}, no-sync]
postgresql:
  listen: '%[2]s:5432'
  connect_address: '%[2]s:5432'
  data_dir: '%[4]s/data'
  bin_dir: '%[5]s'
  pgpass: '%[4]s/pgpass'
  parameters: {unix_socket_directories: '%[4]s'}
  pg_hba: ['local all all trust', 'host all all 0.0.0.0/0 trust', 'host replication all 0.0.0.0/0 trust']
  authentication:
    superuser: {username: postgres}
    replication: {username: postgres}
    rewind: {username: postgres}
`, Name(node), address(node), every("%[2]s:2379"), c.home(node), c.bin, ttl, loopWait, retry)
}

// Boot starts what runs on a node: etcd and Patroni, which starts PostgreSQL.
func (c *Cluster) Boot(node int) error {
	home, at := c.home(node), address(node)
	etcd := []string{"etcd", "--name", Name(node), "--data-dir", home + "/etcd", "--log-level", "error", "--enable-v2",
		"--listen-peer-urls", "http://" + at + ":2380", "--initial-advertise-peer-urls", "http://" + at + ":2380",
		"--listen-client-urls", "http://" + at + ":2379", "--advertise-client-urls", "http://" + at + ":2379",
		"--initial-cluster", every("%[1]s=http://%[2]s:2380"), "--initial-cluster-state", "new"}
	return errors.Join(c.launch(node, "etcd.log", etcd), c.launch(node, "patroni.log", []string{"patroni", home + "/patroni.yml"}))
}

// launch starts a program on a node as the user postgres. It ends with the
// node's namespace.
func (c *Cluster) launch(node int, log string, program []string) error {
	out, err := os.OpenFile(filepath.Join(c.home(node), log), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command("ip", append([]string{"netns", "exec", c.Network.namespace(node),
		"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}, program...)...)
	cmd.Dir = c.home(node)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + c.home(node), "LC_ALL=C"}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // it ends when it is killed
	return nil
}

// Kill kills everything that runs on a node.
func (c *Cluster) Kill(ctx context.Context, node int) error { return c.Network.kill(ctx, node) }

// Close kills every node and removes its files.
func (c *Cluster) Close(ctx context.Context) error {
	var errs []error
	for node := range Nodes {
		errs = append(errs, c.Kill(context.WithoutCancel(ctx), node))
	}
	return errors.Join(append(errs, os.RemoveAll(c.dir))...)
}

// DSN names all servers and connects to the one that accepts writes.
func (c *Cluster) DSN(database string) string {
	return "postgres://postgres@" + every("%[2]s:5432") + "/" + database + "?sslmode=disable&target_session_attrs=read-write&connect_timeout=2"
}

// member is a node as Patroni's /cluster lists it.
type member struct {
	Name  string `json:"name"`
	Role  string `json:"role"`
	State string `json:"state"`
}

// Role of a node.
const (
	primary     = "leader"
	synchronous = "sync_standby"
)

// members asks the agent of a node who is what.
func (c *Cluster) members(ctx context.Context, node int) ([]member, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address(node)+":8008/cluster", http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Members []member `json:"members"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return answer.Members, err
}

// With returns a node that has a role, by what most nodes that answer say; -1
// if there is none.
func (c *Cluster) With(ctx context.Context, role string) int {
	votes := make([]int, Nodes)
	for node := range Nodes {
		members, err := c.members(ctx, node)
		if err != nil {
			continue
		}
		for other := range Nodes {
			if slices.ContainsFunc(members, func(m member) bool { return m.Name == Name(other) && m.Role == role }) {
				votes[other]++
			}
		}
	}
	best := slices.Index(votes, slices.Max(votes))
	if votes[best] == 0 {
		return -1
	}
	return best
}

// whole reports whether every node says that there is a primary, a synchronous
// standby, and that all run.
func (c *Cluster) whole(ctx context.Context) error {
	for node := range Nodes {
		members, err := c.members(ctx, node)
		if err != nil {
			return err
		}
		roles := map[string]int{}
		for _, m := range members {
			if m.State == "running" || m.State == "streaming" {
				roles[m.Role]++
			}
		}
		if roles[primary] != 1 || roles[synchronous] != 1 || len(members) != Nodes || roles["replica"] != Nodes-2 {
			return fmt.Errorf("%s sees %v", Name(node), members)
		}
	}
	return nil
}

// AwaitWhole waits until the cluster is whole.
func (c *Cluster) AwaitWhole(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.whole(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the cluster is not whole: %w", err)
		}
	}
}

// Save copies the logs to a directory.
func (c *Cluster) Save(dir string) error {
	var errs []error
	for node := range Nodes {
		for _, log := range []string{"etcd.log", "patroni.log"} {
			text, err := os.ReadFile(filepath.Join(c.home(node), log))
			errs = append(errs, err, os.WriteFile(filepath.Join(dir, Name(node)+"-"+log), text, 0o600))
		}
	}
	return errors.Join(errs...)
}

// SwitchOver asks the primary to hand over to its synchronous standby.
func (c *Cluster) SwitchOver(ctx context.Context) error {
	from, to := c.With(ctx, primary), c.With(ctx, synchronous)
	body := fmt.Sprintf(`{"leader": %q, "candidate": %q}`, Name(from), Name(to))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address(from)+":8008/switchover", strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("switchover: %s", resp.Status)
	}
	return nil
}
