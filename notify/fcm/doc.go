// Package fcm brings a message to a phone through Firebase Cloud Messaging.
//
// It sends data messages, which the app turns into a notification itself, and makes one
// attempt per call. The Firebase library would repeat a request by itself after a lost
// connection or a 503, for up to seven seconds and without saying so. Here its transport
// ends the attempt at that point, so that every repetition is counted, delayed and
// bounded by the router alone.
package fcm
