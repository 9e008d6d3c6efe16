// Package apns brings a message to a phone through Apple's push notification service.
//
// One [Sender] serves one app in one environment, over connections that stay open. Apple
// opens a connection for one push at a time until it has seen a valid provider token, so
// the first push after connecting goes alone; without that, every push of a burst would
// open a connection of its own, which Apple takes for an attack.
package apns
