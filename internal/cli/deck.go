package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
)

func newDeckCommands() *cobra.Command {
	return group("deck", "rate decks of gaining carriers", newDeckList(), newDeckExport(), newDeckImport(), newDeckEnd())
}

// deckRow is a deck in a list.
type deckRow struct {
	ID       int64         `json:"id"`
	Carrier  int64         `json:"carrier_id"`
	Account  int64         `json:"account_id,omitempty"`
	Name     string        `json:"name,omitempty"`
	Currency string        `json:"currency"`
	From     time.Time     `json:"from,omitzero"`
	Until    time.Time     `json:"until,omitzero"`
	Rates    int           `json:"rates"`
	Discount pricing.Money `json:"discount"`
}

func newDeckList() *cobra.Command {
	return listing(&cobra.Command{
		Use: "list", Short: "list the rate decks, the past ones too", Args: cobra.NoArgs,
		RunE: office(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service) error {
			all, err := s.Decks(ctx, porting.Operator)
			if err != nil {
				return err
			}
			rows := make([]deckRow, 0, len(all))
			for _, d := range all {
				rows = append(rows, deckRow{d.ID, d.CarrierID, d.AccountID, d.Name, d.Currency, d.From, d.Until, len(d.Rates), d.Discount})
			}
			return list(cmd, rows, "ID\tCARRIER\tACCOUNT\tFROM\tUNTIL\tRATES\tDISCOUNT\tNAME", func(r deckRow) string {
				account, from, until := "all", "always", "-"
				if r.Account != 0 {
					account = strconv.FormatInt(r.Account, 10)
				}
				if !r.From.IsZero() {
					from = r.From.Format(time.RFC3339)
				}
				if !r.Until.IsZero() {
					until = r.Until.Format(time.RFC3339)
				}
				return fmt.Sprintf("%d\t%d\t%s\t%s\t%s\t%d\t%s %%\t%s", r.ID, r.Carrier, account, from, until, r.Rates, r.Discount, orDash(r.Name))
			})
		}),
	})
}

// withDeck makes a command that works on the deck that it names first.
func withDeck(fn func(context.Context, *cobra.Command, []string, *porting.Service, int64) error) func(*cobra.Command, []string) error {
	return withID(fn, "a deck's id is a number; see 'portin admin deck list'")
}

func newDeckExport() *cobra.Command {
	return &cobra.Command{
		Use: "export DECK", Short: "print a rate deck as a CSV", Args: cobra.ExactArgs(1),
		RunE: withDeck(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service, id int64) error {
			d, err := s.Deck(ctx, porting.Operator, id)
			if err != nil {
				return err
			}
			return pricing.WriteDeck(cmd.OutOrStdout(), d)
		}),
	}
}

func newDeckImport() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import CARRIER FILE|-", Short: "add a rate deck of a CSV to a gaining carrier, and print its id", Args: cobra.ExactArgs(2),
		Long: "Add a rate deck: all of it, or nothing where a line has a mistake. It takes the place of the one\n" +
			"that holds, now or from --from on; orders keep the price that they were quoted. With --dry-run\n" +
			"only say what that would change.",
		Example: "  portin admin deck import 7 acme.csv --from 2027-01-01T00:00:00Z --dry-run",
		RunE: withCarrier(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service, id int64) error {
			d, err := readSheet(cmd, args[1], pricing.ReadDeck)
			if err != nil {
				return err
			}
			err = deckFlags(cmd, &d)
			if err != nil {
				return err
			}
			dry, err := cmd.Flags().GetBool("dry-run")
			if err != nil {
				return err
			}
			d.CarrierID = id
			out, err := s.AddDeck(ctx, porting.Operator, d, dry)
			if err != nil {
				return err
			}
			printChange(cmd.ErrOrStderr(), "+", out.Added)
			printChange(cmd.ErrOrStderr(), "-", out.Removed)
			printChange(cmd.ErrOrStderr(), "~", out.Changed)
			printChange(cmd.ErrOrStderr(), "~", out.Terms)
			for _, w := range out.Warnings {
				fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", w.Message)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Rates: %d added, %d removed, %d changed, %d kept.%s\n", out.AddedCount, out.RemovedCount, out.ChangedCount, out.Kept, unlessApplied(out.Applied))
			if dry {
				return nil
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), out.Deck.ID)
			return err
		}),
	}
	addDryRun(cmd)
	cmd.Flags().Int64("account", 0, "only for the account with this `id`")
	cmd.Flags().String("name", "", "what it is")
	cmd.Flags().String("currency", "", "that of the other decks")
	cmd.Flags().String("from", "", "it holds from this instant on, like 2027-01-01T00:00:00Z (default now, also for one that is past)")
	cmd.Flags().String("until", "", "it holds before this instant")
	return cmd
}

// deckFlags puts into a deck what its file does not say.
func deckFlags(cmd *cobra.Command, d *pricing.Deck) error {
	f := cmd.Flags()
	var err error
	d.AccountID, err = f.GetInt64("account")
	if err != nil {
		return err
	}
	d.Name, d.Currency = f.Lookup("name").Value.String(), f.Lookup("currency").Value.String()
	for name, into := range map[string]*time.Time{"from": &d.From, "until": &d.Until} {
		text := f.Lookup(name).Value.String()
		if text == "" {
			continue
		}
		*into, err = time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("--%s takes an instant like 2027-01-01T00:00:00Z", name)
		}
	}
	return nil
}

func newDeckEnd() *cobra.Command {
	return &cobra.Command{
		Use: "end DECK", Short: "end a rate deck now, or before it begins", Args: cobra.ExactArgs(1),
		RunE: withDeck(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service, id int64) error {
			d, err := s.EndDeck(ctx, porting.Operator, id)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Deck %d ends at %s.\n", d.ID, d.Until.Format(time.RFC3339))
			return nil
		}),
	}
}
