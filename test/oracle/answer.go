package main

import (
	"fmt"
	"strings"

	"github.com/smartcontractkit/chainlink-protos/cre/go/values"

	"securemint-shadow/test/oracle/aggregator"
	"securemint-shadow/test/oracle/capture"
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
func answerRound(r capture.Round, times int) []answer {
	config, err := aggregator.DecodeConfig(r.Config)
	if err != nil {
		return []answer{{Invalid: err.Error()}}
	}
	in, err := aggregator.DecodeInput(r)
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

func answerInput(config values.Map, in aggregator.Input) (given answer) {
	defer func() {
		if cause := recover(); cause != nil {
			given = answer{Panic: fmt.Sprint(cause)}
		}
	}()
	outcome, err := aggregator.Aggregate(config, in)
	if err != nil {
		return answer{Error: withoutDumps(err.Error(), config)}
	}
	return answer{Outcome: &outcome}
}

// withoutDumps cuts Go's dump of the configuration, which holds addresses, from an error text: in front of the first
// cause it stands in parentheses.
func withoutDumps(text string, config values.Map) string {
	dump := fmt.Sprintf("%+v", config)
	return strings.NewReplacer(" ("+dump+")", "", " "+dump, "").Replace(text)
}
