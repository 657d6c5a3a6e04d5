package store_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/portin/portin/internal/pgtest"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/store"
)

// ours are the tables that our migrations make, and not the job queue's or the
// migrations' own.
const ours = `NOT LIKE 'river%%' AND %[1]s NOT LIKE 'goose%%' AND %[1]s NOT LIKE 'sqlite%%'`

// The queries that describe a schema in the same words on each engine: what a
// column is, the keys, the indexes, and the references.
var describe = map[string][]string{
	"sqlite": {
		`SELECT 'column ' || m.name || '.' || c.name || ' ' || c.type ||
			CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN ' NOT NULL' ELSE '' END ||
			CASE WHEN c.pk > 0 AND m.sql LIKE '%%AUTOINCREMENT%%' THEN ' counted' ELSE '' END
			FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name ` + ours,
		`SELECT 'key ' || name || '(' || GROUP_CONCAT(col, ', ') || ')' FROM (
			SELECT m.name, c.name AS col FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
			WHERE m.type = 'table' AND c.pk > 0 AND m.name ` + ours + ` ORDER BY m.name, c.pk) GROUP BY name`,
		`SELECT 'index ' || name || '(' || GROUP_CONCAT(col, ', ') || ')' || CASE WHEN uniq THEN ' unique' ELSE '' END || CASE WHEN part THEN ' partial' ELSE '' END FROM (
			SELECT m.name, i.name AS index_name, i."unique" AS uniq, i.partial AS part, c.name AS col
			FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i JOIN pragma_index_info(i.name) AS c
			WHERE m.type = 'table' AND i.origin <> 'pk' AND m.name ` + ours + ` ORDER BY i.name, c.seqno) GROUP BY name, index_name`,
		`SELECT 'reference ' || m.name || '.' || f."from" || ' to ' || f."table" || '.' || f."to" || ' ' || f.on_delete
			FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND m.name ` + ours,
	},
	"postgres": {
		`SELECT 'column ' || table_name || '.' || column_name || ' ' ||
			CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER' WHEN 'text' THEN 'TEXT' WHEN 'jsonb' THEN 'TEXT' WHEN 'bytea' THEN 'BLOB' ELSE data_type END ||
			CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END ||
			CASE is_identity WHEN 'YES' THEN ' counted' ELSE '' END
			FROM information_schema.columns WHERE table_schema = 'public' AND table_name ` + ours,
		`SELECT 'key ' || c.relname || '(' || (SELECT STRING_AGG(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n) FROM generate_series(1, i.indnkeyatts) AS n) || ')'
			FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS s ON s.oid = c.relnamespace
			WHERE s.nspname = 'public' AND i.indisprimary AND c.relname ` + ours,
		`SELECT 'index ' || c.relname || '(' || (SELECT STRING_AGG(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n) FROM generate_series(1, i.indnkeyatts) AS n) || ')' ||
			CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END
			FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS s ON s.oid = c.relnamespace
			WHERE s.nspname = 'public' AND NOT i.indisprimary AND c.relname ` + ours,
		`SELECT 'reference ' || c.relname || '.' || a.attname || ' to ' || f.relname || '.' || b.attname || ' ' || CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'a' THEN 'NO ACTION' ELSE k.confdeltype::text END
			FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS f ON f.oid = k.confrelid
			JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
			WHERE k.contype = 'f' AND c.relname ` + ours,
	},
}

func (h *house) engine() string {
	if h.postgres() {
		return "postgres"
	}
	return "sqlite"
}

// schema describes the database, a line a thing.
func (h *house) schema() []string {
	h.t.Helper()
	names := map[string][]string{"sqlite": {"m.name", "m.name", "m.name", "m.name"}, "postgres": {"table_name", "c.relname", "c.relname", "c.relname"}}[h.engine()]
	var out []string
	for i, query := range describe[h.engine()] {
		rows := h.ask(fmt.Sprintf(query, names[i]))
		if len(rows) == 0 {
			h.t.Fatalf("%s finds nothing", query)
		}
		for _, row := range rows {
			out = append(out, fmt.Sprintf("%s", row[0]))
		}
	}
	slices.Sort(out)
	return out
}

func TestTheEnginesHaveTheSameSchema(t *testing.T) {
	t.Parallel()
	sqlite := open(t, config(t, store.Config{SQLitePath: filepath.Join(t.TempDir(), "portin.db")}))
	postgres := open(t, config(t, store.Config{PostgresURL: pgtest.URL(t)}))
	same(t, "PostgreSQL's schema beside SQLite's", postgres.schema(), sqlite.schema())
}

