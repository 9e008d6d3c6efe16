package emulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// heartbeat keeps proxies and browsers from giving up on a quiet stream.
const heartbeat = 15 * time.Second

// controls are scripts over HTTP, and the routes. Any page may use them: a pretend phone
// in a browser comes from another origin.
func (s *stand) controls(routes func(*http.ServeMux)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /script", s.takeScript)
	routes(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		header.Set("Access-Control-Allow-Headers", "Content-Type, Last-Event-ID")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// routes are the inboxes over HTTP.
func (s *pushStand) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /inbox/{address}", s.streamInbox)
	mux.HandleFunc("GET /deliveries", s.streamDeliveries)
}

func (s *pushStand) streamInbox(w http.ResponseWriter, r *http.Request) {
	last, err := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	if err != nil {
		last = 0
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		news, changed := s.after(r.PathValue("address"), last)
		for _, delivery := range news {
			text, err := json.Marshal(delivery)
			if err != nil {
				return
			}
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", delivery.Number, text)
			last = delivery.Number
		}
		if stream.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		case <-s.ended.Done():
			return
		}
	}
}

func (s *stand) takeScript(w http.ResponseWriter, r *http.Request) {
	var script struct {
		Address    string      `json:"address"`
		Behaviours []Behaviour `json:"behaviours"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&script); err != nil {
		http.Error(w, "not a script: "+err.Error(), http.StatusBadRequest)
		return
	}
	s.Script(script.Address, script.Behaviours...)
	w.WriteHeader(http.StatusNoContent)
}
