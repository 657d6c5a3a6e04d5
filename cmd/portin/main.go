// Command portin moves telephone numbers between carriers: the server with its
// sandbox, and the commands of its operator.
package main

import (
	"os"

	"github.com/portin/portin/internal/cli"
)

func main() { os.Exit(cli.Main()) }
