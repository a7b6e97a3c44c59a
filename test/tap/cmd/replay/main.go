// Command replay is a node that aggregates recorded rounds with the tap in place.
//
//	replay -url URL -token TOKEN [-timeout-ms N] < ROUNDS
//
// reads rounds as JSON lines (docs/captures.md) whose observations are bare events, lets the real aggregator of
// chainlink-common v0.9.4 answer them with the tap around it, and writes one line for each, in order: {"outcome":
// base64}, {"error": text} or {"panic": text}. The last line is {"counts": what the tap says}.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"google.golang.org/protobuf/proto"

	tap "securemint-shadow/examples/go-tap"
	"securemint-shadow/test/oracle/aggregator"
	"securemint-shadow/test/oracle/capture"
	"securemint-shadow/test/tap/capabilities"
)

// everyRound may wait: nothing is to be dropped.
const everyRound = 10_000

func main() {
	target := flag.String("url", "", "`URL` of the service")
	token := flag.String("token", "", "its `token`")
	timeoutMs := flag.Uint("timeout-ms", 60_000, "`milliseconds` for a round")
	flag.Parse()
	config := tap.Config{URL: *target, Token: *token, TimeoutMs: *timeoutMs, QueueRounds: everyRound}
	if err := run(config, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

func run(config tap.Config, in io.Reader, out io.Writer) error {
	rounds, err := tap.New(config)
	if err != nil {
		return err
	}
	factory := rounds.Factory(capabilities.NewAggregator)
	buffered := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffered)
	err = capture.EachLine(in, func(line []byte) error {
		r, err := capture.ParseRound(line)
		if err != nil {
			return err
		}
		given, err := answerTo(r, factory)
		return errors.Join(err, encoder.Encode(given))
	})
	rounds.Close()
	return errors.Join(err, encoder.Encode(map[string]tap.Counts{"counts": rounds.Counts()}), buffered.Flush())
}

// answer has one field.
type answer struct {
	Outcome *[]byte `json:"outcome,omitempty"`
	Error   string  `json:"error,omitempty"`
	Panic   string  `json:"panic,omitempty"`
}

// answerTo is an answer, or an error where a node could not have made the round.
func answerTo(r capture.Round, factory types.AggregatorFactory) (given answer, err error) {
	config, err := aggregator.DecodeConfig(r.Config)
	if err != nil {
		return answer{}, err
	}
	in, err := aggregator.DecodeInput(r)
	if err != nil {
		return answer{}, err
	}
	made, err := factory("secure_mint", config, logger.Nop())
	if err != nil {
		return answer{}, fmt.Errorf("%s: expected an aggregator, got %w", r.ID, err)
	}
	defer func() {
		if cause := recover(); cause != nil {
			given = answer{Panic: fmt.Sprint(cause)}
		}
	}()
	outcome, failure := made.Aggregate(logger.Nop(), in.PreviousOutcome, in.Observations, in.F)
	if failure != nil {
		return answer{Error: failure.Error()}, nil
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(outcome)
	return answer{Outcome: &bytes}, err
}
