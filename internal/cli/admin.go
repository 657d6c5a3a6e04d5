package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/server"
)

func newAdmin() *cobra.Command {
	cmd := group("admin", "the operator's commands; a server may run meanwhile",
		group("account", "accounts", newAccountCreate(), newAccountList()),
		group("token", "tokens of accounts", newTokenCreate(), newTokenList(), newTokenRevoke()),
		newCarrierCommands(), newCoverageCommands(), newDeckCommands(), newProfileCommands(),
	)
	addSettings(cmd)
	return cmd
}

// office makes a command that works on a data folder that is there.
func office(fn work) func(*cobra.Command, []string) error { return openOffice(false, fn.with) }

// foundOffice makes a command that works on a data folder, and makes it when it
// is not there.
func foundOffice(fn work) func(*cobra.Command, []string) error { return openOffice(true, fn.with) }

// work is what a command does with the use cases.
type work func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error

func (w work) with(cmd *cobra.Command, args []string, o *server.Office) error {
	return w(cmd.Context(), cmd, args, o.Service)
}

func openOffice(found bool, fn func(*cobra.Command, []string, *server.Office) error) func(*cobra.Command, []string) error {
	return run(func(cmd *cobra.Command, args []string) error {
		s, err := readSettings(cmd, os.LookupEnv)
		if err != nil {
			return err
		}
		c, err := s.config()
		if err != nil {
			return err
		}
		c.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
		o, err := server.OpenOffice(cmd.Context(), c, found)
		if err != nil {
			return err
		}
		return errors.Join(fn(cmd, args, o), o.Close())
	})
}

func newAccountCreate() *cobra.Command {
	return &cobra.Command{
		Use: "create NAME", Short: "make an account and print its id", Args: cobra.ExactArgs(1),
		RunE: foundOffice(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			a, err := s.CreateAccount(ctx, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), a.ID)
			return err
		}),
	}
}

// accountRow is an account in a list.
type accountRow struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
}

func newAccountList() *cobra.Command {
	return listing(&cobra.Command{
		Use: "list", Short: "list the accounts", Args: cobra.NoArgs,
		RunE: office(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service) error {
			all, err := s.Accounts(ctx)
			if err != nil {
				return err
			}
			rows := make([]accountRow, 0, len(all))
			for _, a := range all {
				rows = append(rows, accountRow{a.ID, a.Name, a.Created.UTC()})
			}
			return list(cmd, rows, "ID\tNAME\tCREATED", func(r accountRow) string {
				return fmt.Sprintf("%d\t%s\t%s", r.ID, r.Name, r.Created.Format(time.RFC3339))
			})
		}),
	})
}

func newTokenCreate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "create", Short: "make a token and print it; it is shown this once", Args: cobra.NoArgs,
		Example: "  portin admin token create --account 10001 --user billing --scopes port:read,port:write,port:submit --expires 90d",
		Long:    "Make a token and print it; it is shown this once. The scopes are:\n" + scopeHelp(),
		RunE: office(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service) error {
			f := cmd.Flags()
			id, err := f.GetInt64("account")
			if err != nil {
				return err
			}
			names, err := f.GetStringSlice("scopes")
			if err != nil {
				return err
			}
			in := porting.MintIn{Name: f.Lookup("name").Value.String()}
			for _, n := range names {
				in.Scopes = append(in.Scopes, account.Scope(strings.TrimSpace(n)))
			}
			in.Expires, err = expiry(f.Lookup("expires").Value.String(), s.Wall.Now())
			if err != nil {
				return err
			}
			m, err := s.MintTokenFor(ctx, id, f.Lookup("user").Value.String(), in)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Token %d of account %d. Keep it now: it is not shown again.\n", m.Token.ID, m.Token.AccountID)
			_, err = fmt.Fprintln(cmd.OutOrStdout(), m.Text)
			return err
		}),
	}
	cmd.Flags().Int64("account", 0, "the `id` of the account")
	cmd.Flags().String("user", "", "the user `name` that is sent with the token")
	cmd.Flags().StringSlice("scopes", nil, "what the token may do, with commas between")
	cmd.Flags().String("expires", "", "when it ends: 90d, 2160h, 2027-01-31 or 2027-01-31T12:00:00Z (default never)")
	cmd.Flags().String("name", "", "what it is for")
	require(cmd, "account", "user", "scopes")
	return cmd
}

