package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/turbot/steampipe-plugin-sdk/v5/grpc/proto"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin/transform"
)

type faulty struct {
	Place string
	N     int64
}

// Fails where it is told to, after as many rows as it is told.
func tableFault() *plugin.Table {
	return &plugin.Table{
		Name:        "bridge_fault",
		Description: "Fails where it is told to.",
		List: &plugin.ListConfig{
			KeyColumns: plugin.KeyColumnSlice{
				{Name: "place", Require: plugin.Required},
				{Name: "after", Require: plugin.Optional},
			},
			IgnoreConfig: &plugin.IgnoreConfig{ShouldIgnoreErrorFunc: func(_ context.Context, _ *plugin.QueryData, _ *plugin.HydrateData, err error) bool {
				return err.Error() == "ignored"
			}},
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "list")
				place, after := d.EqualsQualString("place"), d.EqualsQuals["after"].GetInt64Value()
				for n := range after {
					d.StreamListItem(ctx, faulty{place, n})
				}
				switch place {
				case "list":
					return nil, errors.New("the list failed")
				case "ignored":
					return nil, errors.New("ignored")
				case "panic":
					panic("the list panicked")
				case "goroutine":
					go func() { panic("a goroutine panicked") }()
					time.Sleep(10 * time.Second)
				case "exit":
					log.Println("[ERROR] the plugin leaves, and says why")
					os.Exit(7)
				case "print":
					line := make([]byte, 1000)
					for range 1000 {
						fmt.Println(string(line))
					}
				case "sleep":
					time.Sleep(time.Hour)
				}
				return nil, nil
			},
		},
		Columns: []*plugin.Column{
			{Name: "place", Type: proto.ColumnType_STRING, Description: "Where it fails."},
			{Name: "after", Type: proto.ColumnType_INT, Description: "After how many rows.", Transform: transform.FromQual("after")},
			{Name: "n", Type: proto.ColumnType_INT, Description: "The row's number."},
			{Name: "transformed", Type: proto.ColumnType_STRING, Description: "Fails for the place transform.", Transform: transform.From(func(_ context.Context, d *transform.TransformData) (any, error) {
				if one := d.HydrateItem.(faulty); one.Place == "transform" {
					return nil, fmt.Errorf("the transform of %d failed", one.N)
				}
				return "transformed", nil
			})},
			{Name: "hydrated", Type: proto.ColumnType_STRING, Description: "Fails for the place hydrate.", Transform: transform.FromValue(), Hydrate: func(ctx context.Context, d *plugin.QueryData, h *plugin.HydrateData) (any, error) {
				if one := h.Item.(faulty); one.Place == "hydrate" && one.N == 0 {
					return nil, errors.New("the hydrate function failed")
				}
				return "hydrated", nil
			}},
		},
	}
}

// Pages that take a second each; it looks at nothing but its context.
func tableSlow() *plugin.Table {
	return &plugin.Table{
		Name:        "bridge_slow",
		Description: "Takes its time for each row.",
		List: &plugin.ListConfig{Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
			note(ctx, d, "list")
			running.Add(1)
			defer running.Add(-1)
			for n := range int64(1000) {
				d.StreamListItem(ctx, faulty{"", n})
				select {
				case <-time.After(200 * time.Millisecond):
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			return nil, nil
		}},
		Columns: []*plugin.Column{
			{Name: "n", Type: proto.ColumnType_INT, Description: "The row's number."},
		},
	}
}
