// Package capture reads rounds from JSON lines (docs/captures.md).
package capture

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Round is one line of a capture: the complete input of one aggregation, as protobuf bytes. Other members of the line
// (note, expect, ...) are not read.
type Round struct {
	ID              string              `json:"id"`
	Revision        string              `json:"revision"`
	F               int                 `json:"f"`
	Config          []byte              `json:"config"`
	PreviousOutcome []byte              `json:"previousOutcome"`
	Observations    map[string][][]byte `json:"observations"`
}

// ParseRound reads one line.
func ParseRound(line []byte) (Round, error) {
	var r Round
	if err := json.Unmarshal(line, &r); err != nil {
		return Round{}, fmt.Errorf("not a round: %w", err)
	}
	return r, nil
}

// EachLine calls use with every line that is not empty. Lines may be of any length, which bufio.Scanner's may not.
func EachLine(in io.Reader, use func(line []byte) error) error {
	reader := bufio.NewReaderSize(in, 1<<16)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 0 && string(line) != "\n" {
			if err := use(line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
