// Command generate makes the Go code of the messages in ../wire from the published .proto files:
//
//	cd test/interop/generate && go run . [FOLDER]
//
// writes them to ../wire or elsewhere. Nothing but Go modules is needed. The result is committed, so that building host and plugin generates nothing.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// stubs stand for the files of others that ours import: only the names of the messages matter here, the generated code
// refers to chainlink's own.
var stubs = map[string]string{
	"values.proto":     `syntax = "proto3"; package values.v1; message List {}`,
	"ocr3_types.proto": `syntax = "proto3"; package ocr3_types; message Id {}`,
}

// goPackages maps each .proto file to the Go package its code belongs to.
var goPackages = map[string]string{
	"securemint.proto":       "securemint-shadow/test/interop/wire",
	"loop.proto":             "securemint-shadow/test/interop/wire",
	"ocr3.proto":             "securemint-shadow/test/interop/wire",
	"external_adapter.proto": "securemint-shadow/test/interop/wire",
	"values.proto":           "github.com/smartcontractkit/chainlink-protos/cre/go/values/pb",
	"ocr3_types.proto":       "github.com/smartcontractkit/chainlink-common/pkg/capabilities/consensus/ocr3/types",
}

func main() {
	folder := "../wire"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := generate(folder, "securemint.proto", "loop.proto", "ocr3.proto", "external_adapter.proto"); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(folder string, files ...string) error {
	descriptors, err := compile(files)
	if err != nil {
		return err
	}
	var parameters []string
	for file, goPackage := range goPackages {
		parameters = append(parameters, "M"+file+"="+goPackage)
	}
	plugin, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: files,
		Parameter:      proto.String(strings.Join(parameters, ",")),
		ProtoFile:      descriptors,
	})
	if err != nil {
		return err
	}
	for _, file := range plugin.Files {
		if file.Generate {
			internal_gengo.GenerateFile(plugin, file)
		}
	}
	return write(folder, plugin.Response())
}

// compile reads the files and answers their descriptors, those that they import first.
func compile(files []string) ([]*descriptorpb.FileDescriptorProto, error) {
	resolver := protocompile.CompositeResolver{
		&protocompile.SourceResolver{ImportPaths: []string{"../../../loopp/wire/proto"}},
		&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(stubs)},
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(resolver),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(context.Background(), files...)
	if err != nil {
		return nil, err
	}
	var descriptors []*descriptorpb.FileDescriptorProto
	seen := map[string]bool{}
	for _, file := range compiled {
		descriptors = withImports(descriptors, file, seen)
	}
	return descriptors, nil
}

func withImports(
	before []*descriptorpb.FileDescriptorProto, file protoreflect.FileDescriptor, seen map[string]bool,
) []*descriptorpb.FileDescriptorProto {
	if seen[file.Path()] {
		return before
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		before = withImports(before, file.Imports().Get(i).FileDescriptor, seen)
	}
	return append(before, protoutil.ProtoFromFileDescriptor(file))
}

func write(folder string, response *pluginpb.CodeGeneratorResponse) error {
	if response.Error != nil {
		return fmt.Errorf("%s", response.GetError())
	}
	for _, file := range response.File {
		path := filepath.Join(folder, filepath.Base(file.GetName()))
		if err := os.WriteFile(path, []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
