package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/sheet"
)

func newCarrierCommands() *cobra.Command {
	return group("carrier", "gaining carriers", newCarrierList(), newCarrierGet(), newCarrierMake(), newCarrierChange(), newCarrierOn(), newCarrierOff())
}

func newCoverageCommands() *cobra.Command {
	return group("coverage", "what numbers gaining carriers take", newCoverageExport(), newCoverageImport())
}

func newDeckCommands() *cobra.Command {
	return group("deck", "rate decks of gaining carriers", newDeckList(), newDeckExport(), newDeckImport(), newDeckEnd())
}

func newProfileCommands() *cobra.Command {
	return group("profile", "losing carriers: their names, their OCNs, and how they want their ports", newProfileList(), newProfileGet(), newProfileSet(), newProfileRemove())
}

// carrierRow is a gaining carrier in a list.
type carrierRow struct {
	carrier.Gaining
	Areas int `json:"areas"`
}

func newCarrierList() *cobra.Command {
	return listing(&cobra.Command{
		Use: "list", Short: "list the gaining carriers", Args: cobra.NoArgs,
		RunE: office(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service) error {
			all, err := s.Carriers(ctx, porting.Operator)
			if err != nil {
				return err
			}
			rows := make([]carrierRow, 0, len(all))
			for _, g := range all {
				rows = append(rows, carrierRow{g, len(g.Coverage.Areas())})
			}
			return list(cmd, rows, "ID\tNAME\tGATEWAY\tPRIORITY\tAREAS\tSTATE", func(r carrierRow) string {
				state := "on"
				if !r.On {
					state = "off: " + r.OffReason
				}
				return fmt.Sprintf("%d\t%s\t%s\t%d\t%d\t%s", r.ID, r.Name, orDash(r.Gateway), r.Priority, r.Areas, state)
			})
		}),
	})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func newCarrierGet() *cobra.Command {
	return &cobra.Command{
		Use: "get CARRIER", Short: "print a gaining carrier as YAML", Args: cobra.ExactArgs(1),
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			id, err := carrierID(args[0])
			if err != nil {
				return err
			}
			g, err := s.Carrier(ctx, porting.Operator, id)
			if err != nil {
				return err
			}
			return printYAML(cmd.OutOrStdout(), g)
		}),
	}
}

func carrierID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errors.New("a carrier's id is a number; see 'portin admin carrier list'")
	}
	return id, nil
}

// printYAML writes a value by its JSON names.
func printYAML(w io.Writer, v any) error {
	text, err := yaml.MarshalWithOptions(v, yaml.UseJSONMarshaler())
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// readYAML reads YAML or JSON, by JSON names, over what into holds. A name that
// is not known is an error.
func readYAML(cmd *cobra.Command, path string, into any) error {
	text, err := readInput(cmd, path)
	if err != nil {
		return err
	}
	err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict(), yaml.UseJSONUnmarshaler()).Decode(into)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s is empty", path)
	}
	if err != nil {
		return fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	return nil
}

// readInput reads a file, or with "-" standard input.
func readInput(cmd *cobra.Command, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(path)
}

func newCarrierMake() *cobra.Command {
	return &cobra.Command{
		Use: "make FILE|-", Short: "make a gaining carrier of a YAML file, and print its id", Args: cobra.ExactArgs(1),
		Long:    "Make a gaining carrier. It takes numbers once it has coverage and a deck.",
		Example: "  printf 'name: Acme CLEC\\non: true\\n' | portin admin carrier make -",
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			var g carrier.Gaining
			err := readYAML(cmd, args[0], &g)
			if err != nil {
				return err
			}
			out, err := s.MakeCarrier(ctx, porting.Operator, g)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s takes numbers once it has coverage and a deck:\n  portin admin coverage import %d FILE\n  portin admin deck import %d FILE\n", out.Name, out.ID, out.ID)
			_, err = fmt.Fprintln(cmd.OutOrStdout(), out.ID)
			return err
		}),
	}
}

func newCarrierChange() *cobra.Command {
	return &cobra.Command{
		Use: "change CARRIER FILE|-", Short: "change a gaining carrier by a YAML file; what it does not name stays", Args: cobra.ExactArgs(2),
		Example: "  portin admin carrier get 7 > acme.yaml\n  portin admin carrier change 7 acme.yaml",
		RunE: changeCarrier(func(cmd *cobra.Command, args []string) (func(*carrier.Gaining) error, error) {
			text, err := readInput(cmd, args[1])
			if err != nil {
				return nil, err
			}
			return func(g *carrier.Gaining) error {
				cmd.SetIn(bytes.NewReader(text))
				return readYAML(cmd, "-", g)
			}, nil
		}),
	}
}

