// Package app is the one place where things are wired: it reads the settings, opens the
// store, makes the services, and runs the server.
package app
