package tap_test

import (
	"cmp"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types"
	"github.com/smartcontractkit/chainlink-common/pkg/logger"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values"
	"github.com/smartcontractkit/chainlink-protos/cre/go/values/pb"
	"github.com/smartcontractkit/libocr/commontypes"
	"google.golang.org/protobuf/proto"

	tap "securemint-shadow/examples/go-tap"
	"securemint-shadow/test/tap/capabilities"
	"securemint-shadow/test/tap/fixture"
)

type observations = map[commontypes.OracleID][]values.Value

// inner is an aggregator that keeps what it answered.
type inner struct {
	types.Aggregator
	outcome *types.AggregationOutcome
	err     error
}

func (a *inner) Aggregate(lggr logger.Logger, previous *types.AggregationOutcome, asked observations, f int) (*types.AggregationOutcome, error) {
	a.outcome, a.err = a.Aggregator.Aggregate(lggr, previous, asked, f)
	return a.outcome, a.err
}

// fixed answers the same always; or panics.
type fixed struct {
	outcome *types.AggregationOutcome
	cause   any
}

func (a fixed) Aggregate(logger.Logger, *types.AggregationOutcome, observations, int) (*types.AggregationOutcome, error) {
	if a.cause != nil {
		panic(a.cause)
	}
	return a.outcome, nil
}

