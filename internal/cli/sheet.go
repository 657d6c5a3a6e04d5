package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sheet"
)

// withID makes a command that works on what its first argument names by an id.
func withID(fn func(context.Context, *cobra.Command, []string, *porting.Service, int64) error, otherwise string) func(*cobra.Command, []string) error {
	return office(func(ctx context.Context, cmd *cobra.Command, args []string, s *porting.Service) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return errors.New(otherwise)
		}
		return fn(ctx, cmd, args, s, id)
	})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
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
