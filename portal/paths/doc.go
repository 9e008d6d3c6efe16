// Package paths has no code: its tests walk the ways of people through the portal in a real
// browser, with a phone, a mailbox, zbarimg and oathtool that know nothing of Aye.
package paths
