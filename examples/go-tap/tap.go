// Package tap lets a Chainlink node post what its Secure Mint aggregators are asked, and what they answer, to
// securemint-shadow (docs/staging.md). The answers pass through as they are, and nothing here makes the node wait.
package tap

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"github.com/smartcontractkit/libocr/commontypes"
	"google.golang.org/protobuf/proto"
)

// Config says where rounds go. URL and Token are required; a number that is 0 is its default.
type Config struct {
	// URL of the service, as in http://127.0.0.1:9470, and the Token that it has as SECUREMINT_SHADOW_TOKEN.
	URL, Token string
	// TimeoutMs bounds a round's flight, waiting for a connection included, in milliseconds: by default 5,000. QueueRounds
	// may be in flight, of 64 MiB together: 256. Workers is the number of connections that take them: 2.
	TimeoutMs, QueueRounds, Workers uint
	// WrappedEvents: the node's observations are {event, solana}, as of chainlink-common 0bc8c4723 (September 2025).
	// By default they are bare events, as in v0.9.4, and the round gets the wrapper.
	WrappedEvents bool
}

// Counts is what became of the rounds that are not in flight any more, each in one of them. Posted: answered with 200.
// Dropped: too many were in flight, or the tap was closed. Failed: no 200 in time, or nothing that can be written down.
type Counts struct{ Posted, Dropped, Failed uint64 }

// Tap posts rounds.
type Tap struct {
	config                  Config
	client                  *http.Client
	places                  chan struct{} // holds one for each round in flight
	bytesInFlight           atomic.Int64
	posted, dropped, failed atomic.Uint64
	closed                  atomic.Bool
}

// New makes a tap. It sends nothing before the first round.
func New(config Config) (*Tap, error) {
	target, err := url.Parse(config.URL)
	switch {
	case err != nil, target.Host == "", target.Scheme != "http" && target.Scheme != "https":
		return nil, errors.New("tap: URL: expected http://HOST:PORT or https://HOST:PORT, got something else")
	case config.Token == "":
		return nil, errors.New("tap: Token: expected the token of the service, got nothing")
	}
	config.URL = target.JoinPath("v1/rounds").String()
	workers, timeout := int(cmp.Or(config.Workers, 2)), time.Duration(cmp.Or(config.TimeoutMs, 5_000))*time.Millisecond
	transport := &http.Transport{MaxConnsPerHost: workers, MaxIdleConnsPerHost: workers}
	client := &http.Client{Transport: transport, Timeout: timeout}
	return &Tap{config: config, client: client, places: make(chan struct{}, cmp.Or(config.QueueRounds, 256))}, nil
}

// Factory makes what inner makes, and taps the Secure Mint aggregators.
func (t *Tap) Factory(inner types.AggregatorFactory) types.AggregatorFactory {
	return func(name string, config values.Map, lggr logger.Logger) (types.Aggregator, error) {
		aggregator, err := inner(name, config, lggr)
		if err == nil && name == "secure_mint" {
			aggregator = &tapped{aggregator, t, config}
		}
		return aggregator, err
	}
}

// Counts is for the node's own metrics.
func (t *Tap) Counts() Counts {
	return Counts{t.posted.Load(), t.dropped.Load(), t.failed.Load()}
}

// Close waits for the rounds in flight, which TimeoutMs bounds. Aggregators go on, and their rounds are dropped.
func (t *Tap) Close() {
	if t.closed.CompareAndSwap(false, true) {
		for range cap(t.places) {
			t.places <- struct{}{}
		}
	}
}

type tapped struct {
	inner  types.Aggregator
	tap    *Tap
	config values.Map
}

// Aggregate answers as the inner aggregator does and panics as it does: nothing here recovers that. The round is copied
// before the node gets its answer, because then it changes both outcomes.
func (a *tapped) Aggregate(lggr logger.Logger, previous *types.AggregationOutcome,
	observations map[commontypes.OracleID][]values.Value, f int) (outcome *types.AggregationOutcome, err error) {
	defer func() {
		select {
		case a.tap.places <- struct{}{}:
			go a.tap.post(a.round(previous, observations, f, outcome, err))
		default:
			a.tap.dropped.Add(1)
		}
	}()
	return a.inner.Aggregate(lggr, previous, observations, f)
}

// round is a round of docs/captures.md without its id; nil when it cannot be written down.
func (a *tapped) round(previous *types.AggregationOutcome, observations map[commontypes.OracleID][]values.Value, f int,
	outcome *types.AggregationOutcome, err error) (round map[string]any) {
	defer func() { _ = recover() }()
	lists := map[commontypes.OracleID][]inBase64{}
	for oracle, list := range observations {
		lists[oracle] = make([]inBase64, len(list))
		for i, observation := range list {
			lists[oracle][i] = inBase64{a.wrap(values.Copy(observation))}
		}
	}
	answer := map[string]any{"panic": "the node's log has the cause"}
	if err != nil {
		answer = map[string]any{"error": err.Error()}
	} else if outcome != nil {
		answer = map[string]any{"outcome": bytesOf(outcome)}
	}
	return map[string]any{"revision": "2025-09", "f": f, "config": bytesOf(values.ProtoMap(&a.config)),
		"previousOutcome": bytesOf(previous), "observations": lists, "expect": map[string]any{"results": []any{answer}}}
}

// wrap makes {event, solana} of a bare event; a Solana chain's accounts are in the configuration then. What is no map
// stays as it is: aggregators refuse it in either form, but only a bare nil makes them panic.
func (a *tapped) wrap(observation values.Value) values.Value {
	if _, isMap := observation.(*values.Map); !isMap || a.tap.config.WrappedEvents {
		return observation
	}
	wrapper := map[string]values.Value{"event": observation}
	if solana, isMap := a.config.Underlying["solana"].(*values.Map); isMap {
		wrapper["solana"] = solana.Underlying["remaining_accounts"]
	}
	return &values.Map{Underlying: wrapper}
}

// inBase64 is written where no node waits: writing takes four times as long as copying.
type inBase64 struct{ values.Value }

func (v inBase64) MarshalJSON() ([]byte, error) {
	return json.Marshal(bytesOf(values.Proto(v.Value)))
}

// bytesOf is nil for a nil message: null in JSON.
func bytesOf(message proto.Message) []byte {
	return must(proto.MarshalOptions{Deterministic: true}.Marshal(message))
}

// must is for what can only go wrong in a round that fails as a whole.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// post sends a round under the digest of its content: nodes that were asked and answered the same post a duplicate.
func (t *Tap) post(round map[string]any) {
	count := &t.failed
	defer func() {
		_ = recover()
		count.Add(1)
		<-t.places
	}()
	if round == nil {
		return
	}
	text := must(json.Marshal(round))
	defer t.bytesInFlight.Add(-int64(len(text)))
	if t.bytesInFlight.Add(int64(len(text))) > 64<<20 {
		count = &t.dropped
		return
	}
	body := fmt.Appendf(nil, `{"id":"%x",%s`, sha256.Sum256(text), text[1:])
	request := must(http.NewRequest(http.MethodPost, t.config.URL, bytes.NewReader(body)))
	request.Header.Set("Authorization", "Bearer "+t.config.Token)
	reply := must(t.client.Do(request))
	defer reply.Body.Close()
	// To its end, so that the connection serves again.
	if _, err := io.CopyN(io.Discard, reply.Body, 1<<20); err == io.EOF && reply.StatusCode == http.StatusOK {
		count = &t.posted
	}
}
