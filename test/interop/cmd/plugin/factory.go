package main

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"github.com/smartcontractkit/libocr/commontypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"securemint-shadow/test/interop/wire"
	"securemint-shadow/test/oracle/aggregator"
)

// factory answers executions; those without a configuration with its own.
type factory struct {
	server *grpc.Server
	// config is nil when every execution has to bring its own.
	config   *values.Map
	dieAfter int
}

// answered counts the executions of this process.
var answered atomic.Int64

func newFactory(config *wire.SecureMintConfig, dieAfter int) (*factory, error) {
	if config == nil {
		return &factory{dieAfter: dieAfter}, nil
	}
	revision := config.Revision
	if revision == "" && config.DataID == "" {
		revision = "2025-07"
	}
	if err := checkRevision(revision); err != nil {
		return nil, err
	}
	own, err := values.NewMap(map[string]any{
		"targetChainSelector": strconv.FormatUint(uint64(config.TargetChainSelector), 10),
		"dataID":              config.DataID,
	})
	if err != nil {
		return nil, err
	}
	return &factory{config: own, dieAfter: dieAfter}, nil
}

func checkRevision(revision string) error {
	if revision == "" || revision == "2025-09" {
		return nil
	}
	return status.Errorf(codes.Unimplemented, "this plugin answers as chainlink-common v0.9.4 does, not as %s", revision)
}

// Aggregate answers all executions or, when it cannot answer one of them, none.
func (f *factory) Aggregate(_ context.Context, request *wire.AggregateRequest) (*wire.AggregateReply, error) {
	reply := &wire.AggregateReply{}
	for _, execution := range request.Executions {
		result, err := f.answer(execution)
		if err != nil {
			return nil, status.Errorf(status.Code(err), "execution %q: %s", execution.Id, status.Convert(err).Message())
		}
		reply.Results = append(reply.Results, result)
		if answered.Add(1) == int64(f.dieAfter) {
			_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		}
	}
	return reply, nil
}

func (f *factory) answer(execution *wire.Execution) (*wire.Result, error) {
	if err := checkRevision(execution.Revision); err != nil {
		return nil, err
	}
	config, err := f.configOf(execution)
	if err != nil {
		return nil, err
	}
	in, err := inputOf(execution)
	if err != nil {
		return nil, err
	}
	return aggregate(execution.Id, config, in), nil
}

func (f *factory) configOf(execution *wire.Execution) (values.Map, error) {
	config := f.config
	if execution.Config != nil {
		decoded, err := aggregator.DecodeConfig(execution.Config)
		if err != nil {
			return values.Map{}, status.Error(codes.InvalidArgument, err.Error())
		}
		config = &decoded
	}
	if config == nil {
		return values.Map{}, status.Error(codes.InvalidArgument, "no config, and the factory has none")
	}
	return *config, checkConfig(*config)
}

func inputOf(execution *wire.Execution) (aggregator.Input, error) {
	previous, err := aggregator.DecodePreviousOutcome(execution.PreviousOutcome)
	if err != nil {
		return aggregator.Input{}, status.Error(codes.InvalidArgument, err.Error())
	}
	in := aggregator.Input{
		PreviousOutcome: previous,
		Observations:    make(map[commontypes.OracleID][]values.Value, len(execution.Observations)),
		F:               int(execution.F),
	}
	for oracle, list := range execution.Observations {
		events := make([]values.Value, 0, len(list.Fields))
		for _, field := range list.Fields {
			observation, err := values.FromProto(field)
			if err != nil {
				return aggregator.Input{}, status.Errorf(codes.InvalidArgument, "observation of oracle %d: %v", oracle, err)
			}
			event, err := unwrap(observation)
			if err != nil {
				return aggregator.Input{}, err
			}
			events = append(events, event)
		}
		in.Observations[commontypes.OracleID(oracle)] = events
	}
	return in, nil
}

// aggregate is where a node would panic: the whole process would be gone, so this plugin answers the cause in its own
// words instead.
func aggregate(id string, config values.Map, in aggregator.Input) (result *wire.Result) {
	defer func() {
		if cause := recover(); cause != nil {
			result = failed(id, fmt.Sprint("the aggregator of chainlink-common v0.9.4 panics: ", cause))
		}
	}()
	outcome, err := aggregator.Aggregate(config, in)
	if err != nil {
		return failed(id, err.Error())
	}
	return &wire.Result{Id: id, Answer: &wire.Result_Outcome{Outcome: outcome}}
}

// failed answers an error. Its text may quote bytes that are no UTF-8, which protobuf refuses to send: each becomes
// U+FFFD, as in the JSON of captures.
func failed(id, text string) *wire.Result {
	text = string([]rune(text))
	return &wire.Result{Id: id, Answer: &wire.Result_Error{Error: text}}
}

func (f *factory) Ready(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (f *factory) HealthReport(context.Context, *emptypb.Empty) (*wire.HealthReportReply, error) {
	return &wire.HealthReportReply{HealthReport: map[string]string{"PluginSecureMint": ""}}, nil
}

// Close ends the connection after the reply.
func (f *factory) Close(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	go f.server.GracefulStop()
	return &emptypb.Empty{}, nil
}
