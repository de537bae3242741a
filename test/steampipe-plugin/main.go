// A Steampipe plugin for the tests of plugins/steampipe: with the real SDK, and an API that is made up here.
//
// Under a name that holds "dynamic", its tables are those that each connection's file describes.
package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/turbot/steampipe-plugin-sdk/v5/plugin"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin/transform"
	"github.com/turbot/steampipe-plugin-sdk/v5/rate_limiter"
)

func main() {
	plugin.Serve(&plugin.ServeOpts{PluginFunc: newPlugin})
}

// What a connection says.
type settings struct {
	// Shown by bridge_setting.
	Word  *string  `hcl:"word,optional"`
	Words []string `hcl:"words,optional"`
	// Milliseconds that each call takes.
	Latency *int `hcl:"latency,optional"`
	// Of the dynamic plugin: files that describe tables and rows.
	Tables []string `hcl:"tables,optional" steampipe:"watch"`
}

func settingsOf(connection *plugin.Connection) settings {
	if connection == nil || connection.Config == nil {
		return settings{}
	}
	found, _ := connection.Config.(settings)
	return found
}

func newPlugin(_ context.Context) *plugin.Plugin {
	name := filepath.Base(os.Args[0])
	if strings.Contains(name, "unstartable") {
		panic("this plugin does not start")
	}
	made := &plugin.Plugin{
		Name:             "steampipe-plugin-bridge",
		DefaultTransform: transform.FromGo(),
		ConnectionConfigSchema: &plugin.ConnectionConfigSchema{
			NewInstance: func() any { return &settings{} },
		},
		ConnectionKeyColumns: []plugin.ConnectionKeyColumn{
			// As without credentials: the SDK then leaves out the connection, and says nothing.
			{Name: "account", Hydrate: func(context.Context, *plugin.QueryData, *plugin.HydrateData) (any, error) {
				return nil, errors.New("there are no credentials")
			}},
		},
		RateLimiters: []*rate_limiter.Definition{
			{Name: "bridge_rated", MaxConcurrency: 3, Where: "rated = 'yes'", Scope: []string{"rated"}},
		},
	}
	if strings.Contains(name, "dynamic") {
		made.SchemaMode = plugin.SchemaModeDynamic
		made.TableMapFunc = describedTables
		return made
	}
	made.TableMap = map[string]*plugin.Table{
		"bridge_any_of":  tableAnyOf(),
		"bridge_call":    tableCall(),
		"bridge_child":   tableChild(),
		"bridge_fault":   tableFault(),
		"bridge_item":    tableItem(),
		"bridge_lookup":  tableLookup(),
		"bridge_many":    tableMany(),
		"bridge_region":  tableRegion(),
		"bridge_setting": tableSetting(),
		"bridge_slow":    tableSlow(),
		"bridge_type":    tableType(),
	}
	return made
}
