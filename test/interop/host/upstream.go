package host

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"securemint-shadow/test/interop/wire"
)

// Upstream is a factory as chainlink makes it: over an external adapter that the host serves.
type Upstream struct {
	Factory
	plugin *Plugin
}

// NewUpstream serves the adapter, asks for a factory over it and dials that (docs/spec/loopp-wire.md D.1).
func (p *Plugin) NewUpstream(ctx context.Context, adapter wire.ExternalAdapterServer) (*Upstream, error) {
	broker := p.dialed.broker
	id := broker.NextId()
	go broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		wire.RegisterExternalAdapter(server, adapter)
		return server
	})
	request := &wire.NewReportingPluginFactoryRequest{SecureMintExternalAdapterID: id}
	reply := &wire.NewReportingPluginFactoryReply{}
	if err := p.dialed.conn.Invoke(ctx, wire.NewReportingPluginFactory, request, reply); err != nil {
		return nil, fmt.Errorf("NewReportingPluginFactory: %w", err)
	}
	conn, err := broker.Dial(reply.ID)
	if err != nil {
		return nil, fmt.Errorf("failed to dial factory connection %d: %w", reply.ID, err)
	}
	return &Upstream{Factory{reply.ID, conn}, p}, nil
}

// NewValidationService answers the id that the plugin gives.
func (p *Plugin) NewValidationService(ctx context.Context) (uint32, error) {
	reply := &wire.ValidationServiceResponse{}
	err := p.dialed.conn.Invoke(ctx, wire.NewValidationService, &wire.ValidationServiceRequest{}, reply)
	return reply.ID, err
}

// NewReportingPlugin makes a reporting plugin and dials it.
func (u *Upstream) NewReportingPlugin(ctx context.Context, config *wire.ReportingPluginConfig) (*grpc.ClientConn, error) {
	request := &wire.NewReportingPluginRequest{ReportingPluginConfig: config}
	reply := &wire.NewReportingPluginReply{}
	if err := u.conn.Invoke(ctx, wire.NewReportingPlugin, request, reply); err != nil {
		return nil, fmt.Errorf("NewReportingPlugin: %w", err)
	}
	return u.plugin.dialed.broker.Dial(reply.ReportingPluginID)
}
