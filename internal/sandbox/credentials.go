package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/porting"
)

// CredentialsFile is the file in the data folder that holds the sandbox's
// credentials.
const CredentialsFile = "credentials.json"

// Credentials are how to reach a sandbox: where it listens, as a customer, and
// as the porting desk.
type Credentials struct {
	BaseURL      string `json:"base_url"`
	AccountID    int64  `json:"account_id"`
	Username     string `json:"username"`
	Token        string `json:"token"`
	DeskUsername string `json:"desk_username"`
	DeskToken    string `json:"desk_token"`
}

// The sandbox's accounts and users.
const (
	customerAccount = "Sandbox"
	customerUser    = "sandbox"
	deskAccount     = "Porting desk"
	deskUser        = "desk"
	tokenName       = "portin dev"
)

// ReadCredentials reads the credentials of the sandbox in a data folder.
// Returns an error that is fs.ErrNotExist where there is none.
func ReadCredentials(folder string) (Credentials, error) {
	path := filepath.Join(folder, CredentialsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Credentials{}, err
	}
	var c Credentials
	err = json.Unmarshal(text, &c)
	if err != nil {
		// The parser's words may quote the file, which holds tokens.
		return Credentials{}, fmt.Errorf("%s is damaged; remove it and start the sandbox again", path)
	}
	return c, nil
}

// write replaces the file as a whole: a reader finds the old one or the new
// one.
func (c Credentials) write(folder string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	// One name, so that what a killed start leaves is written over by the next.
	f, err := os.OpenFile(filepath.Join(folder, "."+CredentialsFile+".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(folder, CredentialsFile))
}

// Admit makes sure that the sandbox can be used: it takes the credentials of
// an earlier start where they are good, makes what is missing, and writes them
// down with the address at which the sandbox listens now.
//
// A token's text is known only while it is made, so no transaction can hold
// both the token and the file. Each step can be repeated instead: a start that
// was killed between them is made good by the next.
func Admit(ctx context.Context, s *porting.Service, folder, baseURL string) (Credentials, error) {
	c, err := ReadCredentials(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Credentials{}, err
	}
	customer, err := accountNamed(ctx, s, customerAccount)
	if err != nil {
		return Credentials{}, err
	}
	desk, err := accountNamed(ctx, s, deskAccount)
	if err != nil {
		return Credentials{}, err
	}
	c.BaseURL, c.AccountID, c.Username, c.DeskUsername = baseURL, customer, customerUser, deskUser
	c.Token, err = tokenFor(ctx, s, c.Token, customer, customerUser, account.CustomerScopes())
	if err != nil {
		return Credentials{}, err
	}
	c.DeskToken, err = tokenFor(ctx, s, c.DeskToken, desk, deskUser, []account.Scope{account.Desk})
	if err != nil {
		return Credentials{}, err
	}
	err = c.write(folder)
	if err != nil {
		return Credentials{}, fmt.Errorf("write the sandbox's credentials: %w", err)
	}
	return c, nil
}

// accountNamed finds the first account of a name, or makes it.
func accountNamed(ctx context.Context, s *porting.Service, name string) (id int64, err error) {
	all, err := s.Accounts(ctx)
	if err != nil {
		return 0, err
	}
	for _, a := range all {
		if a.Name == name {
			return a.ID, nil
		}
	}
	a, err := s.CreateAccount(ctx, name)
	return a.ID, err
}

// tokenFor returns the token when it still is one of that user, else a new
// one; what was made for the user before and is lost is revoked.
func tokenFor(ctx context.Context, s *porting.Service, token string, accountID int64, username string, scopes []account.Scope) (string, error) {
	p, err := s.Authenticate(ctx, username, token)
	if err == nil && p.AccountID == accountID {
		return token, nil
	}
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		return "", err
	}
	old, err := s.TokensOf(ctx, accountID)
	if err != nil {
		return "", err
	}
	for _, t := range old {
		if t.Name != tokenName || t.Username != username || !t.Revoked.IsZero() {
			continue
		}
		err = s.RevokeTokenOf(ctx, accountID, t.ID)
		if err != nil {
			return "", err
		}
	}
	m, err := s.MintTokenFor(ctx, accountID, username, porting.MintIn{Name: tokenName, Scopes: scopes})
	return m.Text, err
}
