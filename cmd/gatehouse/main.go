// Command gatehouse is the sign-in server, its demo, and the operator's tools. Here
// everything is put together; the work is done in internal.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // sites name their zones, and a container may have none

	"github.com/alecthomas/kong"

	"gatehouse/internal/argon2"
)

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2 // wrong usage or configuration
	// exitLater tells a mail system to try again (EX_TEMPFAIL of sysexits.h).
	exitLater = 75
)

// commands is the command line.
type commands struct {
	Demo      demoCmd        `cmd:"" help:"Try Gatehouse out: three sites, people and an inbox in one process, nothing to configure."`
	Serve     serveCmd       `cmd:"" help:"Run the server."`
	Migrate   migrateCmd     `cmd:"" help:"Bring the database to this program's version, or say where it is."`
	Import    importCmd      `cmd:"" help:"Bring companies and users in from a CSV file."`
	Company   companyCmd     `cmd:"" help:"Create, list, show and change companies."`
	User      userCmd        `cmd:"" help:"Create, list, show, change, unlock, reset, deactivate and activate users."`
	Operator  operatorCmd    `cmd:"" help:"Create, list and change those who run the installation and sign in to its pages."`
	App       applicationCmd `cmd:"" help:"Register, list, show and change applications that sign users in."`
	Reference referenceCmd   `cmd:"" help:"Find what happened in the request that an error page names."`
	Init      initCmd        `cmd:"" help:"Write a first configuration, keys and a site that start: five questions, or flags."`
	Doctor    doctorCmd      `cmd:"" help:"Check the installation and say what to fix."`
	Bounce    bounceCmd      `cmd:"" help:"Take a report about mail that came back, from standard input; for the mail system."`
	Backup    backupCmd      `cmd:"" help:"Copy the SQLite database while the server runs."`
	Restore   restoreCmd     `cmd:"" help:"Put a backup in the place of the SQLite database; for PostgreSQL, after pg_restore, end what was open in it."`
	Rehearse  rehearseCmd    `cmd:"" help:"Try an upgrade on a copy of the database: migrate it, check it, sign in, and say how long it takes."`
	Keys      keysCmd        `cmd:"" help:"Make a key file; replace the keys that sign tokens."`
	Version   versionCmd     `cmd:"" help:"Print version, commit and Go version."`
}

// app is what commands work with.
type app struct {
	ctx      context.Context
	out, err io.Writer
	environ  []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := around(func() int { return run(&app{ctx: ctx, out: os.Stdout, err: os.Stderr}, os.Args[1:]) })
	stop()
	os.Exit(status)
}

// around is where a program built for profiling starts and stops that; see profile.go.
var around = func(run func() int) int { return run() }

// run runs a command line and returns the exit status.
func run(a *app, args []string) int {
	exited := -1
	parser, err := kong.New(grammar(args), kong.Name("gatehouse"), kong.Writers(a.out, a.err),
		kong.Description("A sign-in server for business portals."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Exit(func(status int) { exited = status }))
	if err != nil { // a mistake in the structs above
		panic(err)
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		fmt.Fprintf(a.err, "gatehouse: %v\nRun gatehouse --help, or gatehouse COMMAND --help, for what there is.\n", err)
		return exitUsage
	}
	// It names the file and is not a setting in it; reading the settings from the
	// environment would complain.
	os.Unsetenv(configVariable)
	if err = checkKernel(); err == nil {
		a.environ = os.Environ()
		err = command.Run(a)
	}
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(a.err, "gatehouse: "+explain(err))
	var usage usageError
	var later laterError
	if errors.As(err, &later) {
		return exitLater
	}
	if errors.As(err, &usage) || isConfiguration(err) {
		return exitUsage
	}
	return exitFailed
}

// grammar is what a command line may be: the command that it begins with, if it does. Reading them all
// takes a tenth of a start.
func grammar(args []string) any {
	all := reflect.TypeFor[commands]()
	for i := range all.NumField() {
		if f := all.Field(i); len(args) > 0 && args[0] == strings.ToLower(f.Name) {
			return reflect.New(reflect.StructOf([]reflect.StructField{f})).Interface()
		}
	}
	return &commands{}
}

const configVariable = "GATEHOUSE_CONFIG"

// checkKernel refuses a kernel that this machine does not have. The kernel was chosen
// when the program started; it is not a setting of the file either.
func checkKernel() error {
	asked := os.Getenv(argon2.Variable)
	os.Unsetenv(argon2.Variable)
	if asked == "" || slices.Contains(argon2.Kernels(), asked) {
		return nil
	}
	return usageError{fmt.Errorf("%s is %q: this machine can run %s", argon2.Variable, asked, strings.Join(argon2.Kernels(), ", "))}
}

// configFlag is the flag of all commands that need the configuration.
type configFlag struct {
	Config string `help:"The configuration file; without it the one in this folder, or in /etc/gatehouse." short:"c" default:"gatehouse.yaml" env:"GATEHOUSE_CONFIG" placeholder:"FILE"`
}

// packagedConfig is where a package has the configuration.
const packagedConfig = "/etc/gatehouse/gatehouse.yaml"

// AfterApply takes the package's configuration if the current folder has none.
func (f *configFlag) AfterApply() error {
	if f.Config != "gatehouse.yaml" {
		return nil
	}
	if _, err := os.Stat(f.Config); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(packagedConfig); !errors.Is(err, fs.ErrNotExist) { // an unreadable one is there too
		f.Config = packagedConfig
	}
	return nil
}

type serveCmd struct{ configFlag }

func (c *serveCmd) Run(a *app) error { return runServe(a.ctx, c.Config) }

type demoCmd struct {
	Listen     string `help:"Where to listen; an address of this machine." default:"127.0.0.1:8080" placeholder:"ADDRESS"`
	Data       string `help:"Keep the data in this folder; without it, in one that is removed at the end." placeholder:"DIR"`
	SMTPListen string `name:"smtp-listen" help:"Where the demo's mail server listens." default:"127.0.0.1:0" placeholder:"ADDRESS"`
	JSON       bool   `name:"json" help:"Print addresses and accounts as one line of JSON."`
}

func (c *demoCmd) Run(a *app) error {
	return runDemo(a.ctx, demoOptions{Listen: c.Listen, Data: c.Data, SMTPListen: c.SMTPListen, JSON: c.JSON})
}
