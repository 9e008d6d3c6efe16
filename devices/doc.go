// Package devices knows the paired phones: their keys, the proof that comes with each of
// their calls, and the address to which a push is sent.
//
// A phone has two keys. The device key signs its calls, and a refusal on a locked screen;
// the approval key, behind biometrics or a PIN, is the only one that can approve. A device is
// pending until its pairing is complete, then active, then removed for good.
//
// What can never happen: a call of a removed phone is believed, however it was removed and whenever the call was signed; a proof that changes
// something works twice; two removals at once leave a person, who is to keep a second factor,
// without one; an address is forgotten because Apple or Google spoke of an
// older one.
package devices
