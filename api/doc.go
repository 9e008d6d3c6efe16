// Package api speaks the wire protocol of docs/protocol.md: JSON and WebSocket for
// applications, browsers that wait, and phones. routes.go is its table of contents,
// openapi.yaml its contract, problems.go every error a caller can meet.
//
// A handler reads, calls one verb of the domain, and answers. What a caller may do is
// decided in the domain; here is only decided who the caller is.
package api