func scopeHelp() string {
	var b strings.Builder
	for _, s := range account.Scopes {
		fmt.Fprintf(&b, "  %-12s %s\n", s.Scope, s.Opens)
	}
	return b.String()
}

// expiry reads when a token ends: a duration, with days too, or a time; ""
// is never.
func expiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n > 0 {
			return now.AddDate(0, 0, n), nil
		}
	}
	d, err := time.ParseDuration(text)
	if err == nil && d > 0 {
		return now.Add(d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		t, err := time.Parse(layout, text)
		if err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("--expires %q is no time: write 90d, 2160h, 2027-01-31 or 2027-01-31T12:00:00Z", text)
}

// tokenRow is a token in a list.
type tokenRow struct {
	ID       int64           `json:"id"`
	Username string          `json:"username"`
	Name     string          `json:"name"`
	Scopes   []account.Scope `json:"scopes"`
	Created  time.Time       `json:"created"`
	Expires  time.Time       `json:"expires,omitzero"`
	Revoked  time.Time       `json:"revoked,omitzero"`
}

// end says until when a token can be used.
func (r tokenRow) end() string {
	switch {
	case !r.Revoked.IsZero():
		return "revoked"
	case r.Expires.IsZero():
		return "never"
	}
	return r.Expires.Format(time.RFC3339)
}

func newTokenList() *cobra.Command {
	cmd := listing(&cobra.Command{
		Use: "list", Short: "list an account's tokens", Args: cobra.NoArgs,
		RunE: office(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service) error {
			id, err := cmd.Flags().GetInt64("account")
			if err != nil {
				return err
			}
			all, err := s.TokensOf(ctx, id)
			if err != nil {
				return err
			}
			rows := make([]tokenRow, 0, len(all))
			for _, t := range all {
				rows = append(rows, tokenRow{t.ID, t.Username, t.Name, t.Scopes, t.Created.UTC(), t.Expires.UTC(), t.Revoked.UTC()})
			}
			return list(cmd, rows, "ID\tUSER\tNAME\tSCOPES\tCREATED\tEXPIRES", func(r tokenRow) string {
				return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", r.ID, r.Username, r.Name, joinScopes(r.Scopes), r.Created.Format(time.RFC3339), r.end())
			})
		}),
	})
	cmd.Flags().Int64("account", 0, "the `id` of the account")
	require(cmd, "account")
	return cmd
}

func joinScopes(scopes []account.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, ",")
}

func newTokenRevoke() *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke TOKEN-ID", Short: "end a token at once", Args: cobra.ExactArgs(1),
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			account, err := cmd.Flags().GetInt64("account")
			if err != nil {
				return err
			}
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return errors.New("a token's id is a number; see 'portin admin token list'")
			}
			err = s.RevokeTokenOf(ctx, account, id)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Token %d is revoked.\n", id)
			return nil
		}),
	}
	cmd.Flags().Int64("account", 0, "the `id` of the account")
	require(cmd, "account")
	return cmd
}

// require makes flags necessary.
func require(cmd *cobra.Command, flags ...string) {
	for _, f := range flags {
		err := cmd.MarkFlagRequired(f)
		if err != nil {
			panic(err) // the flag was not added above
		}
	}
}

// listing adds to a command what lists have in common.
func listing(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}

// list prints rows as a table, or with --json as JSON.
func list[T any](cmd *cobra.Command, rows []T, head string, line func(T) string) error {
	asJSON, err := cmd.Flags().GetBool("json")
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if asJSON {
		return printJSON(out, rows)
	}
	return table(out, rows, head, line)
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func table[T any](out io.Writer, rows []T, head string, line func(T) string) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, head)
	for _, r := range rows {
		fmt.Fprintln(t, line(r))
	}
	return t.Flush()
}
