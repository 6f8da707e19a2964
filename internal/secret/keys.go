package secret

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
	"sync"
)

// ErrSealed means that a sealed secret cannot be opened: it was changed, was sealed for another
// purpose, or its key is no longer in the key file.
var ErrSealed = errors.New("secret: a sealed value does not open with the keys at hand")

const (
	masterBytes     = 32      // of a key in the file
	maxKeyFileBytes = 1 << 20 // more is not a key file
	sealFormat      = 1       // first byte of a sealed value
)

// masterKey is one line of the key file.
type masterKey struct {
	id      string
	master  []byte
	signing *sync.Map // purpose -> []byte
}

// Keys are the keys of the key file. The first one seals and signs; the others still open what was
// sealed and signed before. To change the key, add a new line at the top; a line may be removed
// when nothing sealed with it is left.
//
// No key has two uses: each purpose, for sealing and for signing, has its own key by HKDF-SHA-256,
// so a value of one purpose is refused by all the others. A purpose is a short fixed word such as
// "totp-seed", never input; one for sealing may end in the ID of the row.
type Keys struct {
	keys []masterKey
}

// LoadKeys reads the key file. On Unix it refuses one that its group or others may read, but for a
// credential of the service manager: an access list gives that to our user, and shows as rights of a
// group that nobody else is in. The error
// names the file, and the line if there is one; it never contains any part of a key.
func LoadKeys(path string) (*Keys, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 && !(isCredential(path) && mode&0o037 == 0) {
		return nil, fmt.Errorf("key file %s: its mode is %04o, which lets others than its owner at it; make it 0600 or 0400", path, mode)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxKeyFileBytes))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	keys, err := ParseKeys(data)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return keys, nil
}

// isCredential reports whether the service manager handed the file over.
func isCredential(path string) bool {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	return folder != "" && filepath.Dir(path) == filepath.Clean(folder)
}

// String keeps the keys out of logs.
func (k *Keys) String() string { return fmt.Sprintf("secret.Keys(%d)", len(k.keys)) }

// GoString keeps the keys out of logs written with %#v.
func (k *Keys) GoString() string { return k.String() }

var keyID = pattern(`^[A-Za-z0-9._-]{1,32}$`)

// ParseKeys reads the content of a key file: lines of an identifier, a blank and the base64 of 32
// random bytes; it ignores empty lines and lines that begin with #. The error names the line.
func ParseKeys(data []byte) (*Keys, error) {
	keys := &Keys{}
	seen := map[string]int{}
	for i, line := range bytes.Split(data, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, err := parseKeyLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		for _, sameThing := range []string{"id " + key.id, "key " + string(key.master)} {
			if first, twice := seen[sameThing]; twice {
				return nil, fmt.Errorf("line %d: the identifier or the key is the same as in line %d", i+1, first)
			}
			seen[sameThing] = i + 1
		}
		keys.keys = append(keys.keys, key)
	}
	if len(keys.keys) == 0 {
		return nil, errors.New("there is no key in it")
	}
	return keys, nil
}

func parseKeyLine(line []byte) (masterKey, error) {
	fields := bytes.Fields(line)
	if len(fields) != 2 {
		return masterKey{}, errors.New("expected an identifier, a blank and a key")
	}
	if !keyID().Match(fields[0]) {
		return masterKey{}, errors.New("the identifier may have 1 to 32 letters, digits, dots, hyphens and underscores")
	}
	master, err := base64.StdEncoding.Strict().DecodeString(string(fields[1]))
	if err != nil {
		return masterKey{}, errors.New("the key is not base64")
	}
	if len(master) != masterBytes {
		return masterKey{}, fmt.Errorf("the key has %d bytes, expected %d", len(master), masterBytes)
	}
	return masterKey{id: string(fields[0]), master: master, signing: new(sync.Map)}, nil
}

// NewKeyFile returns the content of a key file with one new key. The caller
// writes it with mode 0600 and never over an old one.
func NewKeyFile() []byte {
	id, master := make([]byte, 4), make([]byte, masterBytes)
	rand.Read(id) // never fails: the program would end
	rand.Read(master)
	return fmt.Appendf(nil, `# Keys of Gatehouse. Keep a copy apart from the backup of the database:
# without this file, what the database holds sealed is lost.
# The first key seals; older ones below it still open. To change the key,
# put a new line on top: an identifier and the base64 of 32 random bytes.
# With several processes it goes to the end on every machine first.
k%s %s
`, hex.EncodeToString(id), base64.StdEncoding.EncodeToString(master))
}

// Seal encrypts plaintext for storage, so only Open with the same purpose can read it and nobody
// can change it unnoticed (ASVS 11.3.3). It uses XChaCha20-Poly1305, whose random nonce of 24
// bytes never repeats (ASVS 11.3.4). The output is a format byte, the key's identifier, the nonce
// and the ciphertext: 42 bytes and the identifier more than the plaintext.
//
// A value is not bound to its row: somebody who can write to the database can move it to another
// row of the same purpose. If that matters, put the row's ID into the purpose.
func (k *Keys) Seal(purpose string, plaintext []byte) ([]byte, error) {
	current := k.keys[0]
	aead, err := current.aead(purpose)
	if err != nil {
		return nil, err
	}
	header := append([]byte{sealFormat, byte(len(current.id))}, current.id...)
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	sealed := append(bytes.Clone(header), nonce...)
	return aead.Seal(sealed, nonce, plaintext, sealContext(purpose, header)), nil
}

