// Command plugin is a Secure Mint LOOPP in Go: go-plugin on the wire, the real aggregator of chainlink-common v0.9.4
// behind it. It answers what v0.9.4 can: rounds of 2025-09 whose target is no Solana chain (see unwrap.go). Anything
// else is UNIMPLEMENTED.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"securemint-shadow/test/interop/wire"
)

// mischief is what tests ask of the plugin.
type mischief struct {
	// chatter is how many bytes a factory prints to standard output before it is announced.
	chatter int
	// dieAfter is the number of executions after which the process kills itself; 0: never.
	dieAfter int
}

// required is what chainlink's loop.Server refuses to start without, beside what tests add: numbers
// (docs/spec/loopp-wire.md F.3).
var required = []string{
	"CL_PROMETHEUS_PORT",
	"CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE",
	"CL_MERCURY_TRANSMITTER_TRANSMIT_CONCURRENCY",
}

func main() {
	var m mischief
	flag.IntVar(&m.chatter, "chatter", 0, "print this many `bytes` for every factory")
	flag.IntVar(&m.dieAfter, "die-after", 0, "be killed after this `many` executions")
	flag.Func("require", "refuse to start without this environment `variable`, too", func(name string) error {
		required = append(required, name)
		return nil
	})
	flag.Parse()
	if err := checkEnvironment(); err != nil {
		fmt.Fprintln(os.Stderr, "Failed to start server:", err)
		os.Exit(1)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey:   "CL_PLUGIN_SECURE_MINT_MAGIC_COOKIE",
			MagicCookieValue: "2cba6293d2ae66563d6838334f8b9c3b11c8d3388a1763835a7104d63f44b932",
		},
		Plugins:    plugin.PluginSet{"securemint": &secureMint{mischief: m}},
		GRPCServer: plugin.DefaultGRPCServer,
	})
}

func checkEnvironment() error {
	var missing []string
	for _, name := range required {
		if _, err := strconv.Atoi(os.Getenv(name)); err != nil {
			missing = append(missing, fmt.Sprintf("failed to parse %s = %q", name, os.Getenv(name)))
		}
	}
	if len(missing) > 0 {
		return errors.New(strings.Join(missing, "; "))
	}
	return nil
}

// secureMint serves the main connection.
type secureMint struct {
	plugin.NetRPCUnsupportedPlugin
	mischief mischief
	broker   *plugin.GRPCBroker
}

func (s *secureMint) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	s.broker = broker
	wire.RegisterPluginSecureMint(server, s)
	return nil
}

func (*secureMint) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is a plugin")
}

// NewSecureMintFactory serves one more factory and answers its broker id.
func (s *secureMint) NewSecureMintFactory(
	_ context.Context, request *wire.NewSecureMintFactoryRequest,
) (*wire.NewSecureMintFactoryReply, error) {
	made, err := newFactory(request.Config, s.mischief.dieAfter)
	if err != nil {
		return nil, err
	}
	fmt.Print(strings.Repeat("x", s.mischief.chatter))
	id := s.broker.NextId()
	go s.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		made.server = grpc.NewServer(options...)
		wire.RegisterFactory(made.server, made)
		return made.server
	})
	return &wire.NewSecureMintFactoryReply{FactoryID: id}, nil
}
