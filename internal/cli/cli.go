// Package cli is portin's command line: it reads flags, settings and files,
// and translates them into calls of package server and of the API.
//
// Data goes to standard output, everything else to standard error. The exit
// status is 0 when all went well, 1 when it did not, and 2 when the command
// line was wrong.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/fault"
)

// The exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// Main runs the command line of the process and returns its exit status. The
// first interrupt or SIGTERM ends what runs in good order, the second one ends
// the process at once.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// Run runs one command line and returns its exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	_, failed := errors.AsType[failure](err)
	fmt.Fprintf(stderr, "portin: %s\n", describe(err))
	if failed {
		return exitFailure
	}
	fmt.Fprintf(stderr, "Run '%s --help' for help.\n", cmd.CommandPath())
	return exitUsage
}

// failure is an error of a command that was called rightly.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// run makes a command of a function; its errors are failures, not misuse.
func run(fn func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := fn(cmd, args)
		if err != nil {
			return failure{err}
		}
		return nil
	}
}

// group makes a command that only holds others: called by itself, or with the
// name of one that does not exist, it is misuse.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var names []string
			for _, c := range cmd.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return fmt.Errorf("%s needs a command: %s", cmd.CommandPath(), strings.Join(names, ", "))
		},
	}
	g.AddCommand(commands...)
	return g
}

func newRoot() *cobra.Command {
	root := group("portin", "moves telephone numbers between carriers",
		newDev(), newServe(), newAdmin(), newRefdata(), newVersion())
	root.SilenceErrors, root.SilenceUsage = true, true
	return root
}

// describe writes an error for the operator.
func describe(err error) string {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err.Error()
	}
	if e.Kind == fault.Internal {
		return e.Error()
	}
	var b strings.Builder
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString(": " + e.Hint)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "\n  %s: %s", f.Field, f.Message)
		if f.Hint != "" {
			b.WriteString("; " + f.Hint)
		}
	}
	return b.String()
}
