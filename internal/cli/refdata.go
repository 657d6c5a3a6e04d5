package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/server"
)

func newRefdata() *cobra.Command {
	cmd := group("refdata", "reference data: who holds which numbers", newImport(), newUpdate(), newStatus(), newActivate())
	addSettings(cmd)
	return cmd
}

func newImport() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import FILE...", Short: "import reports of the numbering plan; servers follow at once", Args: cobra.MinimumNArgs(1),
		Long: "Import reports of the numbering plan as their publishers ship them, zipped or not: what a\n" +
			"file is, its content tells. All files are taken in, or none. The new version consists of\n" +
			"these files and of those of the version before whose kind is not among them.",
		Example: "  portin refdata import CoCodeAssignment_Utilized_AllStates_Public.zip COCodeStatus_ALL.zip",
		RunE: openOffice(true, func(cmd *cobra.Command, args []string, o *server.Office) error {
			share, err := badShare(cmd)
			if err != nil {
				return err
			}
			v, err := refdata.Import(cmd.Context(), o.Reference(), args, share)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Version %d is active.\n", v.ID)
			return printFiles(cmd.OutOrStdout(), v)
		}),
	}
	cmd.Flags().Float64("bad", refdata.BadShare, "refuse a file of which more than this `percentage` of rows is bad")
	return cmd
}

// badShare reads the share of bad rows, in percent, above which a file is
// refused.
func badShare(cmd *cobra.Command) (float64, error) {
	share, err := cmd.Flags().GetFloat64("bad")
	if err != nil {
		return 0, err
	}
	if !(share >= 0 && share <= 100) { // NaN is neither
		return 0, fmt.Errorf("--bad is %g; write a percentage from 0 to 100", share)
	}
	return share, nil
}

// versionRow is a version of the reference data in a list.
type versionRow struct {
	ID      int64     `json:"id"`
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
	Files   []fileRow `json:"files"`
}

type fileRow struct {
	Kind    refdata.Kind   `json:"kind"`
	Name    string         `json:"name"`
	Date    string         `json:"date,omitempty"`
	SHA256  string         `json:"sha256"`
	Rows    int            `json:"rows"`
	Used    int            `json:"used"`
	Skipped map[string]int `json:"skipped"`
	BadRows int            `json:"bad_rows"`
	Bad     []refdata.Bad  `json:"bad,omitempty"`
}

func versionRowOf(v refdata.Version) versionRow {
	row := versionRow{ID: v.ID, Active: v.Active, Created: v.Created, Files: []fileRow{}}
	for _, f := range v.Files {
		r := fileRow{Kind: f.Kind, Name: f.Name, SHA256: hex.EncodeToString(f.SHA256[:]), Rows: f.Rows, Used: f.Used(), Skipped: f.Skipped, BadRows: f.BadRows, Bad: f.Bad}
		if !f.Date.IsZero() {
			r.Date = f.Date.String()
		}
		row.Files = append(row.Files, r)
	}
	return row
}

func newStatus() *cobra.Command {
	return listing(&cobra.Command{
		Use: "status", Short: "show the versions of the reference data, their files and addresses", Args: cobra.NoArgs,
		RunE: openOffice(false, func(cmd *cobra.Command, _ []string, o *server.Office) error {
			all, err := o.Reference().Versions(cmd.Context())
			if err != nil {
				return err
			}
			sources, err := o.Reference().Sources(cmd.Context())
			if err != nil {
				return err
			}
			asJSON, err := cmd.Flags().GetBool("json")
			if err != nil {
				return err
			}
			if asJSON {
				out := struct {
					Versions []versionRow `json:"versions"`
					Sources  []sourceRow  `json:"sources"`
				}{[]versionRow{}, []sourceRow{}}
				for _, v := range all {
					out.Versions = append(out.Versions, versionRowOf(v))
				}
				for _, s := range sources {
					out.Sources = append(out.Sources, sourceRowOf(s))
				}
				return printJSON(cmd.OutOrStdout(), out)
			}
			for _, v := range all {
				state := ""
				if v.Active {
					state = ", active"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Version %d of %s%s\n", v.ID, v.Created.Format(time.RFC3339), state)
				err = printFiles(cmd.OutOrStdout(), v)
				if err != nil {
					return err
				}
			}
			if len(all) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "There are no reference data yet: portin refdata update, or portin refdata import FILE...")
			}
			if len(sources) == 0 {
				return nil
			}
			return printSources(cmd.OutOrStdout(), sources)
		}),
	})
}

// printFiles writes the files of a version as a table, and under it why rows
// of them are not used.
func printFiles(w io.Writer, v refdata.Version) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KIND\tFILE\tDATE\tROWS\tUSED\tBAD\tSKIPPED")
	for _, f := range versionRowOf(v).Files {
		var skipped []string
		for _, reason := range slices.Sorted(maps.Keys(f.Skipped)) {
			skipped = append(skipped, fmt.Sprintf("%d %s", f.Skipped[reason], reason))
		}
		date := f.Date
		if date == "" {
			date = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", f.Kind, f.Name, date, f.Rows, f.Used, f.BadRows, strings.Join(skipped, ", "))
	}
	err := t.Flush()
	if err != nil {
		return err
	}
	for _, f := range v.Files {
		for _, b := range f.Bad {
			_, err = fmt.Fprintf(w, "%s:%d: %s\n", f.Name, b.Line, b.Message)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func newActivate() *cobra.Command {
	return &cobra.Command{
		Use: "activate VERSION", Short: "go back to another version of the reference data", Args: cobra.ExactArgs(1),
		RunE: openOffice(false, func(cmd *cobra.Command, args []string, o *server.Office) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%s is no version; portin refdata status lists them", args[0])
			}
			v, err := o.Reference().Activate(cmd.Context(), id)
			if fault.Is(err, fault.NotFound) {
				return fmt.Errorf("there is no version %d; portin refdata status lists them", id)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "Version %d is active.\n", v.ID)
			return err
		}),
	}
}
