package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/server"
)

func newUpdate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "update [ADDRESS...]", Short: "fetch the reports from their publishers, and import what is new; servers follow at once",
		Long: "Fetch reports of the numbering plan from the given addresses, else from those of the setting\n" +
			"refdata_sources, else from their publishers', and import what is new. What has not changed is\n" +
			"not fetched again. Unless all addresses give a report, nothing is imported.",
		Example: "  portin refdata update --dry-run\n  portin refdata update",
		RunE: openOffice(true, func(cmd *cobra.Command, addresses []string, o *server.Office) error {
			if len(addresses) == 0 {
				addresses = o.Sources()
			}
			dry, err := cmd.Flags().GetBool("dry-run")
			if err != nil {
				return err
			}
			if dry {
				return showUpdate(cmd, addresses, o)
			}
			return update(cmd, addresses, o)
		}),
	}
	cmd.Flags().Float64("bad", refdata.BadShare, "refuse a file of which more than this `percentage` of rows is bad")
	cmd.Flags().Bool("keep-going", false, "import what came when some addresses fail; the exit status is 1 all the same")
	cmd.Flags().Bool("dry-run", false, "show the addresses and what is known of them, and fetch nothing")
	return cmd
}

// showUpdate says what would be fetched.
func showUpdate(cmd *cobra.Command, addresses []string, o *server.Office) error {
	known, err := o.Reference().Sources(cmd.Context())
	if err != nil {
		return err
	}
	var sources []refdata.Source
	for _, a := range addresses {
		s := refdata.Source{URL: a}
		at := slices.IndexFunc(known, func(k refdata.Source) bool { return k.URL == a })
		if at >= 0 {
			s = known[at]
		}
		sources = append(sources, s)
	}
	return printSources(cmd.OutOrStdout(), sources)
}

func update(cmd *cobra.Command, addresses []string, o *server.Office) error {
	u := o.Updater()
	var err error
	u.BadShare, err = badShare(cmd)
	if err != nil {
		return err
	}
	u.KeepGoing, err = cmd.Flags().GetBool("keep-going")
	if err != nil {
		return err
	}
	bars := newBars(cmd.ErrOrStderr())
	u.Tell = bars.tell
	out, err := u.Update(cmd.Context(), addresses)
	bars.end()
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range out.Results {
		what := "not changed"
		switch {
		case r.Err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", r.Source.URL, r.Err))
			continue
		case r.New:
			what = fmt.Sprintf("%d bytes: %s", r.Size, gaveText(r.Source))
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", r.Source.URL, what)
	}
	if !out.New {
		fmt.Fprintf(cmd.ErrOrStderr(), "Nothing is new; version %d stays active.\n", out.Version.ID)
		return errors.Join(failed...)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Version %d is active.\n", out.Version.ID)
	return errors.Join(append(failed, printFiles(cmd.OutOrStdout(), out.Version))...)
}

// bars show downloads on a terminal; elsewhere they show nothing.
type bars struct {
	mu    sync.Mutex
	all   *mpb.Progress
	byURL map[string]*mpb.Bar
}

func newBars(w io.Writer) *bars {
	return &bars{all: mpb.New(mpb.WithOutput(w)), byURL: map[string]*mpb.Bar{}}
}

func (b *bars) tell(p refdata.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bar := b.byURL[p.URL]
	if bar == nil {
		name := p.URL[strings.LastIndexByte(p.URL, '/')+1:]
		bar = b.all.AddBar(0, mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR)), mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))
		b.byURL[p.URL] = bar
	}
	if p.Done {
		bar.Abort(true)
		return
	}
	bar.SetTotal(p.Size, false)
	bar.SetCurrent(p.Have)
}

// end takes the bars away.
func (b *bars) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, bar := range b.byURL {
		bar.Abort(true)
	}
	b.all.Wait()
}

// sourceRow is an address in a list.
type sourceRow struct {
	URL     string          `json:"url"`
	Checked *time.Time      `json:"checked"`
	Changed *time.Time      `json:"changed"`
	Gave    []refdata.Given `json:"gave"`
}

func sourceRowOf(s refdata.Source) sourceRow {
	row := sourceRow{URL: s.URL, Gave: append([]refdata.Given{}, s.Gave...)}
	if !s.Checked.IsZero() {
		row.Checked, row.Changed = &s.Checked, &s.Changed
	}
	return row
}

// gaveText lists what an address gave.
func gaveText(s refdata.Source) string {
	var out []string
	for _, g := range s.Gave {
		out = append(out, fmt.Sprintf("%s (%.12s)", g.Kind, g.SHA256))
	}
	return strings.Join(out, ", ")
}

// printSources writes addresses as a table.
func printSources(w io.Writer, sources []refdata.Source) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ADDRESS\tCHECKED\tCHANGED\tGAVE")
	for _, s := range sources {
		checked, changed := "never", "-"
		if !s.Checked.IsZero() {
			checked, changed = s.Checked.Format(time.RFC3339), s.Changed.Format(time.RFC3339)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", s.URL, checked, changed, gaveText(s))
	}
	return t.Flush()
}