func TestTablesOfSQLiteAreStrict(t *testing.T) {
	t.Parallel()
	h := open(t, config(t, store.Config{SQLitePath: filepath.Join(t.TempDir(), "portin.db")}))
	rows := h.ask(fmt.Sprintf(`SELECT name, strict FROM pragma_table_list AS m WHERE type = 'table' AND name `+ours, "name"))
	if len(rows) < 15 {
		t.Fatalf("only %d tables", len(rows))
	}
	for _, row := range rows {
		if row[1] != int64(1) {
			t.Errorf("%v is not STRICT", row[0])
		}
	}
}

// A row that others refer to can only be deleted quickly when those that refer
// to it are found by an index.
func TestReferencesHaveAnIndex(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		schema := h.schema()
		reference := regexp.MustCompile(`^reference (\w+)\.(\w+) to `)
		n := 0
		for _, line := range schema {
			m := reference.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			n++
			indexed := regexp.MustCompile(`^(index|key) ` + m[1] + `\(` + m[2] + `\b.*\)( unique)?$`) // and not a partial one
			if !slices.ContainsFunc(schema, indexed.MatchString) {
				t.Errorf("%s: no index begins with it", line)
			}
		}
		if n < 10 {
			t.Errorf("only %d references", n)
		}
	})
}

func TestMigrationsGoBack(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		h.order(acct, 9198002000)
		h.do(func(tx porting.Tx) error { return tx.Audit(entryOf(acct, 1)) })
		before := h.schema()
		dialect := goose.DialectSQLite3
		if h.postgres() {
			dialect = goose.DialectPostgres
		}
		provider, err := goose.NewProvider(dialect, h.Writer(), os.DirFS(filepath.Join("migrations", h.engine())))
		if err != nil {
			t.Fatal(err)
		}
		_, err = provider.DownTo(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := h.count(map[string]string{
			"sqlite":   fmt.Sprintf(`SELECT COUNT(*) FROM sqlite_master AS m WHERE name `+ours, "name"),
			"postgres": fmt.Sprintf(`SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name `+ours, "table_name"),
		}[h.engine()]); n != 0 {
			t.Errorf("%d tables, indexes or triggers are left", n)
		}
		_, err = provider.Up(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "the schema, back again", h.schema(), before)
	})
}

// literals returns the strings in the store's Go files, those that are added
// up as one, and its migrations.
func literals(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	set := token.NewFileSet()
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, whole := joined(e)
			if whole {
				out[set.Position(n.Pos()).String()] = text
			}
			return !whole
		})
	}
	scripts, err := filepath.Glob("migrations/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = string(text)
	}
	return out
}

// joined is the text of a string, or of a sum that begins with one; what is no
// string in it is left out.
func joined(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, ok := joined(e.X)
		if e.Op != token.ADD || !ok {
			return "", false
		}
		right, _ := joined(e.Y)
		return left + " _ " + right, true
	}
	return "", false
}

func TestTheSQLIsOfBothEnginesAndAsksNoClock(t *testing.T) {
	t.Parallel()
	found := literals(t)
	statements := 0
	for where, text := range found {
		if regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE)\b`).MatchString(text) {
			statements++
		}
		for _, rule := range []struct{ name, wrong, unless string }{
			{name: "every column, whatever comes", wrong: `(?i)\b(SELECT|RETURNING)\s+(\w+\.)?\*`},
			{name: "the database's clock", wrong: `(?i)\bnow\(\)|\bCURRENT_(TIMESTAMP|TIME|DATE)\b|\bclock_timestamp\b|\bstrftime\(|\bdatetime\(`},
			{name: "SQLite's own", wrong: `(?i)\bjson_extract\b|\bINSERT OR\b|\bREPLACE INTO\b`},
			{name: "PostgreSQL's own", wrong: `(?i)\bILIKE\b|::\w|\bANY\s*\(`},
			{name: "a page in no order", wrong: `(?i)\bLIMIT\b`, unless: `(?is)\bORDER BY\b.*\bLIMIT\b`},
			{name: "OFFSET of no page", wrong: `(?i)\bOFFSET\b`, unless: `(?is)\bORDER BY\b.*\bLIMIT\b.*\bOFFSET\b`},
		} {
			if !regexp.MustCompile(rule.wrong).MatchString(text) {
				continue
			}
			if rule.unless == "" || !regexp.MustCompile(rule.unless).MatchString(text) {
				t.Errorf("%s: %s", where, rule.name)
			}
		}
	}
	if statements < 30 || len(found) < 100 {
		t.Errorf("only %d statements in %d strings: the search finds too little", statements, len(found))
	}
}
