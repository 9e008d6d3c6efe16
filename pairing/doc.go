// Package pairing is the life of a QR code: how a phone becomes a person's phone.
//
//	open ──▶ paired                                  one phone claimed the code
//	open ──▶ awaiting-code ──▶ paired                profile strict: six digits typed back
//	open ──▶ awaiting-approval ──▶ paired            the person's older phone said yes, or
//	                                                 another factor stood in for it
//	open, awaiting-*, paired ──▶ burned              somebody else had the code too
//	open ◀─▶ expired (until the pairing's end), open ──▶ cancelled
//
// What can never happen: two phones become active by one code; a code works after it was
// renewed, expired, claimed or cancelled; a phone is active before the digits were typed or the
// older phone agreed, where that is asked, or a factor that counts everywhere took its place;
// an application adds a phone to a person who has a second factor already, who lost all by a support case, or who
// belongs to another organisation too; a pairing that was begun before a support case took everything links a phone after it.
package pairing
