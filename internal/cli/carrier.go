package cli

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/porting"
)

func newCarrierCommands() *cobra.Command {
	return group("carrier", "gaining carriers", newCarrierList(), newCarrierGet(), newCarrierMake(), newCarrierChange(), newCarrierOn(), newCarrierOff())
}

func newCoverageCommands() *cobra.Command {
	return group("coverage", "what numbers gaining carriers take", newCoverageExport(), newCoverageImport())
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

func newCarrierGet() *cobra.Command {
	return &cobra.Command{
		Use: "get CARRIER", Short: "print a gaining carrier as YAML", Args: cobra.ExactArgs(1),
		RunE: withCarrier(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service, id int64) error {
			g, err := s.Carrier(ctx, porting.Operator, id)
			if err != nil {
				return err
			}
			return printYAML(cmd.OutOrStdout(), g)
		}),
	}
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
	return withCarrier(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service, id int64) error {
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

// withCarrier makes a command that works on the carrier that it names first.
func withCarrier(fn func(context.Context, *cobra.Command, []string, *porting.Service, int64) error) func(*cobra.Command, []string) error {
	return withID(fn, "a carrier's id is a number; see 'portin admin carrier list'")
}

func newCoverageExport() *cobra.Command {
	return &cobra.Command{
		Use: "export CARRIER", Short: "print what numbers a gaining carrier takes, as a CSV", Args: cobra.ExactArgs(1),
		RunE: withCarrier(func(ctx context.Context, cmd *cobra.Command, _ []string, s *porting.Service, id int64) error {
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
		RunE: withCarrier(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service, id int64) error {
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
