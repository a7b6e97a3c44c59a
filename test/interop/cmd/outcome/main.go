// Command outcome is a Go host that times Outcome of a reporting plugin.
//
//	outcome -requests FILE [-n ORACLES -f FAULTY] [-calls N] -- PLUGIN [ARGUMENT...]
//
// The lines of the file are {"request": base64 of an OutcomeRequest, "outcome": base64 of the only right answer}. It
// launches the plugin, makes upstream's factory and of that a reporting plugin, checks every answer and prints
// {"requests": N}. Then, for every line on standard input, it makes the next calls, one after the other, and prints
// {"nanoseconds": N}: the median of a call, the encoding of the request and the decoding of the reply included.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"securemint-shadow/test/interop/host"
	"securemint-shadow/test/interop/wire"
	"securemint-shadow/test/oracle/capture"
)

const outcomeMethod = "/loop.internal.pb.ocr3.ReportingPlugin/Outcome"

// callTimeout is the deadline of a call, as the lane's.
const callTimeout = 2 * time.Second

// question is a request with its answer.
type question struct {
	request *wire.OutcomeRequest
	outcome []byte
}

// asker holds the reporting plugin and what is asked of it, over and over.
type asker struct {
	conn      *grpc.ClientConn
	questions []question
	next      int
}

func main() {
	file := flag.String("requests", "", "`file` of requests, JSON lines")
	n := flag.Uint("n", 4, "`number` of oracles")
	f := flag.Uint("f", 1, "`number` of faulty oracles that are tolerated")
	calls := flag.Int("calls", 200, "`number` of calls for a line of input")
	flag.Parse()
	config := &wire.ReportingPluginConfig{ConfigDigest: make([]byte, 32), N: uint32(*n), F: uint32(*f)}
	if err := run(*file, config, *calls, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "outcome:", err)
		os.Exit(1)
	}
}

func run(file string, config *wire.ReportingPluginConfig, calls int, command []string) error {
	if len(command) == 0 || calls < 1 {
		return errors.New("expected a plugin command and -calls 1 or more")
	}
	questions, err := readQuestions(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr})
	plugin, err := host.Launch(command, host.Options{Log: log})
	if plugin != nil {
		defer plugin.End(false)
	}
	if err != nil {
		return err
	}
	conn, err := reportingPlugin(plugin, config)
	if err != nil {
		return err
	}
	a := &asker{conn: conn, questions: questions}
	if err := a.checkAll(); err != nil {
		return err
	}
	return a.serve(calls, os.Stdin, os.Stdout)
}

func readQuestions(file string) ([]question, error) {
	source, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	var questions []question
	err = capture.EachLine(source, func(line []byte) error {
		var read struct{ Request, Outcome []byte }
		if err := json.Unmarshal(line, &read); err != nil {
			return err
		}
		request := &wire.OutcomeRequest{}
		questions = append(questions, question{request, read.Outcome})
		return proto.Unmarshal(read.Request, request)
	})
	if err == nil && len(questions) == 0 {
		err = errors.New("expected requests, got an empty file")
	}
	return questions, err
}

func reportingPlugin(plugin *host.Plugin, config *wire.ReportingPluginConfig) (*grpc.ClientConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	factory, err := plugin.NewUpstream(ctx, noAdapter{})
	if err != nil {
		return nil, err
	}
	return factory.NewReportingPlugin(ctx, config)
}

// noAdapter is served because the service wants one; an outcome needs none.
type noAdapter struct{}

func (noAdapter) GetPayload(context.Context, *wire.Blocks) (*wire.ExternalAdapterPayload, error) {
	return nil, errors.New("an outcome needs no adapter")
}

func (a *asker) checkAll() error {
	for i, q := range a.questions {
		outcome, err := a.ask(q)
		if err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		if !bytes.Equal(outcome, q.outcome) {
			return fmt.Errorf("request %d: expected the outcome %x, got %x", i, q.outcome, outcome)
		}
	}
	return nil
}

func (a *asker) ask(q question) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	reply := &wire.OutcomeReply{}
	err := a.conn.Invoke(ctx, outcomeMethod, q.request, reply)
	return reply.Outcome, err
}

// serve ends when its input does.
func (a *asker) serve(calls int, in io.Reader, out io.Writer) error {
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(map[string]int{"requests": len(a.questions)}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		median, err := a.measure(calls)
		if err != nil {
			return err
		}
		if err := encoder.Encode(map[string]int64{"nanoseconds": median.Nanoseconds()}); err != nil {
			return err
		}
	}
	return nil
}

func (a *asker) measure(calls int) (time.Duration, error) {
	times := make([]time.Duration, calls)
	for i := range times {
		q := a.questions[a.next%len(a.questions)]
		a.next++
		start := time.Now()
		if _, err := a.ask(q); err != nil {
			return 0, err
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[calls/2], nil
}
