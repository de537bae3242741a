package main

import (
	"context"
	"math"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/turbot/steampipe-plugin-sdk/v5/grpc/proto"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin/transform"
)

// Lists of bridge_slow that run.
var running atomic.Int64

type value struct {
	Name      string
	Bool      any
	Int       any
	Double    any
	Text      any
	JSON      any
	Time      any
	Address   any
	Network   any
	Interface any
	Path      any
}

func tableType() *plugin.Table {
	values := []value{
		{"usual", true, 1, 1.5, "text", map[string]any{"a": []int{1, 2}}, time.Date(2024, 5, 1, 12, 30, 15, 123456789, time.UTC), "10.1.2.3", "10.0.0.0/8", "10.1.2.3/8", "a.b"},
		{"nothing", nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
		{"zero", false, 0, 0.0, "", "", nil, "", "", "", ""},
		{"large", true, int64(math.MaxInt64), math.MaxFloat64, "ä😀 \"'\\\n\t", "\"text\"", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), "2001:db8::1", "2001:db8::/32", "::1/128", "a"},
		{"small", false, int64(math.MinInt64), -math.SmallestNonzeroFloat64, " ", "null", time.Time{}, "0.0.0.0", "0.0.0.0/0", "0.0.0.0/0", "a"},
		{"no number", nil, nil, math.NaN(), nil, "[1, 2", nil, nil, nil, nil, nil},
		{"infinite", nil, nil, math.Inf(1), nil, "not json", nil, nil, nil, nil, nil},
		{"odd", nil, nil, math.Inf(-1), "a\x00b", "{\"a\": \"\\u0000\"}", time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC), "::ffff:1.2.3.4", "10.1.2.3/8", "fe80::1/64", "a"},
		{"digits", nil, int64(9007199254740993), 0.1, nil, "{\"n\": 12345678901234567890.123}", nil, nil, nil, nil, nil},
	}
	column := func(name string, of proto.ColumnType) *plugin.Column {
		return &plugin.Column{Name: name, Type: of, Description: "A value."}
	}
	return &plugin.Table{
		Name:        "bridge_type",
		Description: "Values of all types.",
		List: &plugin.ListConfig{
			KeyColumns: plugin.KeyColumnSlice{{Name: "name", Require: plugin.Optional}},
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "list")
				for _, one := range values {
					if asked := d.EqualsQuals["name"]; asked == nil || asked.GetStringValue() == one.Name {
						d.StreamListItem(ctx, one)
					}
				}
				return nil, nil
			},
		},
		Columns: []*plugin.Column{
			column("name", proto.ColumnType_STRING),
			column("bool", proto.ColumnType_BOOL),
			column("int", proto.ColumnType_INT),
			column("double", proto.ColumnType_DOUBLE),
			column("text", proto.ColumnType_STRING),
			column("json", proto.ColumnType_JSON),
			column("time", proto.ColumnType_TIMESTAMP),
			column("address", proto.ColumnType_IPADDR),
			column("network", proto.ColumnType_CIDR),
			column("interface", proto.ColumnType_INET),
			column("path", proto.ColumnType_LTREE),
		},
	}
}

// As many rows as are asked for, of eight columns.
func tableMany() *plugin.Table {
	return &plugin.Table{
		Name:        "bridge_many",
		Description: "Many rows.",
		List: &plugin.ListConfig{
			KeyColumns: plugin.KeyColumnSlice{{Name: "count", Require: plugin.Required}},
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "list")
				for n := range d.EqualsQuals["count"].GetInt64Value() {
					d.StreamListItem(ctx, map[string]any{
						"N": n, "Name": "a name of some length", "Region": "us-east-1", "Ok": n%2 == 0, "Size": float64(n) / 3,
						"At": firstTime.Add(time.Duration(n) * time.Millisecond), "Tags": map[string]string{"Owner": "somebody"},
					})
					if d.RowsRemaining(ctx) == 0 {
						break
					}
				}
				return nil, nil
			},
		},
		Columns: []*plugin.Column{
			{Name: "count", Type: proto.ColumnType_INT, Description: "How many.", Transform: transform.FromQual("count")},
			{Name: "n", Type: proto.ColumnType_INT, Description: "The row's number."},
			{Name: "name", Type: proto.ColumnType_STRING, Description: "A name."},
			{Name: "region", Type: proto.ColumnType_STRING, Description: "A region."},
			{Name: "ok", Type: proto.ColumnType_BOOL, Description: "Whether the number is even."},
			{Name: "size", Type: proto.ColumnType_DOUBLE, Description: "A third of the number."},
			{Name: "at", Type: proto.ColumnType_TIMESTAMP, Description: "A time."},
			{Name: "tags", Type: proto.ColumnType_JSON, Description: "Tags."},
		},
	}
}

// What the plugin was told, and what it is doing.
func tableSetting() *plugin.Table {
	return &plugin.Table{
		Name:        "bridge_setting",
		Description: "What the plugin was told.",
		List: &plugin.ListConfig{Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
			found := settingsOf(d.Connection)
			names := []string{}
			for _, variable := range os.Environ() {
				name, _, _ := strings.Cut(variable, "=")
				names = append(names, name)
			}
			d.StreamListItem(ctx, map[string]any{
				"Word": found.Word, "Words": found.Words, "Pid": os.Getpid(), "Running": running.Load(), "Environment": names,
			})
			return nil, nil
		}},
		Columns: []*plugin.Column{
			{Name: "word", Type: proto.ColumnType_STRING, Description: "The connection's word."},
			{Name: "words", Type: proto.ColumnType_JSON, Description: "The connection's words."},
			{Name: "pid", Type: proto.ColumnType_INT, Description: "The plugin's process."},
			{Name: "running", Type: proto.ColumnType_INT, Description: "Lists of bridge_slow that run."},
			{Name: "account", Type: proto.ColumnType_STRING, Description: "The connection's account.", Transform: transform.FromConstant("1*1")},
			{Name: "environment", Type: proto.ColumnType_JSON, Description: "Names of the variables that it sees."},
		},
	}
}
