package hatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Nodes is the number of servers.
const Nodes = 3

// hubEnv names the hub in the environment of a test binary that runs in it.
const hubEnv = "RINGBACK_HA_HUB"

// Network is a hub with nodes. The addresses are the same in every network:
// none of them is seen outside it.
type Network struct{ hub string }

// address returns the address of a node, from 0.
func address(node int) string { return fmt.Sprintf("10.99.0.%d", 11+node) }

// hubAddress is the address of clients.
const hubAddress = "10.99.0.1"

func (n *Network) namespace(node int) string { return fmt.Sprintf("%sn%d", n.hub, node) }

// cable returns the hub's end of the cable of a node.
func cable(node int) string { return fmt.Sprintf("cable%d", node) }

// InHub makes a network, runs the test binary again in its hub with the same
// arguments, and returns the exit code. In a binary that runs in a hub it
// returns false.
func InHub(ctx context.Context) (code int, ran bool) {
	if os.Getenv(hubEnv) != "" {
		return 0, false
	}
	if os.Getuid() != 0 {
		fmt.Fprintln(os.Stderr, "hatest: network namespaces need root: run make test-ha as root")
		return 1, true
	}
	n := &Network{hub: fmt.Sprintf("rb%d", os.Getpid())}
	if err := n.build(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "hatest:", errors.Join(err, n.remove(ctx)))
		return 1, true
	}
	binary, err := os.Executable()
	if err == nil {
		cmd := exec.CommandContext(ctx, "ip", "netns", "exec", n.hub, binary)
		cmd.Args = append(cmd.Args, os.Args[1:]...)
		cmd.Env = append(os.Environ(), hubEnv+"="+n.hub)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err = cmd.Run()
	}
	if err := errors.Join(err, n.remove(context.WithoutCancel(ctx))); err != nil {
		fmt.Fprintln(os.Stderr, "hatest:", err)
		return 1, true
	}
	return 0, true
}

// OpenNetwork returns the network in whose hub the process runs.
func OpenNetwork() *Network { return &Network{hub: os.Getenv(hubEnv)} }

func ip(ctx context.Context, arguments ...string) error {
	text, err := exec.CommandContext(ctx, "ip", arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(string(text)))
	}
	return nil
}

// steps runs commands of ip, each in words, until one fails.
func steps(ctx context.Context, commands ...string) error {
	for _, c := range commands {
		if err := ip(ctx, strings.Fields(c)...); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) build(ctx context.Context) error {
	in := "-n " + n.hub + " "
	err := steps(ctx, "netns add "+n.hub, in+"link set lo up", in+"link add bridge type bridge", in+"addr add "+hubAddress+"/24 dev bridge",
		in+"link set bridge up")
	for node := 0; node < Nodes && err == nil; node++ {
		own, end := n.namespace(node), cable(node)
		inside := "-n " + own + " "
		err = steps(ctx, "netns add "+own, inside+"link set lo up",
			in+"link add "+end+" type veth peer name eth0 netns "+own, in+"link set "+end+" master bridge up",
			inside+"addr add "+address(node)+"/24 dev eth0", inside+"link set eth0 up")
		for _, s := range kernelSettings() {
			if err == nil {
				err = ip(ctx, "netns", "exec", own, "sh", "-c", "echo "+s[1]+" > /proc/sys/net/ipv4/"+s[0])
			}
		}
	}
	return err
}

// kernelSettings are what servers need so that a program of PostgreSQL whose
// peer is cut off notices within seconds: pg_rewind and pg_basebackup have no
// time-outs of their own, and Patroni waits for them.
func kernelSettings() [][2]string {
	return [][2]string{{"tcp_keepalive_time", "5"}, {"tcp_keepalive_intvl", "1"}, {"tcp_keepalive_probes", "3"}, {"tcp_retries2", "5"}, {"tcp_syn_retries", "2"}}
}

// remove ends every process of the nodes and deletes the network.
func (n *Network) remove(ctx context.Context) error {
	var errs []error
	for node := range Nodes {
		errs = append(errs, n.kill(ctx, node), ip(ctx, "netns", "del", n.namespace(node)))
	}
	return errors.Join(append(errs, ip(ctx, "netns", "del", n.hub))...)
}

// kill kills every process in the namespace of a node, as a power failure does.
func (n *Network) kill(ctx context.Context, node int) error {
	for {
		out, err := exec.CommandContext(ctx, "ip", "netns", "pids", n.namespace(node)).Output()
		pids := strings.Fields(string(out))
		if err != nil || len(pids) == 0 {
			return err
		}
		// A process that has ended by now is what is wanted.
		_ = exec.CommandContext(ctx, "kill", append([]string{"-KILL"}, pids...)...).Run()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Cut unplugs the cable of a node.
func (n *Network) Cut(ctx context.Context, node int) error {
	return ip(ctx, "-n", n.hub, "link", "set", cable(node), "down")
}

// Split cuts a node off from its peers, but not from clients.
func (n *Network) Split(ctx context.Context, node int) error { return n.routes(ctx, "add", node) }

// Heal undoes Cut and Split.
func (n *Network) Heal(ctx context.Context, node int) error {
	return errors.Join(n.routes(ctx, "del", node), ip(ctx, "-n", n.hub, "link", "set", cable(node), "up"))
}

// routes adds or deletes the routes into nowhere between a node and its peers.
func (n *Network) routes(ctx context.Context, what string, node int) error {
	var errs []error
	for peer := range Nodes {
		if peer == node {
			continue
		}
		for _, pair := range [][2]int{{node, peer}, {peer, node}} {
			err := ip(ctx, "-n", n.namespace(pair[0]), "route", what, "blackhole", address(pair[1])+"/32")
			if what == "add" || !absent(err) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// absent reports whether a route was not there to be deleted.
func absent(err error) bool { return err != nil && strings.Contains(err.Error(), "No such process") }