func newCarrierOn() *cobra.Command {
	return &cobra.Command{
		Use: "on CARRIER", Short: "switch a gaining carrier on", Args: cobra.ExactArgs(1),
		RunE: changeCarrier(func(*cobra.Command, []string) (func(*carrier.Gaining) error, error) {
			return func(g *carrier.Gaining) error {
				g.On = true
				return nil
			}, nil
		}),
	}
}

func newCarrierOff() *cobra.Command {
	cmd := &cobra.Command{
		Use: "off CARRIER", Short: "switch a gaining carrier off; orders that are not confirmed go to others", Args: cobra.ExactArgs(1),
		RunE: changeCarrier(func(cmd *cobra.Command, _ []string) (func(*carrier.Gaining) error, error) {
			reason := cmd.Flags().Lookup("reason").Value.String()
			return func(g *carrier.Gaining) error {
				g.On, g.OffReason = false, reason
				return nil
			}, nil
		}),
	}
	cmd.Flags().String("reason", "", "why, for those who ask where their numbers go")
	require(cmd, "reason")
	return cmd
}

// changeCarrier makes a command that changes the carrier that it names first.
func changeCarrier(read func(*cobra.Command, []string) (func(*carrier.Gaining) error, error)) func(*cobra.Command, []string) error {
	return office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
		id, err := carrierID(args[0])
		if err != nil {
			return err
		}
		change, err := read(cmd, args)
		if err != nil {
			return err
		}
		out, err := s.ChangeCarrier(ctx, porting.Operator, id, change)
		if err != nil {
			return err
		}
		state := "on"
		if !out.On {
			state = "off"
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s is %s.\n", out.Name, state)
		sayDrafts(cmd, out.Drafts)
		return nil
	})
}

// sayDrafts tells what a change does to orders that are not confirmed.
func sayDrafts(cmd *cobra.Command, n int) {
	if n > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d orders of it are not confirmed; where it does not take their numbers any more, they go to other carriers.\n", n)
	}
}

func newCoverageExport() *cobra.Command {
	return &cobra.Command{
		Use: "export CARRIER", Short: "print what numbers a gaining carrier takes, as a CSV", Args: cobra.ExactArgs(1),
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			id, err := carrierID(args[0])
			if err != nil {
				return err
			}
			g, err := s.Carrier(ctx, porting.Operator, id)
			if err != nil {
				return err
			}
			return carrier.WriteCoverage(cmd.OutOrStdout(), g.Coverage)
		}),
	}
}

func newCoverageImport() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import CARRIER FILE|-", Short: "replace what numbers a gaining carrier takes by a CSV", Args: cobra.ExactArgs(2),
		Long: "Replace what numbers a gaining carrier takes by a CSV: all of it, or nothing where a line has\n" +
			"a mistake. With --dry-run only say what that would change.",
		Example: "  portin admin coverage import 7 acme.csv --dry-run",
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			id, err := carrierID(args[0])
			if err != nil {
				return err
			}
			cover, err := readSheet(cmd, args[1], carrier.ReadCoverage)
			if err != nil {
				return err
			}
			dry, err := cmd.Flags().GetBool("dry-run")
			if err != nil {
				return err
			}
			out, err := s.SetCoverage(ctx, porting.Operator, id, cover, dry)
			if err != nil {
				return err
			}
			printChange(cmd.OutOrStdout(), "+", out.Added)
			printChange(cmd.OutOrStdout(), "-", out.Removed)
			fmt.Fprintf(cmd.ErrOrStderr(), "Areas: %d added, %d removed, %d kept.%s\n", out.AddedCount, out.RemovedCount, out.Kept, unlessApplied(out.Applied))
			sayDrafts(cmd, out.Drafts)
			return nil
		}),
	}
	addDryRun(cmd)
	return cmd
}

func addDryRun(cmd *cobra.Command) {
	cmd.Flags().Bool("dry-run", false, "say what would change, and change nothing")
}

func unlessApplied(applied bool) string {
	if applied {
		return ""
	}
	return " Nothing was changed."
}

