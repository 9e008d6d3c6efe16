package api

import "sync"

// writeBuffers is shared by all WebSockets: a page that waits writes nothing for minutes.
var writeBuffers = new(sync.Pool)
