package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/smartcontractkit/chainlink-protos/cre/go/values"

	"securemint-shadow/test/oracle/aggregator"
	"securemint-shadow/test/oracle/capture"
)

// blockTime is one line of a benchmark's output.
type blockTime struct {
	// Rounds is the number of aggregations in the block: passes times rounds of the file.
	Rounds      int   `json:"rounds"`
	Nanoseconds int64 `json:"nanoseconds"`
}

// benchRound is a round whose configuration is decoded from protobuf and whose other bytes are kept as they came.
type benchRound struct {
	capture.Round
	config values.Map
}

// runBench reads a file of rounds, then times one block for every line "go" on in, so that the caller decides what
// runs between two blocks. Timed, on one goroutine, the garbage collector included, is for every round: the aggregator
// made from its decoded configuration (the configuration is parsed and checked; its protobuf is not), the previous
// outcome and the observations decoded from their bytes, the aggregation, and the outcome's deterministic bytes.
func runBench(file string, passes int, in io.Reader, out *bufio.Writer) error {
	rounds, err := loadBench(file)
	if err != nil {
		return err
	}
	encoder := newEncoder(out)
	return capture.EachLine(in, func(line []byte) error {
		if command := strings.TrimSpace(string(line)); command != "go" {
			return fmt.Errorf("expected a line \"go\", got %q", command)
		}
		spent, err := timeBlock(rounds, passes)
		if err != nil {
			return err
		}
		return errors.Join(encoder.Encode(blockTime{len(rounds) * passes, spent.Nanoseconds()}), out.Flush())
	})
}

func loadBench(file string) ([]benchRound, error) {
	source, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	var rounds []benchRound
	err = capture.EachLine(source, func(line []byte) error {
		r, err := capture.ParseRound(line)
		if err != nil {
			return err
		}
		config, err := aggregator.DecodeConfig(r.Config)
		rounds = append(rounds, benchRound{r, config})
		return err
	})
	if err == nil && len(rounds) == 0 {
		err = errors.New("expected rounds, got an empty file")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rounds, nil
}

func timeBlock(rounds []benchRound, passes int) (time.Duration, error) {
	start := time.Now()
	for range passes {
		for _, r := range rounds {
			in, err := aggregator.DecodeInput(r.Round)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", r.ID, err)
			}
			// A round that the aggregator refuses would be timed for less work than it seems.
			if _, err := aggregator.Aggregate(r.config, in); err != nil {
				return 0, fmt.Errorf("%s: expected an outcome, got an error: %w", r.ID, err)
			}
		}
	}
	return time.Since(start), nil
}
