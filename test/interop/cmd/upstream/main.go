// Command upstream is a Go host of upstream's service: it serves an external adapter to the plugin.
//
//	upstream -- PLUGIN [ARGUMENT...]
//
// launches the plugin, makes a factory and a reporting plugin over an adapter of its own, and asks for two observations:
// the adapter answers the first and refuses the second. It prints what it saw as one JSON object; the exit code is 1 when
// something failed, and "error" says what.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"securemint-shadow/test/interop/host"
	"securemint-shadow/test/interop/wire"
)

type report struct {
	ValidationServiceID uint32            `json:"validationServiceID"`
	HealthReport        map[string]string `json:"healthReport"`
	// Observation in hex, and what the adapter answered, written by Go.
	Observation string `json:"observation"`
	Payload     string `json:"payload"`
	// Org and Deadline are what the adapter saw of the call for which it was asked.
	Org      []string `json:"org"`
	Deadline bool     `json:"deadline"`
	// Refusal is the status of the second observation.
	Refusal string       `json:"refusal"`
	Error   string       `json:"error,omitempty"`
	Ending  *host.Ending `json:"ending"`
}

func main() {
	flag.Parse()
	var r report
	if err := run(flag.Args(), &r); err != nil {
		r.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		panic(err)
	}
	if r.Error != "" {
		os.Exit(1)
	}
}

func run(command []string, r *report) error {
	plugin, err := host.Launch(command, host.Options{Log: hclog.NewNullLogger()})
	if plugin != nil {
		defer func() {
			ending := plugin.End(false)
			r.Ending = &ending
		}()
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return use(metadata.AppendToOutgoingContext(ctx, "X-Chainlink-Org", "interop"), plugin, r)
}

func use(ctx context.Context, plugin *host.Plugin, r *report) error {
	var err error
	if r.ValidationServiceID, err = plugin.NewValidationService(ctx); err != nil {
		return fmt.Errorf("NewValidationService: %w", err)
	}
	factory, err := plugin.NewUpstream(ctx, &adapter{report: r})
	if err != nil {
		return err
	}
	if err := factory.Ready(ctx); err != nil {
		return fmt.Errorf("Ready: %w", err)
	}
	if r.HealthReport, err = factory.HealthReport(ctx); err != nil {
		return fmt.Errorf("HealthReport: %w", err)
	}
	conn, err := factory.NewReportingPlugin(ctx, &wire.ReportingPluginConfig{ConfigDigest: make([]byte, 32), N: 4, F: 1})
	if err != nil {
		return err
	}
	request := &wire.ObservationRequest{OutcomeContext: &wire.OutcomeContext{SeqNr: 1}}
	reply := &wire.ObservationReply{}
	if err := conn.Invoke(ctx, wire.Observation, request, reply); err != nil {
		return fmt.Errorf("Observation: %w", err)
	}
	r.Observation = hex.EncodeToString(reply.Observation)
	err = conn.Invoke(ctx, wire.Observation, request, reply)
	r.Refusal = fmt.Sprintf("%s: %s", status.Code(err), status.Convert(err).Message())
	return factory.Close(ctx)
}

// adapter answers once.
type adapter struct {
	report *report
	asked  bool
}

func (a *adapter) GetPayload(ctx context.Context, _ *wire.Blocks) (*wire.ExternalAdapterPayload, error) {
	if a.asked {
		return nil, errors.New("out of cheese")
	}
	a.asked = true
	headers, _ := metadata.FromIncomingContext(ctx)
	a.report.Org = headers.Get("X-Chainlink-Org")
	_, a.report.Deadline = ctx.Deadline()
	payload := &wire.ExternalAdapterPayload{
		Mintables: map[uint64]*wire.BlockMintablePair{
			16015286601757825753: {BlockNumber: 40, Mintable: "10"},
			729797994450396300:   {BlockNumber: 5, Mintable: "-123456789012345678901234567890"},
			1:                    {Mintable: "0"},
		},
		ReserveInfo:  &wire.ReserveInfo{ReserveAmount: "1000", Timestamp: timestamppb.New(time.Unix(1756000000, 5))},
		LatestBlocks: &wire.Blocks{Value: map[uint64]uint64{16015286601757825753: 41, 9: 0, 10: 1}},
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(payload)
	a.report.Payload = hex.EncodeToString(bytes)
	return payload, err
}
