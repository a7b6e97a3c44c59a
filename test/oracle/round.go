package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values/pb"
	"github.com/smartcontractkit/libocr/commontypes"
	"google.golang.org/protobuf/proto"
)

// round is one line of a capture: the complete input of one aggregation, as protobuf bytes. Other members of the line
// (revision, note, expect, ...) are not read: there is one aggregator here and it does not look at them.
type round struct {
	ID              string              `json:"id"`
	F               int                 `json:"f"`
	Config          []byte              `json:"config"`
	PreviousOutcome []byte              `json:"previousOutcome"`
	Observations    map[string][][]byte `json:"observations"`
}

// input is a round as the capability hands it to the aggregator.
type input struct {
	previousOutcome *types.AggregationOutcome
	observations    map[commontypes.OracleID][]values.Value
	f               int
}

func parseRound(line []byte) (round, error) {
	var r round
	if err := json.Unmarshal(line, &r); err != nil {
		return round{}, fmt.Errorf("not a round: %w", err)
	}
	return r, nil
}

// decodeConfig reads the bytes of the aggregator's configuration.
func (r round) decodeConfig() (values.Map, error) {
	var message pb.Map
	if err := proto.Unmarshal(r.Config, &message); err != nil {
		return values.Map{}, fmt.Errorf("config: %w", err)
	}
	config, err := values.FromMapValueProto(&message)
	if err != nil {
		return values.Map{}, fmt.Errorf("config: %w", err)
	}
	return *config, nil
}

// decodeInput reads everything but the configuration. An error means bytes that no node could have decoded.
func (r round) decodeInput() (input, error) {
	previous, err := r.decodePreviousOutcome()
	if err != nil {
		return input{}, err
	}
	observations := make(map[commontypes.OracleID][]values.Value, len(r.Observations))
	for key, list := range r.Observations {
		oracle, err := strconv.ParseUint(key, 10, 8)
		if err != nil {
			return input{}, fmt.Errorf("oracle id: %w", err)
		}
		if observations[commontypes.OracleID(oracle)], err = decodeValues(list); err != nil {
			return input{}, fmt.Errorf("observations[%q]: %w", key, err)
		}
	}
	return input{previousOutcome: previous, observations: observations, f: r.F}, nil
}

func (r round) decodePreviousOutcome() (*types.AggregationOutcome, error) {
	// JSON null leaves a nil slice; an empty text, an outcome whose fields are all zero, gives an empty one.
	if r.PreviousOutcome == nil {
		return nil, nil
	}
	outcome := &types.AggregationOutcome{}
	if err := proto.Unmarshal(r.PreviousOutcome, outcome); err != nil {
		return nil, fmt.Errorf("previousOutcome: %w", err)
	}
	return outcome, nil
}

func decodeValues(list [][]byte) ([]values.Value, error) {
	decoded := make([]values.Value, 0, len(list))
	for _, bytes := range list {
		var message pb.Value
		if err := proto.Unmarshal(bytes, &message); err != nil {
			return nil, err
		}
		value, err := values.FromProto(&message)
		if err != nil {
			return nil, err
		}
		decoded = append(decoded, value)
	}
	return decoded, nil
}
