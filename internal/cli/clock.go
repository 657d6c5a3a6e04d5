package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/sandbox"
)

func newClock() *cobra.Command {
	cmd := &cobra.Command{
		Use: "clock", Short: "show the sandbox's clock, or move it", Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			var now struct {
				Now time.Time `json:"now"`
			}
			err := callClock(cmd, http.MethodGet, nil, &now)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), now.Now.Format(time.RFC3339))
			return err
		}),
	}
	cmd.AddCommand(newAdvance())
	return cmd
}

func newAdvance() *cobra.Command {
	cmd := &cobra.Command{
		Use: "advance DURATION|TIME", Short: "move the sandbox's clock forward; what becomes due on the way is done", Args: cobra.ExactArgs(1),
		Example: "  portin dev clock advance 72h\n  portin dev clock advance 3d\n  portin dev clock advance 2026-12-01T15:00:00Z",
		RunE: run(func(cmd *cobra.Command, args []string) error {
			body := map[string]string{"advance": args[0]}
			_, err := time.Parse(time.RFC3339, args[0])
			if err == nil {
				body = map[string]string{"to": args[0]}
			}
			asJSON, err := cmd.Flags().GetBool("json")
			if err != nil {
				return err
			}
			if asJSON {
				var raw json.RawMessage
				err = callClock(cmd, http.MethodPost, body, &raw)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", bytes.TrimSpace(raw))
				return err
			}
			var moved advanced
			err = callClock(cmd, http.MethodPost, body, &moved)
			if err != nil {
				return err
			}
			return moved.print(cmd.OutOrStdout(), cmd.ErrOrStderr())
		}),
	}
	cmd.Flags().Bool("json", false, "print the answer as JSON")
	return cmd
}

// advanced is what the API answers when the clock was moved.
type advanced struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Quiet    bool      `json:"quiet"`
	Happened []struct {
		OrderID int64     `json:"order_id"`
		At      time.Time `json:"at"`
		Type    string    `json:"type"`
		Data    struct {
			Status string `json:"status"`
		} `json:"data"`
	} `json:"happened"`
}

// print writes what happened as a table, and the rest as talk.
func (a advanced) print(out, talk io.Writer) error {
	fmt.Fprintf(talk, "The clock was moved from %s to %s.\n", a.From.Format(time.RFC3339), a.To.Format(time.RFC3339))
	if !a.Quiet {
		fmt.Fprintln(talk, "Something that became due is not done yet; it goes on by itself.")
	}
	if len(a.Happened) == 0 {
		fmt.Fprintln(talk, "Nothing happened on the way.")
		return nil
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TIME\tORDER\tEVENT\tSTATUS")
	for _, e := range a.Happened {
		status := e.Data.Status
		if status == "" {
			status = "-"
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", e.At.Format(time.RFC3339), e.OrderID, e.Type, status)
	}
	return t.Flush()
}

// callClock calls the clock of the sandbox that runs on the data folder.
func callClock(cmd *cobra.Command, method string, body, answer any) error {
	c, err := credentials(cmd)
	if err != nil {
		return err
	}
	status, text, err := call(cmd.Context(), c, method, "/sandbox/clock", body)
	if err != nil {
		return fmt.Errorf("no sandbox answers at %s; start it with 'portin dev' (%w)", c.BaseURL, err)
	}
	if status != http.StatusOK {
		return refusal(status, text)
	}
	err = json.Unmarshal(text, answer)
	if err != nil {
		return errors.New("the sandbox's answer cannot be read: is this portin as old as the one that runs?")
	}
	return nil
}

// answerMax is more than any answer of the clock has.
const answerMax = 64 << 20

func call(ctx context.Context, c sandbox.Credentials, method, path string, body any) (status int, text []byte, err error) {
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, send)
	if err != nil {
		return 0, nil, err
	}
	req.SetBasicAuth(c.Username, c.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err = io.ReadAll(io.LimitReader(res.Body, answerMax))
	return res.StatusCode, text, err
}

// refusal makes an error of an answer that is none of success.
func refusal(status int, text []byte) error {
	var e struct {
		Message string `json:"message"`
	}
	err := json.Unmarshal(text, &e)
	if err != nil || e.Message == "" {
		return fmt.Errorf("the sandbox answered %d %s", status, http.StatusText(status))
	}
	return errors.New(e.Message)
}
