package gatehouse

import "slices"

// Passkey is a factor of the kind passkey: a key whose private half is with the user, on a device
// or with a provider that syncs it. Nothing in it is secret.
type Passkey struct {
	Factor
	// CredentialID is its ID for browsers and devices, in base64url.
	CredentialID string
	// Handle is the user handle: random bytes in base64url, the same for all passkeys of one user,
	// which reveal nothing about the user (WebAuthn 14.6.1).
	Handle string
	// PublicKey is in COSE format.
	PublicKey []byte
	// SignCount is the device's counter; most synced passkeys always send 0.
	SignCount uint32
	// Model is the model of the device or provider (AAGUID); empty or zeros: not given.
	Model string
	// Transports are the ways to reach it, such as "internal", "usb" and "hybrid".
	Transports []string
	// Syncable: it may be on several devices; that never changes. BackedUp: it is, as far as we
	// know.
	Syncable, BackedUp bool
	// Verified: it verified its user, by a PIN, a finger or a face, when it was created.
	Verified bool
}

// The places where passkeys are kept; the texts are passkeys.kept_….
const (
	KeptSynced  = "synced"  // on all devices of the user
	KeptNotYet  = "not-yet" // it can be synced, and is on one device so far
	KeptKey     = "key"     // on a portable key
	KeptDevice  = "device"  // on this device
	KeptUnknown = "one"     // on one device or key; it does not say which
)

// KeptWhere says where a passkey is.
func (k Passkey) KeptWhere() string {
	switch {
	case k.Syncable && k.BackedUp:
		return KeptSynced
	case k.Syncable:
		return KeptNotYet
	case slices.Contains(k.Transports, "usb"), slices.Contains(k.Transports, "nfc"), slices.Contains(k.Transports, "ble"):
		return KeptKey
	case slices.Contains(k.Transports, "internal"):
		return KeptDevice
	}
	return KeptUnknown
}

// Method is what a passkey proves. With user verification, it proves as much as a password with a
// factor. A passkey that may be on several devices is a separate method, because tokens say so (SP
// 800-63B-4 Appendix B).
func (k Passkey) Method(verified bool) Method {
	switch {
	case verified && k.Syncable:
		return MethodVerifiedSyncedPasskey
	case verified:
		return MethodVerifiedPasskey
	case k.Syncable:
		return MethodSyncedPasskey
	}
	return MethodPasskey
}

// MaxCredentialID is the maximum length of a passkey's ID, in bytes (WebAuthn 7.1 step 25).
const MaxCredentialID = 1023

// Maker returns who makes or keeps passkeys of a model, if it is a common one; empty: unknown. The
// names are the familiar ones, and belong to others.
func (k Passkey) Maker() string { return passkeyMakers[k.Model] }

var passkeyMakers = map[string]string{
	"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
	"adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
	"771b48fd-d3d4-4f74-9232-fc157ab0507a": "Edge on Mac",
	"d3452668-01fd-4c12-926c-83a4204853aa": "Microsoft Password Manager",
	"08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
	"9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
	"6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
	"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain",
	"dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "iCloud Keychain",
	"53414d53-554e-4700-0000-000000000000": "Samsung Pass",
	"531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
	"bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
	"b84e4048-15dc-4dd0-8640-f4f60813c8af": "NordPass",
	"0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": "Keeper",
	"f3809540-7f14-49c1-a8b3-8f813b225541": "Enpass",
	"d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
	"50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
	"fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
	"cb69481e-8ff7-4039-93ec-0a2729a154a8": "YubiKey 5",
	"ee882879-721c-4913-9775-3dfcce97072a": "YubiKey 5",
	"2fc0579f-8113-47ea-b116-bb5a8db9202a": "YubiKey 5 NFC",
	"c5ef55ff-ad9a-4b9f-b580-adebafe026d0": "YubiKey 5Ci",
}
