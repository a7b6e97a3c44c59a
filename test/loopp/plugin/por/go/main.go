// Command go writes what Go's encoding/json makes of documents that stand for the plugin's messages, one JSON line each:
// the document in base64, whether Go refuses it, and what Go writes of what it read.
//
//	cd test/loopp/plugin/por/go && go run . ../go-json.jsonl
//
// The types are those of docs/spec/por-plugin.md "Types".
package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"strings"
)

type pair struct {
	Block    uint64
	Mintable *big.Int
}

type observation struct {
	QueryResponse map[uint64]pair
	LatestBlocks  map[uint64]uint64
}

type outcome struct {
	ChangedMintables        map[uint64]bool
	LatestAcquiredMintables map[uint64]pair
	HonestBlocks            map[uint64]uint64
}

type config struct{ MaxChains uint32 }

type line struct {
	Kind     string `json:"kind"`
	Document []byte `json:"document"`
	Refused  bool   `json:"refused"`
	Again    string `json:"again,omitempty"`
}

func main() {
	var file strings.Builder
	for _, l := range lines() {
		file.WriteString(text(l) + "\n")
	}
	if err := os.WriteFile(os.Args[1], []byte(file.String()), 0o644); err != nil {
		panic(err)
	}
}

func lines() []line {
	var all []line
	for _, document := range observations {
		all = append(all, read("observation", document, &observation{}))
	}
	for _, document := range outcomes {
		all = append(all, read("outcome", document, &outcome{}))
	}
	for _, document := range configs {
		all = append(all, read("config", document, &config{}))
	}
	random := rand.New(rand.NewSource(1))
	for i := 0; i < 15; i++ {
		o := observation{pairs(random), blocks(random)}
		all = append(all, read("observation", text(o), &observation{}))
		u := outcome{changes(random), pairs(random), blocks(random)}
		all = append(all, read("outcome", text(u), &outcome{}))
	}
	return all
}

func read(kind, document string, into any) line {
	if err := json.Unmarshal([]byte(document), into); err != nil {
		return line{Kind: kind, Document: []byte(document), Refused: true}
	}
	return line{Kind: kind, Document: []byte(document), Again: text(into)}
}

func text(value any) string {
	bytes, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(bytes)
}

func pairs(random *rand.Rand) map[uint64]pair {
	m := map[uint64]pair{}
	for i := random.Intn(5); i > 0; i-- {
		amount := new(big.Int).Rand(random, new(big.Int).Lsh(big.NewInt(1), uint(random.Intn(300)+1)))
		if random.Intn(4) == 0 {
			amount.Neg(amount)
		}
		m[number(random)] = pair{number(random), amount}
	}
	return m
}

func blocks(random *rand.Rand) map[uint64]uint64 {
	m := map[uint64]uint64{}
	for i := random.Intn(5); i > 0; i-- {
		m[number(random)] = number(random)
	}
	return m
}

func changes(random *rand.Rand) map[uint64]bool {
	m := map[uint64]bool{}
	for i := random.Intn(5); i > 0; i-- {
		m[number(random)] = true
	}
	return m
}

// number has any count of bits, so that selectors differ in their digits.
func number(random *rand.Rand) uint64 { return random.Uint64() >> random.Intn(64) }

// latest makes observations that differ in LatestBlocks.
func latest(blocks string) string { return `{"LatestBlocks":` + blocks + `}` }

// response makes observations that differ in QueryResponse.
func response(pairs string) string { return `{"QueryResponse":` + pairs + `}` }

