// Command host is a Go host of a Secure Mint LOOPP, built on go-plugin with chainlink's settings.
//
//	host [FLAGS] -- PLUGIN [ARGUMENT...]
//
// launches the plugin, pings it, dispenses it, makes a factory, asks for its health, has the rounds of a file answered,
// closes the factory, makes another and ends the plugin. It prints {"id", "outcome": base64} or {"id", "error": text} for each round, in order, and last
// {"report": ...} with everything else that happened. The exit code is 1 when something failed; the report's "error"
// says what.
package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/protobuf/proto"

	"securemint-shadow/test/interop/host"
	"securemint-shadow/test/interop/wire"
)

// settings are the flags.
type settings struct {
	launch     host.Options
	config     *wire.SecureMintConfig
	rounds     string
	batch      int
	bare       bool
	closeTwice bool
	verbose    bool
}

// report is the last line.
type report struct {
	// Request is the factory request in hex, as it went over the wire.
	Request      string            `json:"request"`
	FactoryID    uint32            `json:"factoryID"`
	Ready        bool              `json:"ready"`
	HealthReport map[string]string `json:"healthReport"`
	// ReadyAfterClose tells whether the factory answers after loop.Service/Close.
	ReadyAfterClose bool `json:"readyAfterClose"`
	// SecondFactoryID is that of the factory made after the first was closed.
	SecondFactoryID uint32       `json:"secondFactoryID"`
	Error           string       `json:"error,omitempty"`
	Ending          *host.Ending `json:"ending"`
}

func main() {
	s, command, err := parseFlags()
	if err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(2)
	}
	var r report
	if err := run(s, command, &r); err != nil {
		r.Error = err.Error()
	}
	printLine(map[string]report{"report": r})
	if r.Error != "" {
		os.Exit(1)
	}
}

func parseFlags() (settings, []string, error) {
	var s settings
	flag.BoolVar(&s.launch.PlanCookie, "plan-cookie", false, "send the migration plan's magic cookie")
	flag.BoolVar(&s.launch.Multiplex, "multiplex", false, "ask for multiplexed brokered connections")
	flag.BoolVar(&s.launch.AutoMTLS, "auto-mtls", false, "ask for TLS")
	flag.Func("env", "`NAME=VALUE` for the plugin; may be repeated", func(text string) error {
		s.launch.Environment = append(s.launch.Environment, text)
		return nil
	})
	flag.Func("versions", "offer these `versions`, as 0,1", func(text string) error {
		for part := range strings.SplitSeq(text, ",") {
			version, err := strconv.Atoi(part)
			if err != nil {
				return err
			}
			s.launch.Versions = append(s.launch.Versions, version)
		}
		return nil
	})
	selector := flag.Uint64("selector", 0, "target chain `selector` of the factory's configuration; 0: it has none")
	dataID := flag.String("data-id", "", "data id of the factory's configuration")
	revision := flag.String("revision", "", "revision of the factory's configuration")
	flag.StringVar(&s.rounds, "rounds", "", "answer the rounds of this `file` of JSON lines")
	flag.IntVar(&s.batch, "batch", 1, "rounds in one call")
	flag.BoolVar(&s.bare, "bare", false, "send rounds without configuration and revision")
	flag.BoolVar(&s.closeTwice, "close-twice", false, "end the plugin as chainlink does")
	flag.BoolVar(&s.verbose, "verbose", false, "log everything")
	flag.Parse()
	if flag.NArg() == 0 || s.batch < 1 {
		return s, nil, errors.New("expected a plugin command and -batch 1 or more")
	}
	if *selector != 0 {
		// int64 on the wire: above 2^63-1 its two's complement.
		s.config = &wire.SecureMintConfig{
			TargetChainSelector: int64(*selector), DataID: *dataID, Revision: *revision,
		}
	}
	level := hclog.Warn
	if s.verbose {
		level = hclog.Trace
	}
	s.launch.Log = hclog.New(&hclog.LoggerOptions{Name: "host", Level: level, Output: os.Stderr})
	return s, flag.Args(), nil
}

func run(s settings, command []string, r *report) error {
	executions, err := readRounds(s)
	if err != nil {
		return err
	}
	plugin, err := host.Launch(command, s.launch)
	if plugin != nil {
		defer func() {
			ending := plugin.End(s.closeTwice)
			r.Ending = &ending
		}()
	}
	if err != nil {
		return err
	}
	return use(plugin, s, executions, r)
}

func readRounds(s settings) ([]*wire.Execution, error) {
	if s.rounds == "" {
		return nil, nil
	}
	return host.ReadExecutions(s.rounds, s.bare)
}

func use(plugin *host.Plugin, s settings, executions []*wire.Execution, r *report) error {
	ctx := context.Background()
	request := &wire.NewSecureMintFactoryRequest{Config: s.config}
	bytes, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	r.Request = hex.EncodeToString(bytes)
	factory, err := plugin.NewFactory(ctx, request)
	if err != nil {
		return err
	}
	r.FactoryID = factory.ID
	if err := factory.Ready(ctx); err != nil {
		return fmt.Errorf("Ready: %w", err)
	}
	r.Ready = true
	if r.HealthReport, err = factory.HealthReport(ctx); err != nil {
		return fmt.Errorf("HealthReport: %w", err)
	}
	if err := answerAll(ctx, factory, executions, s.batch); err != nil {
		return err
	}
	if err := factory.Close(ctx); err != nil {
		return fmt.Errorf("Close: %w", err)
	}
	r.ReadyAfterClose = staysReady(ctx, factory)
	second, err := plugin.NewFactory(ctx, request)
	if err != nil {
		return fmt.Errorf("second factory: %w", err)
	}
	r.SecondFactoryID = second.ID
	return second.Ready(ctx)
}

// staysReady looks for a while: a plugin may close the factory's connection after its reply.
func staysReady(ctx context.Context, factory *host.Factory) bool {
	for range 50 {
		if factory.Ready(ctx) != nil {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

func answerAll(ctx context.Context, factory *host.Factory, executions []*wire.Execution, batch int) error {
	for start := 0; start < len(executions); start += batch {
		chunk := executions[start:min(start+batch, len(executions))]
		results, err := factory.Aggregate(ctx, chunk)
		if err != nil {
			return fmt.Errorf("Aggregate from round %s on: %w", chunk[0].Id, err)
		}
		if len(results) != len(chunk) {
			return fmt.Errorf("Aggregate: expected %d results, got %d", len(chunk), len(results))
		}
		for _, result := range results {
			printLine(answer(result))
		}
	}
	return nil
}

func answer(result *wire.Result) map[string]string {
	line := map[string]string{"id": result.Id}
	switch given := result.Answer.(type) {
	case *wire.Result_Outcome:
		line["outcome"] = base64.StdEncoding.EncodeToString(given.Outcome)
	case *wire.Result_Error:
		line["error"] = given.Error
	}
	return line
}

func printLine(line any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		panic(err)
	}
}