// Open returns what Seal was given. It returns ErrSealed if the value was changed, belongs to
// another purpose, or needs a missing key; the last error names the key.
func (k *Keys) Open(purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != sealFormat || len(sealed) < 2+int(sealed[1])+chacha20poly1305.NonceSizeX {
		return nil, ErrSealed
	}
	header, rest := sealed[:2+int(sealed[1])], sealed[2+int(sealed[1]):]
	nonce, ciphertext := rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:]
	for _, key := range k.keys {
		if key.id != string(header[2:]) {
			continue
		}
		aead, err := key.aead(purpose)
		if err != nil {
			return nil, err
		}
		plaintext, err := aead.Open(nil, nonce, ciphertext, sealContext(purpose, header))
		if err != nil {
			return nil, ErrSealed
		}
		return plaintext, nil
	}
	return nil, fmt.Errorf("%w: the key file has no key %q", ErrSealed, header[2:])
}

// KeyOf returns the identifier of the key that sealed a value, as its beginning says; empty if it
// was not sealed.
func KeyOf(sealed []byte) string {
	if len(sealed) < 2 || sealed[0] != sealFormat || len(sealed) < 2+int(sealed[1]) {
		return ""
	}
	return string(sealed[2 : 2+int(sealed[1])])
}

// Has reports whether the key file has a key with this identifier.
func (k *Keys) Has(id string) bool {
	return slices.ContainsFunc(k.keys, func(key masterKey) bool { return key.id == id })
}

// sealContext is the additional data: the purpose, and the header as stored.
func sealContext(purpose string, header []byte) []byte {
	return lengthPrefixed(purpose, string(header))
}

// MAC returns a keyed hash (HMAC-SHA-256, base64url, 43 characters) of parts, for short secrets
// that the database must not reveal, such as codes: without the key file nobody can try all
// million of them. The boundaries of the parts count: MAC(p, "a", "b") differs from MAC(p, "ab")
// and from MAC(p, "a", "b", "").
func (k *Keys) MAC(purpose string, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(k.keys[0].mac(purpose, parts))
}

// StableMAC is MAC under the oldest key of the file: it stays the same when a new key is added at
// the top, for values whose change users would notice.
func (k *Keys) StableMAC(purpose string, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(k.keys[len(k.keys)-1].mac(purpose, parts))
}

// CheckMAC reports whether mac is the MAC of parts under any key of the file. Its time depends
// neither on where mac differs nor on which key fits.
func (k *Keys) CheckMAC(purpose, mac string, parts ...string) bool {
	got, err := base64.RawURLEncoding.Strict().DecodeString(mac)
	if err != nil {
		return false
	}
	fits := false
	for _, key := range k.keys {
		if hmac.Equal(got, key.mac(purpose, parts)) {
			fits = true
		}
	}
	return fits
}

func (k masterKey) aead(purpose string) (cipher.AEAD, error) {
	return chacha20poly1305.NewX(k.subkey("seal", purpose))
}

// mac caches the subkeys, because deriving one takes twice as long as the MAC of a form's token,
// which each page with a form needs. There are only as many as there are purposes. Sealing keys
// are derived each time: their purpose may name a user.
func (k masterKey) mac(purpose string, parts []string) []byte {
	key, made := k.signing.Load(purpose)
	if !made {
		key, _ = k.signing.LoadOrStore(purpose, k.subkey("mac", purpose))
	}
	h := hmac.New(sha256.New, key.([]byte))
	h.Write(lengthPrefixed(parts...))
	return h.Sum(nil)
}

// subkey derives the 32-byte key for one use and purpose.
func (k masterKey) subkey(use, purpose string) []byte {
	info := string(lengthPrefixed("gatehouse", use, purpose))
	key, err := hkdf.Key(sha256.New, k.master, nil, info, 32)
	if err != nil { // only for lengths that HKDF cannot make
		panic("secret: no subkey: " + err.Error())
	}
	return key
}

// lengthPrefixed encodes parts so that different parts never give the same bytes.
func lengthPrefixed(parts ...string) []byte {
	var out []byte
	for _, part := range parts {
		out = binary.BigEndian.AppendUint64(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// addressMAC is how long a MAC in an email address is: 128 bits, since there is only room for 64
// characters before the @.
const addressMAC = 16

// AddressMAC is a MAC in letters and digits without case, for an email address.
func (k *Keys) AddressMAC(purpose string, parts ...string) string {
	return addressLetters(k.keys[0].mac(purpose, parts))
}

func addressLetters(sum []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:addressMAC]))
}

// CheckAddressMAC reports whether mac is an AddressMAC of parts under any key of the file, however mail
// systems have changed its case. Its time depends neither on where mac differs nor on which key fits.
func (k *Keys) CheckAddressMAC(purpose, mac string, parts ...string) bool {
	fits := false
	for _, key := range k.keys {
		if hmac.Equal([]byte(strings.ToLower(mac)), []byte(addressLetters(key.mac(purpose, parts)))) {
			fits = true
		}
	}
	return fits
}
