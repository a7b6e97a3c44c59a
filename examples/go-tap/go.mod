// A tap for a Chainlink node (docs/staging.md). After a change: GONOSUMDB=github.com/smartcontractkit/* go mod tidy
module securemint-shadow/examples/go-tap

go 1.24.5

require (
	github.com/smartcontractkit/chainlink-common v0.9.4
	github.com/smartcontractkit/chainlink-protos/cre/go v0.0.0-20250819150450-95ef563f6e6d
	github.com/smartcontractkit/libocr v0.0.0-20250408131511-c90716988ee0
	google.golang.org/protobuf v1.36.7
)

require (
	github.com/go-viper/mapstructure/v2 v2.4.0 // indirect
	github.com/mr-tron/base58 v1.2.0 // indirect
	github.com/shopspring/decimal v1.4.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.27.0 // indirect
)
