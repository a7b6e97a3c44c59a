// Package aggregator asks the real Secure Mint aggregator of chainlink-common v0.9.4.
package aggregator

import (
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/datafeeds"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"google.golang.org/protobuf/proto"
)

// Aggregate is one aggregation as a node does it, from decoded values to the bytes that oracles compare. It panics
// where the aggregator does.
func Aggregate(config values.Map, in Input) ([]byte, error) {
	aggregator, err := datafeeds.NewSecureMintAggregator(config)
	if err != nil {
		return nil, err
	}
	outcome, err := aggregator.Aggregate(logger.Nop(), in.PreviousOutcome, in.Observations, in.F)
	if err != nil {
		return nil, err
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(outcome)
}