// The real aggregator of chainlink-common v0.9.4.
func real(t *testing.T) *inner {
	t.Helper()
	aggregator, err := capabilities.NewAggregator("secure_mint", *fixture.Config(), logger.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return &inner{Aggregator: aggregator}
}

func newTap(t *testing.T, config tap.Config) *tap.Tap {
	t.Helper()
	config.Token = fixture.Token
	config.TimeoutMs = cmp.Or(config.TimeoutMs, 60_000)
	made, err := tap.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return made
}

func tapped(t *testing.T, by *tap.Tap, aggregator types.Aggregator) types.Aggregator {
	t.Helper()
	return tappedWith(t, by, aggregator, fixture.Config())
}

func tappedWith(t *testing.T, by *tap.Tap, aggregator types.Aggregator, config *values.Map) types.Aggregator {
	t.Helper()
	factory := by.Factory(func(string, values.Map, logger.Logger) (types.Aggregator, error) { return aggregator, nil })
	made, err := factory("secure_mint", *config, logger.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if made == aggregator {
		t.Fatal("expected a tap around the aggregator")
	}
	return made
}

func expectCounts(t *testing.T, by *tap.Tap, expected tap.Counts) {
	t.Helper()
	if came := by.Counts(); came != expected {
		t.Errorf("expected %+v, got %+v", expected, came)
	}
}

// The service answers only once the node has its answer, or not at all: were the node to wait, both would for ever.
func TestTheNodeHasTheInnerAnswerAtOnce(t *testing.T) {
	const rounds = 20
	for name, c := range map[string]struct {
		hangs    bool
		status   int
		expected tap.Counts
	}{
		"the service is fine":    {false, http.StatusOK, tap.Counts{Posted: rounds}},
		"it fails":               {false, http.StatusInternalServerError, tap.Counts{Failed: rounds}},
		"it knows another token": {false, http.StatusUnauthorized, tap.Counts{Failed: rounds}},
		"it hangs":               {true, http.StatusOK, tap.Counts{Failed: rounds}},
	} {
		t.Run(name, func(t *testing.T) {
			answered, over := make(chan struct{}), make(chan struct{})
			defer close(over)
			service := fixture.Start(t, func(*http.Request) int {
				<-answered
				if c.hangs {
					<-over
				}
				return c.status
			})
			config := tap.Config{URL: service.URL}
			if c.hangs {
				config.TimeoutMs = 100
			}
			by := newTap(t, config)
			expectInnerAnswers(t, by, rounds)
			close(answered)
			by.Close()
			expectCounts(t, by, c.expected)
		})
	}
	t.Run("it is down", func(t *testing.T) {
		by := newTap(t, tap.Config{URL: "http://127.0.0.1:1"})
		expectInnerAnswers(t, by, rounds)
		by.Close()
		expectCounts(t, by, tap.Counts{Failed: rounds})
	})
}

// The very outcomes and errors, not copies of them.
func expectInnerAnswers(t *testing.T, by *tap.Tap, rounds int) {
	t.Helper()
	aggregator := real(t)
	around := tapped(t, by, aggregator)
	for i := range rounds {
		asked := fixture.Observations(4, uint64(i))
		if i%4 == 0 {
			asked = observations{}
		}
		outcome, err := around.Aggregate(logger.Nop(), nil, asked, 1)
		if outcome != aggregator.outcome || err != aggregator.err || (outcome == nil) == (err == nil) {
			t.Fatalf("expected %v and %v, got %v and %v", aggregator.outcome, aggregator.err, outcome, err)
		}
	}
}

func TestARoundIsPosted(t *testing.T) {
	service := fixture.Start(t, nil)
	by := newTap(t, tap.Config{URL: service.URL + "/"})
	previous := &types.AggregationOutcome{LastSeenAt: 6}
	outcome, err := tapped(t, by, real(t)).Aggregate(logger.Nop(), previous, fixture.Observations(4, 7), 1)
	by.Close()
	if err != nil {
		t.Fatal(err)
	}
	expectCounts(t, by, tap.Counts{Posted: 1})

	r := service.OnlyRound(t)
	if r.Revision != "2025-09" || r.F != 1 || len(r.ID) != 64 || len(r.Observations) != 4 {
		t.Errorf("expected a round of 2025-09 with f of 1 and four oracles, got %+v", r)
	}
	expectBytes(t, "config", r.Config, values.ProtoMap(fixture.Config()))
	expectBytes(t, "previousOutcome", r.PreviousOutcome, previous)
	expectBytes(t, "outcome", *r.Expect.Results[0].Outcome, outcome)
	for _, list := range r.Observations {
		expectEvent(t, list[0], fixture.Event(7), nil)
	}
}

func TestNoPreviousOutcomeIsNull(t *testing.T) {
	service := fixture.Start(t, nil)
	by := newTap(t, tap.Config{URL: service.URL})
	around := tapped(t, by, real(t))
	for _, previous := range []*types.AggregationOutcome{nil, {}} {
		around.Aggregate(logger.Nop(), previous, fixture.Observations(1, 7), 0)
	}
	by.Close()
	rounds := service.Rounds()
	if len(rounds) != 2 || (rounds[0].PreviousOutcome == nil) == (rounds[1].PreviousOutcome == nil) {
		t.Errorf("expected a round with null and one with an empty previous outcome, got %+v", rounds)
	}
}

func TestAnErrorIsPostedAsItsText(t *testing.T) {
	service := fixture.Start(t, nil)
	by := newTap(t, tap.Config{URL: service.URL})
	_, err := tapped(t, by, real(t)).Aggregate(logger.Nop(), nil, observations{}, 1)
	by.Close()
	r := service.OnlyRound(t)
	if text := r.Expect.Results[0].Error; text == nil || *text != err.Error() || len(r.Observations) != 0 {
		t.Errorf("expected the text %q and no observations, got %+v", err, r)
	}
}

func TestAPanicPassesAndIsPosted(t *testing.T) {
	service := fixture.Start(t, nil)
	by := newTap(t, tap.Config{URL: service.URL})
	around := tapped(t, by, real(t))
	// What real aggregators crash of.
	stack, cause := panicOf(func() { around.Aggregate(logger.Nop(), nil, observations{0: {nil}}, 1) })
	by.Close()
	if cause == nil || !strings.Contains(stack, "securemint_aggregator.go") {
		t.Errorf("expected the panic of the aggregator, got %v at %s", cause, stack)
	}
	r := service.OnlyRound(t)
	if r.Expect.Results[0].Panic == nil || len(r.Observations["0"][0]) != 0 {
		t.Errorf("expected a panic over an empty value, got %+v", r)
	}
}

// A value that panics when it is written down.
var unwritable = &values.BigInt{}

func TestAPanicOfTheTapEndsThere(t *testing.T) {
	service := fixture.Start(t, nil)
	by := newTap(t, tap.Config{URL: service.URL, QueueRounds: 1})
	answer := &types.AggregationOutcome{}
	asked := observations{0: {unwritable}}
	outcome, err := tapped(t, by, fixed{outcome: answer}).Aggregate(logger.Nop(), nil, asked, 1)
	if outcome != answer || err != nil {
		t.Errorf("expected the inner answer, got %v and %v", outcome, err)
	}
	by.Close()
	expectCounts(t, by, tap.Counts{Failed: 1})
	if rounds := service.Rounds(); len(rounds) != 0 {
		t.Errorf("expected no round, got %+v", rounds)
	}
}

func TestAPanicOfTheAggregatorPassesOneOfTheTap(t *testing.T) {
	by := newTap(t, tap.Config{URL: fixture.Start(t, nil).URL})
	cause := errors.New("of the aggregator")
	around := tapped(t, by, fixed{cause: cause})
	_, came := panicOf(func() { around.Aggregate(logger.Nop(), nil, observations{0: {unwritable}}, 1) })
	if came != cause {
		t.Errorf("expected the cause of the aggregator, got %v", came)
	}
	by.Close()
	expectCounts(t, by, tap.Counts{Failed: 1})
}

func panicOf(do func()) (stack string, cause any) {
	defer func() {
		cause = recover()
		stack = string(debug.Stack())
	}()
	do()
	return "", nil
}

// The capability changes what it gave and got as soon as it has its answer, and may use it again.
func TestWhatTheNodeChangesAfterwardsIsNotPosted(t *testing.T) {
	changed := make(chan struct{})
	service := fixture.Start(t, func(*http.Request) int { <-changed; return 200 })
	by := newTap(t, tap.Config{URL: service.URL})
	previous := &types.AggregationOutcome{LastSeenAt: 6, Metadata: []byte{6}}
	config, event := fixture.Config(), fixture.Event(7)
	asked := observations{0: {event}}
	outcome, err := tappedWith(t, by, real(t), config).Aggregate(logger.Nop(), previous, asked, 1)
	if err != nil {
		t.Fatal(err)
	}
	answered := proto.Clone(outcome)

	previous.LastSeenAt, previous.Metadata[0] = 70, 70
	outcome.LastSeenAt, outcome.Metadata[0] = 70, 70
	event.Underlying["Report"].(*values.Bytes).Underlying[0] ^= 0xff
	event.Underlying["SeqNr"] = values.NewString("changed")
	asked[0][0] = nil
	delete(asked, 0)
	config.Underlying["dataID"] = values.NewString("changed")
	close(changed)
	by.Close()

	r := service.OnlyRound(t)
	expectBytes(t, "config", r.Config, values.ProtoMap(fixture.Config()))
	expectBytes(t, "previousOutcome", r.PreviousOutcome, &types.AggregationOutcome{LastSeenAt: 6, Metadata: []byte{6}})
	expectBytes(t, "outcome", *r.Expect.Results[0].Outcome, answered)
	expectEvent(t, r.Observations["0"][0], fixture.Event(7), nil)
}

func TestRoundsBeyondTheQueueAreDropped(t *testing.T) {
	const queue, asked = 4, 100
	release := make(chan struct{})
	service := fixture.Start(t, func(*http.Request) int { <-release; return 200 })
	by := newTap(t, tap.Config{URL: service.URL, QueueRounds: queue, Workers: 3})
	around := tapped(t, by, real(t))
	for i := range asked {
		around.Aggregate(logger.Nop(), nil, fixture.Observations(4, uint64(i)), 1)
	}
	expectCounts(t, by, tap.Counts{Dropped: asked - queue})

	idle := tapped(t, by, fixed{outcome: &types.AggregationOutcome{}})
	round := fixture.Observations(4, 1)
	if allocated := testing.AllocsPerRun(1000, func() { idle.Aggregate(nil, nil, round, 1) }); allocated != 0 {
		t.Errorf("expected a full queue to cost no allocation, got %v", allocated)
	}
	dropped := by.Counts().Dropped
	close(release)
	by.Close()
	expectCounts(t, by, tap.Counts{Posted: queue, Dropped: dropped})
	if connections := service.Connections.Load(); connections > 3 {
		t.Errorf("expected at most three connections, got %d", connections)
	}
}

func TestRoundsBeyondTheirBytesAreDropped(t *testing.T) {
	release := make(chan struct{})
	service := fixture.Start(t, func(*http.Request) int { <-release; return http.StatusServiceUnavailable })
	by := newTap(t, tap.Config{URL: service.URL})
	around := tapped(t, by, fixed{outcome: &types.AggregationOutcome{}})
	// As base64, three of them are more than 64 MiB.
	large := observations{0: {values.NewBytes(make([]byte, 20<<20))}}
	for range 3 {
		around.Aggregate(logger.Nop(), nil, large, 1)
	}
	for by.Counts().Dropped == 0 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	by.Close()
	expectCounts(t, by, tap.Counts{Dropped: 1, Failed: 2})
}

func TestCloseDropsWhatComesAfterwards(t *testing.T) {
	service := fixture.Start(t, nil)
	by := newTap(t, tap.Config{URL: service.URL})
	around := tapped(t, by, real(t))
	around.Aggregate(logger.Nop(), nil, fixture.Observations(4, 7), 1)
	by.Close()
	by.Close()
	if _, err := around.Aggregate(logger.Nop(), nil, fixture.Observations(4, 8), 1); err != nil {
		t.Error(err)
	}
	expectCounts(t, by, tap.Counts{Posted: 1, Dropped: 1})
}

// A workflow's aggregator is one for all calls, and workflows share a tap.
func TestManyAskAtATimeAndTheCountsAddUp(t *testing.T) {
	const callers, rounds = 8, 50
	service := fixture.Start(t, nil)
	by := newTap(t, tap.Config{URL: service.URL, QueueRounds: 16})
	around := tapped(t, by, fixed{outcome: &types.AggregationOutcome{}})
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range rounds {
				around.Aggregate(logger.Nop(), nil, fixture.Observations(4, uint64(caller*rounds+i)), 1)
			}
			if caller == 0 {
				by.Close()
			}
		}()
	}
	wait.Wait()
	by.Close()
	counts := by.Counts()
	if sum := counts.Posted + counts.Dropped + counts.Failed; sum != callers*rounds || counts.Failed != 0 {
		t.Errorf("expected %d rounds, none of them failed, got %+v", callers*rounds, counts)
	}
	if came := uint64(len(service.Rounds())); came != counts.Posted || came == 0 {
		t.Errorf("expected the service to have the %d rounds posted, got %d", counts.Posted, came)
	}
	if connections := service.Connections.Load(); connections > 2 {
		t.Errorf("expected at most two connections, got %d", connections)
	}
}

