// Package host launches a Secure Mint LOOPP with go-plugin the way chainlink does (docs/spec/loopp-wire.md A).
package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"securemint-shadow/test/interop/wire"
)

// Options say how a plugin is launched. The zero value is what chainlink does.
type Options struct {
	// PlanCookie sends the migration plan's magic cookie in place of upstream's.
	PlanCookie bool
	// Environment is added to the plugin's, which inherits nothing.
	Environment []string
	// Versions of the application protocol that the host offers; none: only version 0.
	Versions []int
	// Multiplex asks for one connection for everything, AutoMTLS for TLS. Chainlink never does.
	Multiplex, AutoMTLS bool
	// Log is where go-plugin logs, the plugin's standard error included.
	Log hclog.Logger
}

// Plugin is a launched plugin.
type Plugin struct {
	client   *plugin.Client
	protocol plugin.ClientProtocol
	dialed   *dialed
	command  *exec.Cmd
	folder   string
}

// Factory is what the plugin made for one configuration, on a connection of its own.
type Factory struct {
	ID   uint32
	conn *grpc.ClientConn
}

// Ending is how a plugin process ended and what it left behind.
type Ending struct {
	// Exit is "exit status N" or "signal: NAME"; "not started" when there never was a process.
	Exit string `json:"exit"`
	// Left are the sockets and folders that are still in the temporary folder.
	Left []string `json:"left"`
}

var cookies = map[bool]plugin.HandshakeConfig{
	false: {
		MagicCookieKey:   "CL_PLUGIN_SECURE_MINT_MAGIC_COOKIE",
		MagicCookieValue: "2cba6293d2ae66563d6838334f8b9c3b11c8d3388a1763835a7104d63f44b932",
	},
	true: {
		MagicCookieKey:   "CL_PLUGIN_SECUREMINT_MAGIC_COOKIE",
		MagicCookieValue: "secure-mint-magic-cookie-value",
	},
}

// nodeEnvironment is what a node always sends, whether it is used or not (docs/spec/loopp-wire.md F.3, X.0).
var nodeEnvironment = []string{
	"CL_APP_ID=interop",
	"CL_FEATURE_LOG_POLLER=false",
	"CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE=0",
	"CL_MERCURY_TRANSMITTER_TRANSMIT_CONCURRENCY=0",
	"CL_PROMETHEUS_PORT=0",
	"CL_TRACING_ENABLED=false",
	"CL_TRACING_COLLECTOR_TARGET=",
	"CL_TRACING_SAMPLING_RATIO=0",
	"CL_TRACING_TLS_CERT_PATH=",
	"CL_TELEMETRY_ENABLED=false",
	"CL_TELEMETRY_ENDPOINT=",
	"CL_TELEMETRY_INSECURE_CONNECTION=false",
	"CL_CHIP_INGRESS_ENDPOINT=",
	"CL_CHIP_INGRESS_INSECURE_CONNECTION=false",
}

// Launch starts the command, pings it and dispenses the plugin. The plugin is to be ended also when there is an error.
func Launch(command []string, options Options) (*Plugin, error) {
	folder, err := os.MkdirTemp("", "go-host-")
	if err != nil {
		return nil, err
	}
	p := &Plugin{command: exec.Command(command[0], command[1:]...), folder: folder}
	p.command.Env = slices.Concat([]string{"TMPDIR=" + folder}, nodeEnvironment, options.Environment)
	p.client = plugin.NewClient(p.config(options))
	if p.protocol, err = p.client.Client(); err != nil {
		return p, err
	}
	if err := p.protocol.Ping(); err != nil {
		return p, fmt.Errorf("ping: %w", err)
	}
	raw, err := p.protocol.Dispense(name)
	if err != nil {
		return p, fmt.Errorf("dispense: %w", err)
	}
	p.dialed = raw.(*dialed)
	return p, nil
}

const name = "securemint"

func (p *Plugin) config(options Options) *plugin.ClientConfig {
	config := &plugin.ClientConfig{
		HandshakeConfig:     cookies[options.PlanCookie],
		Plugins:             plugin.PluginSet{name: &secureMint{}},
		Cmd:                 p.command,
		AllowedProtocols:    []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:         true,
		GRPCBrokerMultiplex: options.Multiplex,
		AutoMTLS:            options.AutoMTLS,
		Logger:              options.Log,
	}
	if len(options.Versions) > 0 {
		config.Plugins = nil
		config.VersionedPlugins = map[int]plugin.PluginSet{}
		for _, version := range options.Versions {
			config.VersionedPlugins[version] = plugin.PluginSet{name: &secureMint{}}
		}
	}
	return config
}

// secureMint makes the client of the main connection; this host serves nothing.
type secureMint struct{ plugin.NetRPCUnsupportedPlugin }

func (*secureMint) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this is a host")
}

func (*secureMint) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &dialed{broker, conn}, nil
}

type dialed struct {
	broker *plugin.GRPCBroker
	conn   *grpc.ClientConn
}

// NewFactory asks for a factory and dials it.
func (p *Plugin) NewFactory(ctx context.Context, request *wire.NewSecureMintFactoryRequest) (*Factory, error) {
	reply := &wire.NewSecureMintFactoryReply{}
	if err := p.dialed.conn.Invoke(ctx, wire.NewSecureMintFactory, request, reply); err != nil {
		return nil, fmt.Errorf("NewSecureMintFactory: %w", err)
	}
	conn, err := p.dialed.broker.Dial(reply.FactoryID)
	if err != nil {
		return nil, fmt.Errorf("failed to dial factory connection %d: %w", reply.FactoryID, err)
	}
	return &Factory{reply.FactoryID, conn}, nil
}

// Aggregate answers executions in one call.
func (f *Factory) Aggregate(ctx context.Context, executions []*wire.Execution) ([]*wire.Result, error) {
	reply := &wire.AggregateReply{}
	err := f.conn.Invoke(ctx, wire.Aggregate, &wire.AggregateRequest{Executions: executions}, reply)
	return reply.Results, err
}

// Ready is loop.Service/Ready, with chainlink's deadline.
func (f *Factory) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return f.conn.Invoke(ctx, wire.Ready, &emptypb.Empty{}, &emptypb.Empty{})
}

// HealthReport is loop.Service/HealthReport, with chainlink's deadline.
func (f *Factory) HealthReport(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	reply := &wire.HealthReportReply{}
	err := f.conn.Invoke(ctx, wire.HealthReport, &emptypb.Empty{}, reply)
	return reply.HealthReport, err
}

// Close is loop.Service/Close: the factory is gone afterwards, the plugin is not.
func (f *Factory) Close(ctx context.Context) error {
	return f.conn.Invoke(ctx, wire.Close, &emptypb.Empty{}, &emptypb.Empty{})
}

// End ends the plugin as go-plugin documents it, or with closeTwice as chainlink does: the second close finds the
// connection closed, and go-plugin kills the process at once (docs/spec/loopp-wire.md A.7).
func (p *Plugin) End(closeTwice bool) Ending {
	if closeTwice && p.protocol != nil {
		// Its error is the one that chainlink passes over.
		_ = p.protocol.Close()
	}
	p.client.Kill()
	ending := Ending{Exit: "not started", Left: p.left()}
	if p.command.ProcessState != nil {
		ending.Exit = p.command.ProcessState.String()
	}
	os.RemoveAll(p.folder)
	return ending
}

func (p *Plugin) left() []string {
	left := []string{}
	_ = filepath.WalkDir(p.folder, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != p.folder {
			left = append(left, path)
		}
		return nil
	})
	return left
}
