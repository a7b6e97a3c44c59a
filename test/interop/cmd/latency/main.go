// Command latency measures Aggregate on two plugins with the same host, wire and rounds, in turns.
//
//	latency -rounds FILE [-blocks N] -- PLUGIN [ARGUMENT...] -- PLUGIN [ARGUMENT...]
//
// Every block goes over the file twice on each plugin, in the order A B B A, first one round a call, then 32. It prints
// one JSON line a plugin: median and 99th percentile of a call with one round, and rounds a second in batches.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"securemint-shadow/test/interop/host"
	"securemint-shadow/test/interop/wire"
)

// Passes over the file before the clock counts: Node compiles what it runs often.
const warmUp = 3

const batch = 32

// contender is one plugin and what was measured of it.
type contender struct {
	command []string
	factory *host.Factory
	calls   []time.Duration
	batched time.Duration
	rounds  int
}

// figures is one line of the output.
type figures struct {
	Plugin                string  `json:"plugin"`
	Calls                 int     `json:"calls"`
	MedianMicroseconds    float64 `json:"medianMicroseconds"`
	P99Microseconds       float64 `json:"p99Microseconds"`
	BatchedRoundsASecond  float64 `json:"batchedRoundsASecond"`
	BatchedRoundsMeasured int     `json:"batchedRoundsMeasured"`
}

func main() {
	rounds := flag.String("rounds", "", "`file` of rounds, JSON lines")
	blocks := flag.Int("blocks", 10, "`number` of blocks")
	flag.Parse()
	if err := run(*rounds, *blocks, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

func run(file string, blocks int, args []string) error {
	cut := slices.Index(args, "--")
	if cut < 1 || cut == len(args)-1 || blocks < 1 {
		return errors.New("expected two plugin commands with -- between them, and -blocks 1 or more")
	}
	executions, err := host.ReadExecutions(file, false)
	if err != nil {
		return err
	}
	if len(executions) == 0 {
		return fmt.Errorf("%s: expected rounds, got an empty file", file)
	}
	contenders := []*contender{{command: args[:cut]}, {command: args[cut+1:]}}
	for _, c := range contenders {
		plugin, err := c.launch()
		if plugin != nil {
			defer plugin.End(false)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", c.command, err)
		}
	}
	return measureAll(contenders, executions, blocks)
}

func (c *contender) launch() (*host.Plugin, error) {
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr})
	plugin, err := host.Launch(c.command, host.Options{Log: log})
	if err != nil {
		return plugin, err
	}
	c.factory, err = plugin.NewFactory(context.Background(), &wire.NewSecureMintFactoryRequest{})
	return plugin, err
}

func measureAll(contenders []*contender, executions []*wire.Execution, blocks int) error {
	turns := []*contender{contenders[0], contenders[1], contenders[1], contenders[0]}
	for pass := range warmUp + blocks {
		if pass == warmUp {
			for _, c := range contenders {
				*c = contender{command: c.command, factory: c.factory}
			}
		}
		for _, c := range turns {
			if err := c.measure(executions); err != nil {
				return fmt.Errorf("%v: %w", c.command, err)
			}
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	for _, c := range contenders {
		if err := encoder.Encode(c.figures()); err != nil {
			return err
		}
	}
	return nil
}

func (c *contender) measure(executions []*wire.Execution) error {
	ctx := context.Background()
	for i := range executions {
		start := time.Now()
		if _, err := c.factory.Aggregate(ctx, executions[i:i+1]); err != nil {
			return err
		}
		c.calls = append(c.calls, time.Since(start))
	}
	start := time.Now()
	for chunk := range slices.Chunk(executions, batch) {
		if _, err := c.factory.Aggregate(ctx, chunk); err != nil {
			return err
		}
	}
	c.batched += time.Since(start)
	c.rounds += len(executions)
	return nil
}

func (c *contender) figures() figures {
	sorted := slices.Sorted(slices.Values(c.calls))
	return figures{
		Plugin:                fmt.Sprint(c.command),
		Calls:                 len(sorted),
		MedianMicroseconds:    microseconds(sorted[len(sorted)/2]),
		P99Microseconds:       microseconds(sorted[len(sorted)*99/100]),
		BatchedRoundsASecond:  float64(c.rounds) / c.batched.Seconds(),
		BatchedRoundsMeasured: c.rounds,
	}
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