func TestTheIDIsTheContent(t *testing.T) {
	service := fixture.Start(t, nil)
	one, another := newTap(t, tap.Config{URL: service.URL}), newTap(t, tap.Config{URL: service.URL})
	same := fixture.Observations(16, 7)
	tapped(t, one, real(t)).Aggregate(logger.Nop(), nil, same, 1)
	tapped(t, another, real(t)).Aggregate(logger.Nop(), nil, same, 1)
	tapped(t, one, fixed{outcome: &types.AggregationOutcome{}}).Aggregate(logger.Nop(), nil, same, 1)
	one.Close()
	another.Close()
	ids := map[string]int{}
	for _, r := range service.Rounds() {
		ids[r.ID]++
	}
	if len(service.Rounds()) != 3 || len(ids) != 2 {
		t.Errorf("expected one id for two nodes that agree and another for one that does not, got %v", ids)
	}
}

func TestObservations(t *testing.T) {
	accounts, err := values.NewList([]any{map[string]any{"PublicKey": make([]byte, 32), "IsWritable": true, "IsSigner": false}})
	if err != nil {
		t.Fatal(err)
	}
	solana := fixture.Config()
	solana.Underlying["solana"] = &values.Map{Underlying: map[string]values.Value{"remaining_accounts": accounts}}
	text := values.NewString("no event")
	for name, c := range map[string]struct {
		config   *values.Map
		wrapped  bool
		given    values.Value
		expected *pb.Value
	}{
		"a bare event is wrapped":                {fixture.Config(), false, fixture.Event(7), wrapperOf(fixture.Event(7), nil)},
		"with the accounts of the configuration": {solana, false, fixture.Event(7), wrapperOf(fixture.Event(7), accounts)},
		"a wrapped event stays":                  {solana, true, fixture.Event(7), values.Proto(fixture.Event(7))},
		"what is no map stays":                   {solana, false, text, values.Proto(text)},
		"nil stays, which crashes an aggregator": {solana, false, nil, &pb.Value{}},
	} {
		t.Run(name, func(t *testing.T) {
			service := fixture.Start(t, nil)
			by := newTap(t, tap.Config{URL: service.URL, WrappedEvents: c.wrapped})
			around := tappedWith(t, by, fixed{outcome: &types.AggregationOutcome{}}, c.config)
			around.Aggregate(logger.Nop(), nil, observations{255: {c.given}}, 1)
			by.Close()
			expectBytes(t, "observation", service.OnlyRound(t).Observations["255"][0], c.expected)
		})
	}
}

