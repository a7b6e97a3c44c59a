package main

import (
	"fmt"
	"strings"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/datafeeds"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"google.golang.org/protobuf/proto"
)

// answer is what the real aggregator does with a round; exactly one field is set. Invalid is not an answer of the
// aggregator: bytes of the round are not what a node could have decoded, so it was never asked.
type answer struct {
	Outcome *[]byte `json:"outcome,omitempty"`
	Error   string  `json:"error,omitempty"`
	Panic   string  `json:"panic,omitempty"`
	Invalid string  `json:"invalid,omitempty"`
}

// key tells answers apart.
func (a answer) key() string {
	if a.Outcome != nil {
		return "outcome " + string(*a.Outcome)
	}
	return fmt.Sprintf("%q %q %q", a.Error, a.Panic, a.Invalid)
}

// answerRound answers a round a number of times and gives the distinct answers in the order they came.
func answerRound(r round, times int) []answer {
	config, err := r.decodeConfig()
	if err != nil {
		return []answer{{Invalid: err.Error()}}
	}
	in, err := r.decodeInput()
	if err != nil {
		return []answer{{Invalid: err.Error()}}
	}
	var distinct []answer
	seen := map[string]bool{}
	for range times {
		given := answerInput(config, in)
		if !seen[given.key()] {
			seen[given.key()] = true
			distinct = append(distinct, given)
		}
	}
	return distinct
}

func answerInput(config values.Map, in input) (given answer) {
	defer func() {
		if cause := recover(); cause != nil {
			given = answer{Panic: fmt.Sprint(cause)}
		}
	}()
	outcome, err := aggregate(config, in)
	if err != nil {
		return answer{Error: withoutDumps(err.Error(), config)}
	}
	return answer{Outcome: &outcome}
}

// aggregate is one aggregation as a node does it, from decoded values to the bytes that oracles compare.
func aggregate(config values.Map, in input) ([]byte, error) {
	aggregator, err := datafeeds.NewSecureMintAggregator(config)
	if err != nil {
		return nil, err
	}
	outcome, err := aggregator.Aggregate(logger.Nop(), in.previousOutcome, in.observations, in.f)
	if err != nil {
		return nil, err
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(outcome)
}

// withoutDumps cuts Go's dump of the configuration, which holds addresses, from an error text: in front of the first
// cause it stands in parentheses.
func withoutDumps(text string, config values.Map) string {
	dump := fmt.Sprintf("%+v", config)
	return strings.NewReplacer(" ("+dump+")", "", " "+dump, "").Replace(text)
}
