package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sandbox"
	"github.com/portin/portin/internal/server"
)

func newDev() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dev", Short: "run the sandbox: everything, with simulated carriers", Args: cobra.NoArgs,
		Example: "  portin dev\n  eval \"$(portin dev env)\"\n  portin dev clock advance 72h",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			listen, err := cmd.Flags().GetString("listen")
			if err != nil {
				return err
			}
			data, err := cmd.Flags().GetString("data")
			if err != nil {
				return err
			}
			c := server.Config{Sandbox: true, Listen: listen, Data: data, Routing: porting.DefaultRouting, Log: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))}
			return serve(cmd.Context(), c, func(s *server.Server) error {
				return banner(cmd.OutOrStdout(), s.Credentials(), data)
			})
		}),
	}
	cmd.PersistentFlags().String("data", defaultData, "keep everything in this `folder`")
	cmd.Flags().String("listen", defaultListen, "take calls at this `address`")
	cmd.AddCommand(newEnv(), newClock())
	return cmd
}

// banner tells how to use the sandbox.
func banner(w io.Writer, c sandbox.Credentials, data string) error {
	flag := ""
	if data != defaultData {
		flag = " --data " + shellQuote(data)
	}
	_, err := fmt.Fprintf(w, `The sandbox is running. Nothing in it can reach a real carrier.

  URL      %[1]s
  Account  %[2]d
  User     %[3]s
  Token    %[4]s

Upload a number:
  curl -u %[3]s:%[4]s -H 'Content-Type: application/json' -d '{"dids": ["9195550100"]}' %[1]s/inbound/port-in/upload/text

Move the clock:  %[6]s dev clock advance 72h%[5]s
In your shell:   eval "$(%[6]s dev env%[5]s)"
`, c.BaseURL, c.AccountID, c.Username, c.Token, flag, shellQuote(program()))
	return err
}

// program is how the caller reached this program, so that what is printed can
// be copied.
func program() string {
	if filepath.Base(os.Args[0]) == "portin" {
		return os.Args[0]
	}
	return "portin"
}

func newEnv() *cobra.Command {
	return &cobra.Command{
		Use: "env", Short: "print the sandbox's address and credentials for a shell", Args: cobra.NoArgs,
		Example: "  eval \"$(portin dev env)\"",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			c, err := credentials(cmd)
			if err != nil {
				return err
			}
			for _, v := range []struct{ name, value string }{
				{"PORTIN_URL", c.BaseURL}, {"PORTIN_ACCOUNT", fmt.Sprint(c.AccountID)}, {"PORTIN_USER", c.Username}, {"PORTIN_TOKEN", c.Token},
			} {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", v.name, shellQuote(v.value))
				if err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// credentials reads those of the sandbox in the data folder.
func credentials(cmd *cobra.Command) (sandbox.Credentials, error) {
	data, err := cmd.Flags().GetString("data")
	if err != nil {
		return sandbox.Credentials{}, err
	}
	c, err := sandbox.ReadCredentials(data)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("there is no sandbox in %s: start one with 'portin dev', or name its folder with --data", data)
	}
	return c, err
}
