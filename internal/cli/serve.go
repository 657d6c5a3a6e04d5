package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/server"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "run portin in production", Args: cobra.NoArgs,
		Long: "Run portin in production. Settings come from flags, from PORTIN_... variables and from a\n" +
			"YAML file, in this order: listen, data, database (a PostgreSQL URL; without it SQLite in the\n" +
			"data folder), key, lrn_url, lrn_username and lrn_token of an LRN dip, routing_tolerance (by how\n" +
			"many percent a route may cost more to save an order; 0) and routing_months (how many monthly\n" +
			"charges count as cost; 12). Secrets can be read from a file: database_file, key_file,\n" +
			"lrn_token_file.",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			s, err := readSettings(cmd, os.LookupEnv)
			if err != nil {
				return err
			}
			c, err := s.config()
			if err != nil {
				return err
			}
			c.Log = slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
			return serve(cmd.Context(), c, func(s *server.Server) error {
				c.Log.Info("portin is ready", slog.String("listen", s.Addr().String()), slog.String("data", c.Data))
				return nil
			})
		}),
	}
	addSettings(cmd)
	cmd.Flags().String("listen", defaultListen, "take calls at this `address`")
	return cmd
}

// serve builds a server, tells of it, and runs it until ctx is cancelled.
func serve(ctx context.Context, c server.Config, tell func(*server.Server) error) error {
	s, err := server.New(ctx, c)
	if err != nil {
		return err
	}
	err = tell(s)
	if err != nil {
		return fmt.Errorf("%w; %w", err, s.Close())
	}
	return s.Run(ctx)
}
