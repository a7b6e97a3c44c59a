package main

import (
	"context"
	"errors"
	"path"

	"github.com/hashicorp/go-plugin"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"securemint-shadow/test/interop/wire"
)

// outcomeMethod is the one that is measured.
const outcomeMethod = "/loop.internal.pb.ocr3.ReportingPlugin/Outcome"

// service is the main connection; factories and reporting plugins have connections of their own
// (docs/spec/loopp-wire.md D.1).
type service struct {
	plugin.NetRPCUnsupportedPlugin
	aggregator types.Aggregator
}

func (s *service) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	register(server, wire.NewReportingPluginFactory,
		func(context.Context, *wire.NewReportingPluginFactoryRequest) (proto.Message, error) {
			id := serve(broker, func(factory *grpc.Server) { s.registerFactory(broker, factory) })
			return &wire.NewReportingPluginFactoryReply{ID: id}, nil
		})
	return nil
}

func (*service) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is a plugin")
}

func (s *service) registerFactory(broker *plugin.GRPCBroker, server *grpc.Server) {
	register(server, wire.NewReportingPlugin,
		func(_ context.Context, request *wire.NewReportingPluginRequest) (proto.Message, error) {
			if request.ReportingPluginConfig == nil {
				return nil, errors.New("reportingPluginConfig: expected a message, got none")
			}
			made := reportingPlugin{s.aggregator, int(request.ReportingPluginConfig.F)}
			id := serve(broker, func(server *grpc.Server) { register(server, outcomeMethod, made.Outcome) })
			info := &wire.ReportingPluginInfo{
				Name:                  "Outcome over the real aggregator",
				ReportingPluginLimits: &wire.ReportingPluginLimits{},
			}
			return &wire.NewReportingPluginReply{ReportingPluginID: id, ReportingPluginInfo: info}, nil
		})
}

// serve answers the broker's number of one more connection.
func serve(broker *plugin.GRPCBroker, registerOn func(*grpc.Server)) uint32 {
	id := broker.NextId()
	go broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		registerOn(server)
		return server
	})
	return id
}

// message is a pointer to a generated message type T.
type message[T any] interface {
	*T
	proto.Message
}

// register adds a service of which there is one method.
func register[T any, Request message[T]](
	registrar grpc.ServiceRegistrar,
	fullMethod string,
	answer func(context.Context, Request) (proto.Message, error),
) {
	handle := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request := Request(new(T))
		if err := decode(request); err != nil {
			return nil, err
		}
		return answer(ctx, request)
	}
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: path.Dir(fullMethod)[1:],
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: path.Base(fullMethod), Handler: handle}},
	}, nil)
}
