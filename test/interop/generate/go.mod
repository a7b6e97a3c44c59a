// Makes ../wire/*.pb.go. After a change: go mod tidy
module securemint-shadow/test/interop/generate

go 1.24.5

require (
	github.com/bufbuild/protocompile v0.14.1
	google.golang.org/protobuf v1.36.7
)

require golang.org/x/sync v0.8.0 // indirect