// readSheet reads a CSV, and tells what is odd about it.
func readSheet[T any](cmd *cobra.Command, path string, read func(io.Reader) (T, sheet.Report, error)) (T, error) {
	text, err := readInput(cmd, path)
	if err != nil {
		var none T
		return none, err
	}
	v, report, err := read(bytes.NewReader(text))
	for _, n := range report.Notes {
		fmt.Fprintf(cmd.ErrOrStderr(), "line %d: %s (%d in all)\n", n.Line, n.Message, n.Count)
	}
	return v, err
}

// changesShown is how many rows of a change are printed of each kind.
const changesShown = 20

func printChange[T fmt.Stringer](w io.Writer, sign string, rows []T) {
	for _, r := range rows[:min(len(rows), changesShown)] {
		fmt.Fprintf(w, "%s %s\n", sign, r)
	}
	if n := len(rows) - changesShown; n > 0 {
		fmt.Fprintf(w, "%s ... and %d more\n", sign, n)
	}
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

func deckID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errors.New("a deck's id is a number; see 'portin admin deck list'")
	}
	return id, nil
}

func newDeckExport() *cobra.Command {
	return &cobra.Command{
		Use: "export DECK", Short: "print a rate deck as a CSV", Args: cobra.ExactArgs(1),
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			id, err := deckID(args[0])
			if err != nil {
				return err
			}
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
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			id, err := carrierID(args[0])
			if err != nil {
				return err
			}
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
	cmd.Flags().String("from", "", "it holds from this instant on, like 2027-01-01T00:00:00Z (default now)")
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
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			id, err := deckID(args[0])
			if err != nil {
				return err
			}
			d, err := s.EndDeck(ctx, porting.Operator, id)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Deck %d ends at %s.\n", d.ID, d.Until.Format(time.RFC3339))
			return nil
		}),
	}
}

// familyRow is a losing carrier in a list.
type familyRow struct {
	carrier.Family
	Described bool     `json:"described"`
	Codes     []string `json:"codes"`
}

func newProfileList() *cobra.Command {
	cmd := listing(&cobra.Command{
		Use: "list", Short: "list the losing carriers: described ones, and those of the reference data", Args: cobra.NoArgs,
		RunE: office(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service) error {
			all, err := s.LosingCarriers(ctx, porting.Operator, cmd.Flags().Lookup("find").Value.String())
			if err != nil {
				return err
			}
			rows := make([]familyRow, 0, len(all))
			for _, l := range all {
				l.Codes = append([]string{}, l.Codes...)
				rows = append(rows, familyRow(l))
			}
			return list(cmd, rows, "ID\tNAME\tDESCRIBED\tOCNS", func(r familyRow) string {
				described := "-"
				if r.Described {
					described = "yes"
				}
				codes := append(append([]string{}, r.OCNs...), r.Codes...)
				more := ""
				if n := len(codes) - codesShown; n > 0 {
					codes, more = codes[:codesShown], fmt.Sprintf(" and %d more", n)
				}
				return fmt.Sprintf("%s\t%s\t%s\t%s%s", r.ID, r.Name, described, strings.Join(codes, ","), more)
			})
		}),
	})
	cmd.Flags().String("find", "", "only those whose id, name or OCN has this text")
	return cmd
}

// codesShown is how many OCNs of a losing carrier a table shows.
const codesShown = 6

func newProfileGet() *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "print the description of a losing carrier as YAML", Args: cobra.ExactArgs(1),
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			l, err := s.LosingCarrier(ctx, porting.Operator, args[0])
			if err != nil {
				return err
			}
			return printYAML(cmd.OutOrStdout(), l.Family)
		}),
	}
}

func newProfileSet() *cobra.Command {
	return &cobra.Command{
		Use: "set FILE|-", Short: "describe a losing carrier by a YAML file, as a whole", Args: cobra.ExactArgs(1),
		Example: "  portin admin profile get acme > acme.yaml\n  portin admin profile set acme.yaml",
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			var f carrier.Family
			err := readYAML(cmd, args[0], &f)
			if err != nil {
				return err
			}
			f, err = s.SaveFamily(ctx, porting.Operator, f)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s is described. A server that runs follows within seconds.\n", f.Name)
			return nil
		}),
	}
}

func newProfileRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "forget the description of a losing carrier", Args: cobra.ExactArgs(1),
		RunE: office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
			err := s.RemoveFamily(ctx, porting.Operator, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "The description of %s is forgotten.\n", args[0])
			return nil
		}),
	}
}
