// Package node has the consensus capability of a node as its process wires it, with the tap.
package node

import (
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"

	tap "securemint-shadow/examples/go-tap"
	"securemint-shadow/test/tap/capabilities"
)

// server stands for the process around the capability.
type server struct{ Logger logger.Logger }

// run does what the main function of chainlink-ocr3-capability does, docs/staging.md's lines among it, and serves the
// capability until serve returns.
func run(s server, serve func(*ocr3.Capability)) {
	aggregators := types.AggregatorFactory(capabilities.NewAggregator)
	rounds, err := tap.New(tap.Config{URL: os.Getenv("TAP_URL"), Token: os.Getenv("TAP_TOKEN")})
	if err != nil {
		s.Logger.Errorw("Running without a tap", "err", err)
	} else {
		defer rounds.Close()
		export(rounds, prometheus.DefaultRegisterer)
		aggregators = rounds.Factory(aggregators)
	}

	c := ocr3.Config{
		Logger:            s.Logger,
		EncoderFactory:    capabilities.NewEncoder,
		AggregatorFactory: aggregators,
	}
	p := ocr3.NewOCR3(c)
	serve(p)
}

func export(rounds *tap.Tap, registry prometheus.Registerer) {
	for what, count := range map[string]func(tap.Counts) uint64{
		"posted":  func(c tap.Counts) uint64 { return c.Posted },
		"dropped": func(c tap.Counts) uint64 { return c.Dropped },
		"failed":  func(c tap.Counts) uint64 { return c.Failed },
	} {
		registry.MustRegister(prometheus.NewCounterFunc(
			prometheus.CounterOpts{Name: "securemint_tap_" + what + "_total", Help: "Rounds of the tap: " + what + "."},
			func() float64 { return float64(count(rounds.Counts())) },
		))
	}
}
