package node

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-common/pkg/types/core"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"github.com/smartcontractkit/libocr/commontypes"
	"github.com/smartcontractkit/libocr/offchainreporting2plus/ocr3types"
	libocr "github.com/smartcontractkit/libocr/offchainreporting2plus/types"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"securemint-shadow/test/tap/fixture"
)

const workflow = "workflow"

// The capability writes the consensus round into an outcome that it got, which is the next one's previous outcome. A tap
// that kept the pointers would post what no aggregator was asked or answered.
func TestTheCapabilityIsTappedAndWhatItChangesAfterwardsIsNotPosted(t *testing.T) {
	service := fixture.Start(t, nil)
	t.Setenv("TAP_URL", service.URL)
	t.Setenv("TAP_TOKEN", fixture.Token)
	var previous []byte
	withPlugin(t, func(plugin ocr3types.ReportingPlugin[[]byte]) {
		previous = outcomeOf(t, plugin, ocr3types.OutcomeContext{SeqNr: 70}, 7)
		outcomeOf(t, plugin, ocr3types.OutcomeContext{SeqNr: 80, PreviousOutcome: previous}, 8)
	})

	rounds := service.Rounds()
	if len(rounds) != 2 {
		t.Fatalf("expected two rounds, got %d", len(rounds))
	}
	first, second := rounds[0], rounds[1]
	if first.PreviousOutcome != nil {
		first, second = second, first
	}
	for i, r := range []fixture.Round{first, second} {
		answer := fixture.Outcome(t, *r.Expect.Results[0].Outcome)
		if reported := uint64(7 + i); answer.LastSeenAt != reported || answer.Timestamp != nil || r.F != 1 {
			t.Errorf("expected the aggregator's outcome for report %d and f of 1, got %v and %d", reported, answer, r.F)
		}
	}
	if posted := metric(t, "securemint_tap_posted_total"); posted != 2 {
		t.Errorf("expected the node's metrics to count two rounds, got %v", posted)
	}
	kept := fixture.Outcome(t, second.PreviousOutcome)
	if agreed := outcomesOf(t, previous).Outcomes[workflow]; !proto.Equal(kept, agreed) || kept.LastSeenAt != 70 {
		t.Errorf("expected the outcome that the nodes agreed on in round 70, got %v", kept)
	}
}

func TestTheCapabilityRunsWithoutATap(t *testing.T) {
	t.Setenv("TAP_URL", "")
	withPlugin(t, func(plugin ocr3types.ReportingPlugin[[]byte]) {
		outcome := outcomeOf(t, plugin, ocr3types.OutcomeContext{SeqNr: 70}, 7)
		if len(outcomesOf(t, outcome).CurrentReports) != 1 {
			t.Error("expected a report, got none")
		}
	})
}

// withPlugin makes the reporting plugin as a node does, for one registered workflow.
func withPlugin(t *testing.T, use func(ocr3types.ReportingPlugin[[]byte])) {
	ctx := t.Context()
	run(server{logger.Nop()}, func(p *ocr3.Capability) {
		registry := &registry{}
		factory, err := p.NewReportingPluginFactory(ctx, core.ReportingPluginServiceConfig{}, nil, nil, nil, nil, registry, nil, nil)
		fatal(t, err)
		config, err := values.WrapMap(map[string]any{
			"aggregation_method": "secure_mint", "aggregation_config": fixture.Config(),
			"encoder": "EVM", "encoder_config": map[string]any{}, "report_id": "0003", "key_id": "evm",
		})
		fatal(t, err)
		fatal(t, registry.added.RegisterToWorkflow(ctx, capabilities.RegisterToWorkflowRequest{
			Metadata: capabilities.RegistrationMetadata{WorkflowID: workflow}, Config: config,
		}))
		plugin, _, err := factory.NewReportingPlugin(ctx, ocr3types.ReportingPluginConfig{N: 4, F: 1})
		fatal(t, err)
		use(plugin)
	})
}

// registry keeps what is added.
type registry struct {
	core.UnimplementedCapabilitiesRegistry
	added capabilities.ExecutableCapability
}

func (r *registry) Add(_ context.Context, added capabilities.BaseCapability) error {
	r.added = added.(capabilities.ExecutableCapability)
	return nil
}

func metric(t *testing.T, name string) float64 {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	fatal(t, err)
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("expected a metric %s, got none", name)
	return 0
}

func outcomeOf(t *testing.T, plugin ocr3types.ReportingPlugin[[]byte], round ocr3types.OutcomeContext, seqNr uint64) []byte {
	t.Helper()
	id := &types.Id{WorkflowExecutionId: "execution", WorkflowId: workflow}
	var observations []libocr.AttributedObservation
	for oracle, list := range fixture.Observations(4, seqNr) {
		observations = append(observations, libocr.AttributedObservation{
			Observer: commontypes.OracleID(oracle),
			Observation: bytesOf(t, &types.Observations{
				RegisteredWorkflowIds: []string{workflow},
				Timestamp:             timestamppb.Now(),
				Observations: []*types.Observation{{
					Id:           id,
					Observations: values.Proto(&values.List{Underlying: list}).GetListValue(),
				}},
			}),
		})
	}
	outcome, err := plugin.Outcome(t.Context(), round, bytesOf(t, &types.Query{Ids: []*types.Id{id}}), observations)
	fatal(t, err)
	return outcome
}

func outcomesOf(t *testing.T, bytes []byte) *types.Outcome {
	t.Helper()
	outcome := &types.Outcome{}
	fatal(t, proto.Unmarshal(bytes, outcome))
	return outcome
}

func bytesOf(t *testing.T, message proto.Message) []byte {
	t.Helper()
	bytes, err := proto.Marshal(message)
	fatal(t, err)
	return bytes
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
