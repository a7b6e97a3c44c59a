// Package wire is what a Go author writes to speak with securemint-shadow: messages generated from loopp/wire/proto (see
// ../generate) and, by hand, the services.
package wire

import (
	"context"
	"path"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Full method names.
const (
	NewSecureMintFactory = "/securemint.PluginSecureMint/NewSecureMintFactory"
	Aggregate            = "/securemint.Aggregator/Aggregate"
	Ready                = "/loop.Service/Ready"
	HealthReport         = "/loop.Service/HealthReport"
	Close                = "/loop.Service/Close"

	NewReportingPluginFactory = "/loop.ReportingPluginService/NewReportingPluginFactory"
	NewValidationService      = "/loop.ReportingPluginService/NewValidationService"
	NewReportingPlugin        = "/loop.internal.pb.ocr3.ReportingPluginFactory/NewReportingPlugin"
	Observation               = "/loop.internal.pb.ocr3.ReportingPlugin/Observation"
	GetPayload                = "/loop.internal.pb.securemint.ExternalAdapter/GetPayload"
)

// PluginSecureMintServer is served on the main connection.
type PluginSecureMintServer interface {
	NewSecureMintFactory(context.Context, *NewSecureMintFactoryRequest) (*NewSecureMintFactoryReply, error)
}

// FactoryServer is served on the factory connection: securemint.Aggregator and loop.Service.
type FactoryServer interface {
	Aggregate(context.Context, *AggregateRequest) (*AggregateReply, error)
	Ready(context.Context, *emptypb.Empty) (*emptypb.Empty, error)
	HealthReport(context.Context, *emptypb.Empty) (*HealthReportReply, error)
	Close(context.Context, *emptypb.Empty) (*emptypb.Empty, error)
}

// ExternalAdapterServer is served by the host, alone on a connection.
type ExternalAdapterServer interface {
	GetPayload(context.Context, *Blocks) (*ExternalAdapterPayload, error)
}

// RegisterExternalAdapter adds the service of an adapter connection.
func RegisterExternalAdapter(registrar grpc.ServiceRegistrar, server ExternalAdapterServer) {
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "loop.internal.pb.securemint.ExternalAdapter",
		HandlerType: (*ExternalAdapterServer)(nil),
		Methods:     []grpc.MethodDesc{unary(GetPayload, ExternalAdapterServer.GetPayload)},
	}, server)
}

// RegisterPluginSecureMint adds the service of the main connection.
func RegisterPluginSecureMint(registrar grpc.ServiceRegistrar, server PluginSecureMintServer) {
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "securemint.PluginSecureMint",
		HandlerType: (*PluginSecureMintServer)(nil),
		Methods:     []grpc.MethodDesc{unary(NewSecureMintFactory, PluginSecureMintServer.NewSecureMintFactory)},
	}, server)
}

// RegisterFactory adds the services of a factory connection.
func RegisterFactory(registrar grpc.ServiceRegistrar, server FactoryServer) {
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "securemint.Aggregator",
		HandlerType: (*FactoryServer)(nil),
		Methods:     []grpc.MethodDesc{unary(Aggregate, FactoryServer.Aggregate)},
	}, server)
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "loop.Service",
		HandlerType: (*FactoryServer)(nil),
		Methods: []grpc.MethodDesc{
			unary(Ready, FactoryServer.Ready),
			unary(HealthReport, FactoryServer.HealthReport),
			unary(Close, FactoryServer.Close),
		},
	}, server)
}

// message is a pointer to a generated message type T.
type message[T any] interface {
	*T
	proto.Message
}

func unary[S, Request, Reply any, R message[Request]](
	fullMethod string,
	call func(S, context.Context, R) (Reply, error),
) grpc.MethodDesc {
	handle := func(
		server any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor,
	) (any, error) {
		request := R(new(Request))
		if err := decode(request); err != nil {
			return nil, err
		}
		answer := func(ctx context.Context, request any) (any, error) { return call(server.(S), ctx, request.(R)) }
		if intercept == nil {
			return answer(ctx, request)
		}
		return intercept(ctx, request, &grpc.UnaryServerInfo{Server: server, FullMethod: fullMethod}, answer)
	}
	return grpc.MethodDesc{MethodName: path.Base(fullMethod), Handler: handle}
}