func TestOtherAggregatorsAreLeftAlone(t *testing.T) {
	by := newTap(t, tap.Config{URL: "http://127.0.0.1:1"})
	other := fixed{outcome: &types.AggregationOutcome{}}
	refusal := errors.New("refused")
	factory := by.Factory(func(name string, _ values.Map, _ logger.Logger) (types.Aggregator, error) {
		if name == "identical" {
			return other, nil
		}
		return nil, refusal
	})
	if made, err := factory("identical", *fixture.Config(), logger.Nop()); made != other || err != nil {
		t.Errorf("expected the aggregator as it is, got %v and %v", made, err)
	}
	if made, err := factory("secure_mint", *fixture.Config(), logger.Nop()); made != nil || err != refusal {
		t.Errorf("expected the refusal, got %v and %v", made, err)
	}
}

func TestAConfigurationIsRefused(t *testing.T) {
	fine := tap.Config{URL: "http://127.0.0.1:9470", Token: fixture.Token}
	const addressExpected = "tap: URL: expected http://HOST:PORT or https://HOST:PORT, got something else"
	for _, c := range []struct {
		change   func(*tap.Config)
		expected string
	}{
		{func(c *tap.Config) { c.URL = "" }, addressExpected},
		{func(c *tap.Config) { c.URL = "127.0.0.1:9470" }, addressExpected},
		{func(c *tap.Config) { c.URL = "localhost:9470" }, addressExpected},
		{func(c *tap.Config) { c.URL = "ftp://localhost" }, addressExpected},
		{func(c *tap.Config) { c.Token = "" }, "tap: Token: expected the token of the service, got nothing"},
	} {
		config := fine
		c.change(&config)
		if made, err := tap.New(config); made != nil || err == nil || err.Error() != c.expected {
			t.Errorf("%+v: expected %q, got %v", config, c.expected, err)
		}
	}
}

func wrapperOf(event, solana values.Value) *pb.Value {
	members := map[string]*pb.Value{"event": values.Proto(event)}
	if solana != nil {
		members["solana"] = values.Proto(solana)
	}
	return pb.NewMapValue(members)
}

func expectEvent(t *testing.T, bytes []byte, event, solana values.Value) {
	t.Helper()
	expectBytes(t, "observation", bytes, wrapperOf(event, solana))
}

func expectBytes(t *testing.T, what string, bytes []byte, expected proto.Message) {
	t.Helper()
	came := expected.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(bytes, came); err != nil || bytes == nil || !proto.Equal(came, expected) {
		t.Errorf("%s: expected %v, got %v (%v)", what, expected, came, err)
	}
}
