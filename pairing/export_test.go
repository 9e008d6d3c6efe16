package pairing

// ReadClaim verifies a claim.
var ReadClaim = readClaim
