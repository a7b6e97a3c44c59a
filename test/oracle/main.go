// Command oracle answers rounds with the real Secure Mint aggregator of chainlink-common v0.9.4.
//
//	oracle [-repeat N] < ROUNDS
//
// reads rounds as JSON lines (docs/captures.md) whose observations are bare events, and writes one line for each, in
// order: {"id", "outcome": base64 of the deterministic bytes}, {"id", "error": text}, {"id", "panic": text}, or
// {"id", "invalid": text} when a node could not have decoded the bytes. With -repeat every round is answered N times
// and the line is {"id", "answers": [...]}, the distinct ones: the order of Go's maps decides between them.
//
//	oracle -bench ROUNDS [-block N]
//
// times the aggregator: see bench.go.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"securemint-shadow/test/oracle/capture"
)

func main() {
	repeat := flag.Int("repeat", 0, "answer every round this many `times` and list the distinct answers")
	bench := flag.String("bench", "", "time the rounds of this `file`, one block for each line \"go\" on standard input")
	block := flag.Int("block", 1, "passes over the file in one block")
	flag.Parse()
	if err := run(*repeat, *bench, *block); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(repeat int, bench string, block int) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("expected rounds on standard input, got the argument %q", flag.Arg(0))
	}
	if repeat < 0 || block < 1 {
		return fmt.Errorf("expected -repeat 0 or more and -block 1 or more, got %d and %d", repeat, block)
	}
	out := bufio.NewWriter(os.Stdout)
	if bench != "" {
		return runBench(bench, block, os.Stdin, out)
	}
	return answerAll(os.Stdin, out, repeat)
}

type oneAnswer struct {
	ID string `json:"id"`
	answer
}

type allAnswers struct {
	ID      string   `json:"id"`
	Answers []answer `json:"answers"`
}

func answerAll(in io.Reader, out *bufio.Writer, repeat int) error {
	encoder := newEncoder(out)
	return capture.EachLine(in, func(line []byte) error {
		r, err := capture.ParseRound(line)
		if err != nil {
			return err
		}
		answers := answerRound(r, max(repeat, 1))
		if repeat > 0 {
			err = encoder.Encode(allAnswers{r.ID, answers})
		} else {
			err = encoder.Encode(oneAnswer{r.ID, answers[0]})
		}
		return errors.Join(err, out.Flush())
	})
}

func newEncoder(out io.Writer) *json.Encoder {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder
}
