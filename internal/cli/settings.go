package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/seal"
	"github.com/portin/portin/internal/server"
)

// settings are what the configuration file of `portin serve` holds. Each can
// also be given by the environment, as PORTIN_ and the name in capitals.
type settings struct {
	Listen       string `yaml:"listen"`
	Data         string `yaml:"data"`
	Database     string `yaml:"database"` // URL of PostgreSQL; secret
	DatabaseFile string `yaml:"database_file"`
	Key          string `yaml:"key"` // base64 of 32 bytes; secret
	KeyFile      string `yaml:"key_file"`
}

// What holds where nobody says anything.
const (
	defaultListen = "127.0.0.1:8080"
	defaultData   = "./portin-data"
)

// byName lists the settings with their names, in the file's order.
func (s *settings) byName() []struct {
	name  string
	value *string
} {
	return []struct {
		name  string
		value *string
	}{
		{"listen", &s.Listen}, {"data", &s.Data},
		{"database", &s.Database}, {"database_file", &s.DatabaseFile},
		{"key", &s.Key}, {"key_file", &s.KeyFile},
	}
}

// addSettings adds the flags of settings to a command and to those below it.
// Secrets have no flag, since every user of a machine sees command lines.
func addSettings(cmd *cobra.Command) {
	cmd.PersistentFlags().String("config", "", "read settings from this YAML `file`")
	cmd.PersistentFlags().String("data", defaultData, "keep everything in this `folder`")
}

// readSettings puts the settings together: flags before the environment before
// the file before the defaults.
func readSettings(cmd *cobra.Command, env func(string) (string, bool)) (settings, error) {
	s := settings{}
	path, err := cmd.Flags().GetString("config")
	if err != nil {
		return s, err
	}
	if path == "" {
		path, _ = env("PORTIN_CONFIG")
	}
	if path != "" {
		err = s.readFile(path)
		if err != nil {
			return s, err
		}
	}
	s.override(env)
	for _, n := range s.byName() {
		f := cmd.Flags().Lookup(n.name)
		if f != nil && f.Changed {
			*n.value = f.Value.String()
		}
	}
	if s.Listen == "" {
		s.Listen = defaultListen
	}
	if s.Data == "" {
		s.Data = defaultData
	}
	err = errors.Join(secret("database", &s.Database, s.DatabaseFile), secret("key", &s.Key, s.KeyFile))
	return s, err
}

// readFile reads a YAML file. An unknown name in it is an error: a setting
// that is misspelt would be silently without effect.
func (s *settings) readFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = yaml.NewDecoder(f, yaml.Strict()).Decode(s)
	if err != nil && !errors.Is(err, io.EOF) {
		// Without the lines of the file, which may hold secrets.
		return fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, false))
	}
	return nil
}

// override takes what the environment says. A secret and the file that holds
// it take each other's place.
func (s *settings) override(env func(string) (string, bool)) {
	for _, n := range s.byName() {
		v, ok := env("PORTIN_" + strings.ToUpper(n.name))
		if !ok {
			continue
		}
		switch n.name {
		case "database", "database_file":
			s.Database, s.DatabaseFile = "", ""
		case "key", "key_file":
			s.Key, s.KeyFile = "", ""
		}
		*n.value = v
	}
}

// secret reads a secret from its file, when it is given that way.
func secret(name string, value *string, path string) error {
	if path == "" {
		return nil
	}
	if *value != "" {
		return fmt.Errorf("%s and %s_file are both set: leave one out", name, name)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s_file: %w", name, err)
	}
	*value = strings.TrimSpace(string(text))
	if *value == "" {
		return fmt.Errorf("%s_file: %s is empty", name, path)
	}
	return nil
}

// config is what a server is built of.
func (s settings) config() server.Config {
	return server.Config{Listen: s.Listen, Data: s.Data, Postgres: seal.Secret(s.Database), Key: seal.Secret(s.Key)}
}
