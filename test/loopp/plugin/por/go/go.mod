module securemint-shadow/test/loopp/plugin/por/go

go 1.22
