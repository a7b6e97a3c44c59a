package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"github.com/smartcontractkit/libocr/commontypes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"securemint-shadow/test/interop/wire"
)

// reportingPlugin follows the capability's rules for honest rounds (docs/spec/aggregator.md G.3). What these do not need
// is not there and takes no time: encoders that oracles name, limits, pruning. An observation is the bare event, as in
// chainlink-common v0.9.4.
type reportingPlugin struct {
	aggregator types.Aggregator
	f          int
}

// tally is what the oracles said.
type tally struct {
	// executions has the values by workflow execution id and oracle.
	executions map[string]map[commontypes.OracleID][]values.Value
	// seenBy counts the oracles that have a workflow registered.
	seenBy     map[string]int
	timestamps []*timestamppb.Timestamp
}

// Outcome answers deterministic ocr3_types.Outcome bytes.
func (p reportingPlugin) Outcome(_ context.Context, request *wire.OutcomeRequest) (proto.Message, error) {
	query, outcome := &types.Query{}, &types.Outcome{}
	if err := errors.Join(
		proto.Unmarshal(request.Query, query),
		proto.Unmarshal(request.OutcomeContext.GetPreviousOutcome(), outcome),
	); err != nil {
		return nil, err
	}
	heard, err := count(request.Ao)
	if err != nil {
		return nil, err
	}
	if outcome.Outcomes == nil {
		outcome.Outcomes = map[string]*types.AggregationOutcome{}
	}
	outcome.CurrentReports = nil
	for _, id := range query.Ids {
		if err := p.aggregate(id, heard, outcome); err != nil {
			return nil, fmt.Errorf("execution %q: %w", id.WorkflowExecutionId, err)
		}
	}
	for workflow, result := range outcome.Outcomes {
		if heard.seenBy[workflow] > p.f {
			result.LastSeenAt = request.OutcomeContext.GetSeqNr()
		}
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(outcome)
	return &wire.OutcomeReply{Outcome: bytes}, err
}

func (p reportingPlugin) aggregate(id *types.Id, heard tally, outcome *types.Outcome) error {
	observations := heard.executions[id.WorkflowExecutionId]
	if len(observations) < 2*p.f+1 {
		return fmt.Errorf("expected observations of %d oracles, got %d", 2*p.f+1, len(observations))
	}
	previous := outcome.Outcomes[id.WorkflowId]
	result, err := p.aggregator.Aggregate(logger.Nop(), previous, observations, p.f)
	if err != nil {
		return err
	}
	if previous != nil {
		result.LastSeenAt = previous.LastSeenAt
	}
	result.Timestamp = median(heard.timestamps)
	outcome.Outcomes[id.WorkflowId] = result
	outcome.CurrentReports = append(outcome.CurrentReports, &types.Report{Id: id, Outcome: result})
	return nil
}

func count(attributed []*wire.AttributedObservation) (tally, error) {
	heard := tally{
		executions: map[string]map[commontypes.OracleID][]values.Value{},
		seenBy:     map[string]int{},
	}
	for _, one := range attributed {
		said := &types.Observations{}
		if err := proto.Unmarshal(one.Observation, said); err != nil {
			return heard, fmt.Errorf("oracle %d: %w", one.Observer, err)
		}
		heard.timestamps = append(heard.timestamps, said.Timestamp)
		for _, workflow := range said.RegisteredWorkflowIds {
			heard.seenBy[workflow]++
		}
		for _, observation := range said.Observations {
			list, err := values.FromListValueProto(observation.Observations)
			if err != nil {
				return heard, fmt.Errorf("oracle %d: %w", one.Observer, err)
			}
			heard.add(observation.Id.GetWorkflowExecutionId(), commontypes.OracleID(one.Observer), list.Underlying)
		}
	}
	return heard, nil
}

func (t tally) add(execution string, oracle commontypes.OracleID, said []values.Value) {
	if t.executions[execution] == nil {
		t.executions[execution] = map[commontypes.OracleID][]values.Value{}
	}
	t.executions[execution][oracle] = said
}

// median is the timestamp in the middle; of an even number whole seconds halfway between the two there.
func median(timestamps []*timestamppb.Timestamp) *timestamppb.Timestamp {
	slices.SortFunc(timestamps, func(a, b *timestamppb.Timestamp) int {
		return cmp.Or(cmp.Compare(a.Seconds, b.Seconds), cmp.Compare(a.Nanos, b.Nanos))
	})
	upper, lower := timestamps[len(timestamps)/2], timestamps[(len(timestamps)-1)/2]
	if upper == lower {
		return upper
	}
	return &timestamppb.Timestamp{Seconds: lower.Seconds + (upper.Seconds-lower.Seconds)/2}
}
