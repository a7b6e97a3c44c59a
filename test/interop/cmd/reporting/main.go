// Command reporting is a LOOPP in Go, go-plugin on the wire, whose reporting plugin answers Outcome as the OCR3
// capability does, over the real aggregator of chainlink-common v0.9.4.
//
//	reporting -selector CHAIN -data-id HEX
//
// It serves upstream's service, and of everything beyond what Outcome needs nothing: no health, no adapter, no other
// method of a reporting plugin.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/hashicorp/go-plugin"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/datafeeds"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
)

func main() {
	selector := flag.String("selector", "", "target chain `selector` of the aggregator")
	dataID := flag.String("data-id", "", "data id of the aggregator")
	flag.Parse()
	if err := run(*selector, *dataID); err != nil {
		fmt.Fprintln(os.Stderr, "reporting:", err)
		os.Exit(1)
	}
}

// run makes the aggregator once, as a node does for a workflow.
func run(selector, dataID string) error {
	config, err := values.NewMap(map[string]any{"targetChainSelector": selector, "dataID": dataID})
	if err != nil {
		return err
	}
	aggregator, err := datafeeds.NewSecureMintAggregator(*config)
	if err != nil {
		return err
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey:   "CL_PLUGIN_SECURE_MINT_MAGIC_COOKIE",
			MagicCookieValue: "2cba6293d2ae66563d6838334f8b9c3b11c8d3388a1763835a7104d63f44b932",
		},
		Plugins:    plugin.PluginSet{"securemint": &service{aggregator: aggregator}},
		GRPCServer: plugin.DefaultGRPCServer,
	})
	return nil
}
