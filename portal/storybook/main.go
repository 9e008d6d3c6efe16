package main

import (
	"flag"
	"log/slog"
	"net/http"
	"os"
	"time"
)

func main() {
	address := flag.String("listen", "localhost:8099", "where the pages are served")
	flag.Parse()
	if err := run(*address); err != nil {
		slog.Error("the storybook ended", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(address string) error {
	pages, err := handler()
	if err != nil {
		return err
	}
	slog.Info("the storybook is open", slog.String("address", "http://"+address))
	server := &http.Server{Addr: address, Handler: pages, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}
