// Package capabilities stands for chainlink's core/capabilities, a module too large for a test: the part of its factories
// that a Secure Mint workflow on an EVM chain uses.
package capabilities

import (
	"fmt"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/datafeeds"
	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
)

// NewAggregator makes the real Secure Mint aggregator.
func NewAggregator(name string, config values.Map, _ logger.Logger) (types.Aggregator, error) {
	if name != "secure_mint" {
		return nil, fmt.Errorf("aggregator %s not supported", name)
	}
	return datafeeds.NewSecureMintAggregator(config)
}

// NewEncoder makes an encoder for workflows whose reports nobody encodes.
func NewEncoder(string, *values.Map, logger.Logger) (types.Encoder, error) {
	return nil, nil
}
