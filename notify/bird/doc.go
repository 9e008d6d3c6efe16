// Package bird sends text messages by Bird v1, the successor of MessageBird's classic API.
//
// What is spoken follows the vendor's documentation (bird.com/docs: authentication, errors,
// idempotency, webhooks, migrating from MessageBird classic) and its SDKs bird-sdk-go v0.11 and
// bird-sdk-python v0.30 on GitHub. The documentation has two generations: keys bk_{region}_ with a
// host for each region, which the SDKs speak, and keys bird_live_ with api.bird.com. Both are taken.
//
// Each message has an idempotency key, its reference, for which Bird gives the first answer again, for
// about three hours. So one that was not answered is sent once more, at once and with the same
// bytes, and never otherwise. An answer to the second says of the first only what that key proves.
//
// How long Bird tries cannot be said: validity_period is in the documents and is refused with 422. There is
// no balance for keys either.
package bird
