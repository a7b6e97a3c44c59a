package aggregator

import (
	"fmt"
	"strconv"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values/pb"
	"github.com/smartcontractkit/libocr/commontypes"
	"google.golang.org/protobuf/proto"

	"securemint-shadow/test/oracle/capture"
)

// Input is a round as the capability hands it to the aggregator.
type Input struct {
	PreviousOutcome *types.AggregationOutcome
	Observations    map[commontypes.OracleID][]values.Value
	F               int
}

// DecodeConfig reads the bytes of an aggregator's configuration, a values.v1.Map.
func DecodeConfig(bytes []byte) (values.Map, error) {
	var message pb.Map
	if err := proto.Unmarshal(bytes, &message); err != nil {
		return values.Map{}, fmt.Errorf("config: %w", err)
	}
	config, err := values.FromMapValueProto(&message)
	if err != nil {
		return values.Map{}, fmt.Errorf("config: %w", err)
	}
	return *config, nil
}

// DecodeInput reads everything but the configuration. An error means bytes that no node could have decoded.
func DecodeInput(r capture.Round) (Input, error) {
	previous, err := DecodePreviousOutcome(r.PreviousOutcome)
	if err != nil {
		return Input{}, err
	}
	observations := make(map[commontypes.OracleID][]values.Value, len(r.Observations))
	for key, list := range r.Observations {
		oracle, err := strconv.ParseUint(key, 10, 8)
		if err != nil {
			return Input{}, fmt.Errorf("oracle id: %w", err)
		}
		if observations[commontypes.OracleID(oracle)], err = decodeValues(list); err != nil {
			return Input{}, fmt.Errorf("observations[%q]: %w", key, err)
		}
	}
	return Input{PreviousOutcome: previous, Observations: observations, F: r.F}, nil
}

// DecodePreviousOutcome reads an AggregationOutcome. A nil slice, as JSON's null gives, is none; an empty one is an
// outcome whose fields are all zero.
func DecodePreviousOutcome(bytes []byte) (*types.AggregationOutcome, error) {
	if bytes == nil {
		return nil, nil
	}
	outcome := &types.AggregationOutcome{}
	if err := proto.Unmarshal(bytes, outcome); err != nil {
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