var observations = []string{
	``, ` `, `null`, ` null `, `[]`, `1`, `"a"`, `true`, `{}`, "\ufeff{}", `{} {}`, `{},`, `{"a"}`, `{'a':1}`, `{"a":1,}`,
	`{"LatestBlocks":null,"QueryResponse":null}`,
	"\t{ \"LatestBlocks\" :\r\n{ \"1\" : 2 } } ",
	latest(`{"1":2}`), latest(`{"1":2,"1":3}`), latest(`{"01":2,"1":3}`), latest(`{"1":3,"01":2}`), latest(`{"1":2,"1":null}`),
	latest(`[]`), latest(`""`), latest(`1`), latest(`false`),
	latest(`{"":1}`), latest(`{"+1":1}`), latest(`{"-1":1}`), latest(`{"-0":1}`), latest(`{" 1":1}`), latest(`{"1_0":1}`),
	latest(`{"0x1":1}`), latest(`{"1.0":1}`), latest(`{"1e1":1}`), latest(`{"a":1}`), latest(`{"\u0031":7}`), latest(`{"\u0661":7}`),
	latest(`{"18446744073709551615":1}`), latest(`{"18446744073709551616":1}`), latest(`{"99999999999999999999":1}`),
	latest(`{"000000000000000000000000000000000000018446744073709551615":1}`), latest(`{"0000000000000000000000000000":1}`),
	latest(`{"1":0}`), latest(`{"1":-0}`), latest(`{"1":-1}`), latest(`{"1":1.0}`), latest(`{"1":1e2}`), latest(`{"1":"2"}`), latest(`{"1":true}`),
	latest(`{"1":{}}`), latest(`{"1":[]}`), latest(`{"1":18446744073709551615}`), latest(`{"1":18446744073709551616}`), latest(`{"1":01}`),
	`{"LatestBlocks":{"1":2},"LatestBlocks":{"3":4}}`,
	`{"LatestBlocks":{"1":2},"LatestBlocks":null}`,
	`{"LatestBlocks":{"1":2},"LatestBlocks":null,"latestblocks":{"3":4}}`,
	`{"LatestBlocks":{"1":2},"LATESTBLOCKS":{"1":4}}`,
	`{"lateſtBlocKs":{"1":2}}`, `{"\u004catestBlocks":{"1":2}}`, `{"Latest_Blocks":{"1":2}}`, `{"LatestBlock":{"1":2}}`,
	`{"unknown":{"1":[{"a":null}]},"LatestBlocks":{"1":2},"more":1.5e-7}`,
	"{\"LatestBlocks\":{\"1\":2},\"\xff\":1}", "{\"LatestBlocks\":{\"\xff\":2}}", `{"LatestBlocks":{"\ud800":2}}`,
	response(`{"1":{"Block":2,"Mintable":3}}`), response(`{"1":{"Mintable":3}}`), response(`{"1":{"Block":null,"Mintable":3}}`),
	response(`{"1":{"block":2,"mintable":3}}`), response(`{"1":{"BLOCK":2,"MINTABLE":3}}`), response("{\"1\":{\"Bloc\u212a\":2,\"Mintable\":3}}"),
	response(`{"1":{"Block":2,"Mintable":3},"1":{"Mintable":4}}`), response(`{"1":{"Block":2,"Mintable":3},"2":{"Block":1,"Mintable":-4}}`),
	response(`{"1":{"Block":2,"Block":5,"Mintable":3,"Mintable":6}}`), response(`{"1":{"Block":2,"Mintable":3,"Mintable":null,"Mintable":4}}`),
	response(`{"1":{"Block":2,"Mintable":-0}}`), response(`{"1":{"Block":2,"Mintable":0}}`), response(`{"1":{"Block":2,"Mintable":-5}}`),
	response(`{"1":{"Block":2,"Mintable":1.5}}`), response(`{"1":{"Block":2,"Mintable":1e3}}`), response(`{"1":{"Block":2,"Mintable":"3"}}`),
	response(`{"1":{"Block":2,"Mintable":true}}`), response(`{"1":{"Block":2,"Mintable":[]}}`), response(`{"1":{"Block":2,"Mintable":{}}}`),
	response(`{"1":{"Block":2,"Mintable":007}}`), response(`{"1":{"Block":2,"Mintable":+7}}`), response(`{"1":{"Block":2,"Mintable":-}}`),
	response(`{"1":{"Block":-2,"Mintable":3}}`), response(`{"1":[]}`), response(`{"1":7}`), response(`[{"Block":2,"Mintable":3}]`),
	response(`{"1":{"Block":2,"Mintable":` + strings.Repeat("9", 155) + `}}`), response(`{"1":{"Block":2,"Mintable":-` + strings.Repeat("9", 155) + `}}`),
	`{"QueryResponse":{"1":{"Block":2,"Mintable":3}},"QueryResponse":{"2":{"Block":4,"Mintable":5}}}`,
	`{"QueryResponse":{"1":{"Block":2,"Mintable":3}},"QueryResponse":{"1":{"Mintable":5}}}`,
}

var outcomes = []string{
	``, `null`, `{}`, `[]`, `0`,
	`{"ChangedMintables":{"1":true,"2":true},"LatestAcquiredMintables":null,"HonestBlocks":{"1":2}}`,
	`{"ChangedMintables":{"1":true,"1":null,"2":null}}`, `{"ChangedMintables":{"1":false,"2":true}}`, `{"ChangedMintables":{"1":1}}`,
	`{"ChangedMintables":{"1":"true"}}`, `{"ChangedMintables":{"1":True}}`, `{"ChangedMintables":[1]}`, `{"ChangedMintables":{"x":true}}`,
	`{"ChangedMintables":{"1":true},"ChangedMintables":{"2":true}}`,
	`{"honestblocks":{"10":1,"9":2},"latestacquiredmintables":{"9":{"Block":1,"Mintable":2}}}`,
	`{"HonestBlocks":{"1":1},"HonestBlocks":{"1":"1"}}`, `{"HonestBlocks":true}`,
}

var configs = []string{
	``, `null`, `{}`, `[]`, `5`, `{"MaxChains":5}`, `{"maxchains":5}`, `{"MAXCHAINſ":5}`, `{"MaxChains":null}`, `{"MaxChains":5,"MaxChains":null}`,
	`{"MaxChains":5,"maxChains":6}`, `{"MaxChains":"5"}`, `{"MaxChains":5.0}`, `{"MaxChains":5e0}`, `{"MaxChains":-1}`, `{"MaxChains":-0}`,
	`{"MaxChains":4294967295}`, `{"MaxChains":4294967296}`, `{"MaxChains":99999999999999999999999}`, `{"MaxChains":[5]}`, `{"MaxChains":5} x`,
	`{"max_chains":5}`, fmt.Sprintf(`{"MaxChains":%d,"other":{}}`, 7),
}
