package tap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"

	tap "securemint-shadow/examples/go-tap"
	"securemint-shadow/test/tap/capabilities"
	"securemint-shadow/test/tap/fixture"
)

// What a node waits for: the real aggregator alone, and the tap alone, around one that answers at once. The posting of a
// round is over before the next is timed.
func BenchmarkWait(b *testing.B) {
	lggr := logger.Nop()
	for _, size := range []struct{ oracles, events int }{{4, 1}, {16, 1}, {16, 20}} {
		round := fixture.Observations(size.oracles, 7)
		for oracle := range round {
			for len(round[oracle]) < size.events {
				round[oracle] = append(round[oracle], fixture.Event(7))
			}
		}
		aggregator, err := capabilities.NewAggregator("secure_mint", *fixture.Config(), logger.Nop())
		if err != nil {
			b.Fatal(err)
		}
		previous, err := aggregator.Aggregate(logger.Nop(), nil, round, 1)
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("%dx%d", size.oracles, size.events)
		ask := func(of types.Aggregator) { of.Aggregate(lggr, previous, round, 1) }
		b.Run("aggregator/"+name, func(b *testing.B) {
			for b.Loop() {
				ask(aggregator)
			}
		})
		b.Run("tap/"+name, func(b *testing.B) { benchmarkTap(b, fixed{outcome: previous}, ask) })
		b.Run("full/"+name, func(b *testing.B) { benchmarkFull(b, fixed{outcome: previous}, ask) })
	}
}

func benchmarkTap(b *testing.B, inner types.Aggregator, ask func(types.Aggregator)) {
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		io.Copy(io.Discard, request.Body)
	}))
	defer service.Close()
	by, around := benchmarked(b, service.URL, inner)
	for i := range b.N {
		b.StartTimer()
		ask(around)
		b.StopTimer()
		for by.Counts().Posted != uint64(i+1) {
			runtime.Gosched()
		}
	}
}

// A closed tap is one whose queue is full.
func benchmarkFull(b *testing.B, inner types.Aggregator, ask func(types.Aggregator)) {
	by, around := benchmarked(b, "http://127.0.0.1:1", inner)
	by.Close()
	b.StartTimer()
	for range b.N {
		ask(around)
	}
}

// benchmarked leaves the timer stopped.
func benchmarked(b *testing.B, target string, inner types.Aggregator) (*tap.Tap, types.Aggregator) {
	b.StopTimer()
	by, err := tap.New(tap.Config{URL: target, Token: fixture.Token})
	if err != nil {
		b.Fatal(err)
	}
	factory := by.Factory(func(string, values.Map, logger.Logger) (types.Aggregator, error) { return inner, nil })
	around, err := factory("secure_mint", *fixture.Config(), logger.Nop())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return by, around
}
