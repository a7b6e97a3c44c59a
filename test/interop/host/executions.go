package host

import (
	"fmt"
	"os"
	"strconv"

	"github.com/smartcontractkit/chainlink-protos/cre/go/values/pb"
	"google.golang.org/protobuf/proto"

	"securemint-shadow/test/interop/wire"
	"securemint-shadow/test/oracle/capture"
)

// ReadExecutions makes the executions of a capture, each as a Go node would send it: observations are decoded and
// written again. With bare they bring neither configuration nor revision, so that the factory's count.
func ReadExecutions(file string, bare bool) ([]*wire.Execution, error) {
	source, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	var executions []*wire.Execution
	err = capture.EachLine(source, func(line []byte) error {
		round, err := capture.ParseRound(line)
		if err != nil {
			return err
		}
		execution, err := toExecution(round)
		if err != nil {
			return fmt.Errorf("%s: %w", round.ID, err)
		}
		if bare {
			execution.Config, execution.Revision = nil, ""
		}
		executions = append(executions, execution)
		return nil
	})
	return executions, err
}

func toExecution(round capture.Round) (*wire.Execution, error) {
	execution := &wire.Execution{
		Id:              round.ID,
		F:               uint32(round.F),
		PreviousOutcome: round.PreviousOutcome,
		Observations:    make(map[uint32]*pb.List, len(round.Observations)),
		Config:          round.Config,
		Revision:        round.Revision,
	}
	for key, values := range round.Observations {
		oracle, err := strconv.ParseUint(key, 10, 8)
		if err != nil {
			return nil, fmt.Errorf("oracle id: %w", err)
		}
		list := &pb.List{Fields: make([]*pb.Value, len(values))}
		for i, bytes := range values {
			list.Fields[i] = &pb.Value{}
			if err := proto.Unmarshal(bytes, list.Fields[i]); err != nil {
				return nil, fmt.Errorf("observations[%q]: %w", key, err)
			}
		}
		execution.Observations[uint32(oracle)] = list
	}
	return execution, nil
}
