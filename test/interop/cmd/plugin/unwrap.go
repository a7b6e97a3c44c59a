package main

import (
	"strconv"
	"strings"

	chainselectors "github.com/smartcontractkit/chain-selectors"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// In 2025-09 an observation is {event, solana}; in chainlink-common v0.9.4 it is the bare event, and Solana accounts
// come with the configuration. What has no equal there is refused; test/helpers/bare-events.ts has the same rules.

// unwrap answers the event of an observation. A wrapper without one becomes an empty map, both of which decode to the
// zero event; what is not a map stays, both refuse it.
func unwrap(observation values.Value) (values.Value, error) {
	wrapper, isMap := observation.(*values.Map)
	if !isMap || wrapper == nil {
		return observation, nil
	}
	accounts, err := member(wrapper, "solana")
	if err != nil {
		return nil, err
	}
	if !isHarmless(accounts) {
		return nil, unsupported("an observation with other than plain Solana accounts")
	}
	event, err := member(wrapper, "event")
	if err != nil {
		return nil, err
	}
	if event == nil {
		return values.EmptyMap(), nil
	}
	return event, nil
}

// member is what Go's decoding takes for a field: the exact name, else the only one that differs in case.
func member(m *values.Map, name string) (values.Value, error) {
	if exact, ok := m.Underlying[name]; ok {
		return exact, nil
	}
	var found []values.Value
	for key, value := range m.Underlying {
		if strings.EqualFold(key, name) {
			found = append(found, value)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	default:
		return nil, unsupported("an observation that spells " + name + " in several ways")
	}
}

// isHarmless tells accounts that no EVM report shows and that every revision accepts.
func isHarmless(accounts values.Value) bool {
	if accounts == nil {
		return true
	}
	list, isList := accounts.(*values.List)
	if !isList {
		return false
	}
	for _, item := range list.Underlying {
		account, isMap := item.(*values.Map)
		if !isMap || !isPlainAccount(account) {
			return false
		}
	}
	return true
}

func isPlainAccount(account *values.Map) bool {
	for key, value := range account.Underlying {
		switch given := value.(type) {
		case *values.Bytes:
			if key != "PublicKey" || len(given.Underlying) != 32 {
				return false
			}
		case *values.Bool:
			if key != "IsWritable" && key != "IsSigner" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// checkConfig refuses a Solana target under any spelling, and the accounts that only v0.9.4 reads.
func checkConfig(config values.Map) error {
	for key, value := range config.Underlying {
		if strings.EqualFold(key, "solana") {
			return unsupported("a configuration with Solana accounts")
		}
		if strings.EqualFold(key, "targetChainSelector") && isSolana(value) {
			return unsupported("a Solana chain")
		}
	}
	return nil
}

func isSolana(selector values.Value) bool {
	var text string
	switch given := selector.(type) {
	case *values.String:
		text = given.Underlying
	case *values.Bytes:
		text = string(given.Underlying)
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return false
	}
	family, err := chainselectors.GetSelectorFamily(number)
	return err == nil && family == chainselectors.FamilySolana
}

func unsupported(what string) error {
	return status.Errorf(codes.Unimplemented, "chainlink-common v0.9.4 does not support what 2025-09 does with %s", what)
}
