package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/server"
)

// settings are what the configuration file of `portin serve` holds. Each can
// also be given by the environment, as PORTIN_ and the name in capitals.
type settings struct {
	Listen       string `yaml:"listen"`
	Data         string `yaml:"data"`
	Database     string `yaml:"database"` // URL of PostgreSQL; secret
	DatabaseFile string `yaml:"database_file"`
	Key          string `yaml:"key"` // keys as portin.key holds them; secret
	KeyFile      string `yaml:"key_file"`
	LRNURL       string `yaml:"lrn_url"` // whom to ask who serves a number; "": nobody
	LRNUsername  string `yaml:"lrn_username"`
	LRNToken     string `yaml:"lrn_token"` // secret
	LRNTokenFile string `yaml:"lrn_token_file"`

	// RefdataSources are the addresses of reference data; a list with commas in
	// the environment.
	RefdataSources   []string `yaml:"refdata_sources"`
	RoutingTolerance string   `yaml:"routing_tolerance"` // percent
	RoutingMonths    string   `yaml:"routing_months"`
}

// What holds where nobody says anything.
const (
	defaultListen = "127.0.0.1:8080"
	defaultData   = "./portin-data"
)

// plain lists the settings that are no secrets; some have a flag as well.
func (s *settings) plain() map[string]*string {
	return map[string]*string{"listen": &s.Listen, "data": &s.Data, "lrn_url": &s.LRNURL, "lrn_username": &s.LRNUsername,
		"routing_tolerance": &s.RoutingTolerance, "routing_months": &s.RoutingMonths}
}

// secrets lists the settings that are given as they are or as the name of a
// file that holds them.
func (s *settings) secrets() map[string]struct{ value, file *string } {
	return map[string]struct{ value, file *string }{
		"database":  {&s.Database, &s.DatabaseFile},
		"key":       {&s.Key, &s.KeyFile},
		"lrn_token": {&s.LRNToken, &s.LRNTokenFile},
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
	for name, value := range s.plain() {
		v, ok := env("PORTIN_" + strings.ToUpper(name))
		if ok {
			*value = v
		}
		f := cmd.Flags().Lookup(name)
		if f != nil && f.Changed {
			*value = f.Value.String()
		}
	}
	list, ok := env("PORTIN_REFDATA_SOURCES")
	if ok {
		s.RefdataSources = strings.FieldsFunc(list, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
	}
	if s.Listen == "" {
		s.Listen = defaultListen
	}
	if s.Data == "" {
		s.Data = defaultData
	}
	for name, secret := range s.secrets() {
		value, okValue := env("PORTIN_" + strings.ToUpper(name))
		file, okFile := env("PORTIN_" + strings.ToUpper(name) + "_FILE")
		if okValue || okFile { // then neither is taken from the configuration file
			*secret.value, *secret.file = value, file
		}
		err = readSecret(name, secret.value, *secret.file)
		if err != nil {
			return s, err
		}
	}
	return s, nil
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

// readSecret reads a secret from its file, when it is given that way.
func readSecret(name string, value *string, path string) error {
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
func (s settings) config() (server.Config, error) {
	c := server.Config{
		Listen: s.Listen, Data: s.Data, Postgres: s.Database, Key: s.Key,
		LRN: server.LRN{URL: s.LRNURL, Username: s.LRNUsername, Token: s.LRNToken}, Sources: s.RefdataSources,
	}
	c.Routing = porting.DefaultRouting
	var err error
	if s.RoutingTolerance != "" {
		c.Routing.Tolerance, err = pricing.Parse(s.RoutingTolerance)
		if err != nil || c.Routing.Tolerance.Cmp(pricing.Money{}) < 0 {
			return c, errors.New("routing_tolerance takes a percentage, like 5 or 2.5")
		}
	}
	if s.RoutingMonths != "" {
		c.Routing.Months, err = strconv.Atoi(s.RoutingMonths)
		if err != nil || c.Routing.Months < 0 || c.Routing.Months > monthsMax {
			return c, fmt.Errorf("routing_months takes a whole number from 0 to %d", monthsMax)
		}
	}
	return c, nil
}

// monthsMax is for how long anybody can say what a number will cost.
const monthsMax = 120
