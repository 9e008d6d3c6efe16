package bare

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Key is a public P-256 key as a JWK. The struct is the JSON form.
type Key struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// NewKey gives the JWK of a P-256 public key.
func NewKey(public *ecdsa.PublicKey) (Key, error) {
	point, err := public.Bytes() // 4, X, Y
	if err != nil || public.Curve != elliptic.P256() {
		return Key{}, fmt.Errorf("bare: not a P-256 key: %w", err)
	}
	return Key{KTY: "EC", CRV: "P-256", X: base64url.EncodeToString(point[1:33]), Y: base64url.EncodeToString(point[33:])}, nil
}

func (k Key) public() (*ecdsa.PublicKey, error) {
	x, errX := base64url.DecodeString(k.X)
	y, errY := base64url.DecodeString(k.Y)
	if err := errors.Join(errX, errY); err != nil {
		return nil, err
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
}

func (k Key) thumbprint() string {
	return hash([]byte(`{"crv":"` + k.CRV + `","kty":"` + k.KTY + `","x":"` + k.X + `","y":"` + k.Y + `"}`))
}

// Person is one person with one phone: a line of the people file.
type Person struct {
	Membership  string `json:"membership"`
	Device      string `json:"device"`
	DeviceKey   Key    `json:"device_key"`
	ApprovalKey Key    `json:"approval_key"`
	Address     string `json:"address"` // for pushes
}

// WritePeople writes the people file: one JSON object a line.
func WritePeople(path string, people []Person) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the caller names the file
	if err != nil {
		return err
	}
	buffer := bufio.NewWriter(file)
	encoder := json.NewEncoder(buffer)
	for _, p := range people {
		err = errors.Join(err, encoder.Encode(p))
	}
	return errors.Join(err, buffer.Flush(), file.Close())
}

// phone is a person with keys that are ready for use.
type phone struct {
	Person

	deviceKey, approvalKey *ecdsa.PublicKey
}

// people are found by membership and by device.
type people struct{ byMembership, byDevice map[string]*phone }

func readPeople(path string) (people, error) {
	all := people{map[string]*phone{}, map[string]*phone{}}
	file, err := os.Open(path) //nolint:gosec // the caller names the file
	if err != nil {
		return all, err
	}
	defer file.Close()
	for decoder := json.NewDecoder(bufio.NewReader(file)); ; {
		p := &phone{}
		err = decoder.Decode(&p.Person)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err == nil {
			p.deviceKey, err = p.DeviceKey.public()
		}
		if err == nil {
			p.approvalKey, err = p.ApprovalKey.public()
		}
		if err != nil {
			return all, fmt.Errorf("bare: people file %s, after %d people: %w", path, len(all.byDevice), err)
		}
		all.byMembership[p.Membership], all.byDevice[p.Device] = p, p
	}
}
