package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/porting"
)

func newProfileCommands() *cobra.Command {
	return group("profile", "losing carriers: their names, their OCNs, and how they want their ports", newProfileList(), newProfileGet(), newProfileSet(), newProfileRemove())
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
