// Command upstream is a Go host of upstream's service: it serves an external adapter to the plugin.
//
//	upstream -- PLUGIN [ARGUMENT...]
//
// launches the plugin, makes a factory and a reporting plugin over an adapter of its own, and asks for two observations
// after an outcome that tracks three chains: the adapter answers the first and refuses the second. It prints what it saw as
// one JSON object; the exit code is 1 when something failed, and "error" says what.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/big"
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
	// Observation of the plugin, and of the same payload by Go's encoding/json.
	Observation string `json:"observation"`
	Go          string `json:"go"`
	// Payload is what the adapter answered, in hex, written by Go.
	Payload string `json:"payload"`
	// Blocks is what the adapter was asked for.
	Blocks map[uint64]uint64 `json:"blocks"`
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
	conn, err := factory.NewReportingPlugin(ctx, &wire.ReportingPluginConfig{
		ConfigDigest: make([]byte, 32), N: 4, F: 1, OffchainConfig: []byte(`{"MaxChains":5}`),
	})
	if err != nil {
		return err
	}
	previous, err := json.Marshal(outcome{HonestBlocks: tracked})
	if err != nil {
		return err
	}
	request := &wire.ObservationRequest{OutcomeContext: &wire.OutcomeContext{SeqNr: 2, PreviousOutcome: previous}}
	reply := &wire.ObservationReply{}
	if err := conn.Invoke(ctx, wire.Observation, request, reply); err != nil {
		return fmt.Errorf("Observation: %w", err)
	}
	r.Observation = string(reply.Observation)
	expected, err := json.Marshal(seen())
	if err != nil {
		return err
	}
	r.Go = string(expected)
	err = conn.Invoke(ctx, wire.Observation, request, reply)
	r.Refusal = fmt.Sprintf("%s: %s", status.Code(err), status.Convert(err).Message())
	return factory.Close(ctx)
}

// The plugin's messages (docs/spec/por-plugin.md "Types").
type (
	pair struct {
		Block    uint64
		Mintable *big.Int
	}
	observation struct {
		QueryResponse map[uint64]pair
		LatestBlocks  map[uint64]uint64
	}
	outcome struct {
		ChangedMintables        map[uint64]bool
		LatestAcquiredMintables map[uint64]pair
		HonestBlocks            map[uint64]uint64
	}
)

// tracked are the chains of the previous outcome; what the adapter answers is of one more.
var (
	tracked = map[uint64]uint64{16015286601757825753: 41, 729797994450396300: 5, 1: 0}
	latest  = map[uint64]uint64{16015286601757825753: 41, 729797994450396300: 6, 1: 0, 10: 1}
)

// seen is what the plugin has to make of the adapter's payload.
func seen() observation {
	large, _ := new(big.Int).SetString("-123456789012345678901234567890", 10)
	pairs := map[uint64]pair{
		16015286601757825753: {40, big.NewInt(10)},
		729797994450396300:   {5, large},
		1:                    {0, big.NewInt(0)},
	}
	return observation{QueryResponse: pairs, LatestBlocks: latest}
}

// adapter answers once.
type adapter struct {
	report *report
	asked  bool
}

func (a *adapter) GetPayload(ctx context.Context, blocks *wire.Blocks) (*wire.ExternalAdapterPayload, error) {
	if a.asked {
		return nil, errors.New("out of cheese")
	}
	a.asked = true
	a.report.Blocks = blocks.Value
	headers, _ := metadata.FromIncomingContext(ctx)
	a.report.Org = headers.Get("X-Chainlink-Org")
	_, a.report.Deadline = ctx.Deadline()
	payload := &wire.ExternalAdapterPayload{
		Mintables:    map[uint64]*wire.BlockMintablePair{},
		ReserveInfo:  &wire.ReserveInfo{ReserveAmount: "1000", Timestamp: timestamppb.New(time.Unix(1756000000, 5))},
		LatestBlocks: &wire.Blocks{Value: latest},
	}
	for selector, pair := range seen().QueryResponse {
		payload.Mintables[selector] = &wire.BlockMintablePair{BlockNumber: pair.Block, Mintable: pair.Mintable.String()}
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(payload)
	a.report.Payload = hex.EncodeToString(bytes)
	return payload, err
}
