package main

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/turbot/steampipe-plugin-sdk/v5/grpc/proto"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin/quals"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin/transform"
)

type item struct {
	ID   string
	Kind string
	N    int64
	At   time.Time
	Ok   bool
	IP   string
	Net  string
}

var (
	itemKinds = []string{"red", "green", "blue"}
	// Times have fractions of a second, which conditions of this protocol may lose.
	firstTime = time.Date(2024, 5, 1, 0, 0, 0, 900_000_000, time.UTC)
	items     = madeItems(300)
)

func madeItems(count int) []item {
	made := make([]item, count)
	for i := range made {
		made[i] = item{
			ID:   fmt.Sprintf("item-%d", i),
			Kind: itemKinds[i%len(itemKinds)],
			N:    int64(i),
			At:   firstTime.Add(time.Duration(i) * time.Second),
			Ok:   i%2 == 0,
			IP:   fmt.Sprintf("10.0.%d.%d", i/100, i%100),
			Net:  fmt.Sprintf("10.%d.0.0/16", i%100),
		}
	}
	return made
}

// Leaves out whatever its conditions allow, so that a condition too many shows.
func tableItem() *plugin.Table {
	patterns := []string{"=", "<>", "~~", "!~~", "~~*", "!~~*", "~"}
	ranges := []string{"=", "<>", "<", "<=", ">", ">="}
	return &plugin.Table{
		Name:        "bridge_item",
		Description: "Items, with conditions of every kind.",
		Get: &plugin.GetConfig{
			KeyColumns: plugin.SingleColumn("id"),
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "get")
				id := d.EqualsQualString("id")
				for _, one := range items {
					// The API takes names in any case.
					if strings.EqualFold(one.ID, id) {
						return one, nil
					}
				}
				return nil, nil
			},
		},
		List: &plugin.ListConfig{
			KeyColumns: plugin.KeyColumnSlice{
				{Name: "kind", Require: plugin.Optional, Operators: patterns},
				{Name: "n", Require: plugin.Optional, Operators: ranges},
				{Name: "at", Require: plugin.Optional, Operators: ranges},
				{Name: "ok", Require: plugin.Optional, Operators: []string{"=", "<>"}},
				{Name: "ip", Require: plugin.Optional},
				{Name: "note", Require: plugin.Optional, Operators: []string{"=", "is null", "is not null"}},
			},
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "list")
				for _, one := range items {
					if !isAsked(d, one) {
						continue
					}
					d.StreamListItem(ctx, one)
					if d.RowsRemaining(ctx) == 0 {
						break
					}
				}
				return nil, nil
			},
		},
		Columns: []*plugin.Column{
			{Name: "id", Type: proto.ColumnType_STRING, Description: "Its name."},
			{Name: "kind", Type: proto.ColumnType_STRING, Description: "Its color."},
			{Name: "n", Type: proto.ColumnType_INT, Description: "Its number."},
			{Name: "at", Type: proto.ColumnType_TIMESTAMP, Description: "Its time."},
			{Name: "ok", Type: proto.ColumnType_BOOL, Description: "Whether its number is even."},
			{Name: "ip", Type: proto.ColumnType_IPADDR, Description: "Its address."},
			{Name: "net", Type: proto.ColumnType_CIDR, Description: "Its network."},
			{Name: "note", Type: proto.ColumnType_STRING, Description: "A note; odd items have none.", Transform: transform.From(noteOf)},
			{Name: "account", Type: proto.ColumnType_STRING, Description: "The connection's account.", Transform: transform.FromConstant("1*1")},
			{Name: "detail", Type: proto.ColumnType_STRING, Description: "Takes a call for each item.", Hydrate: itemDetail, Transform: transform.FromValue()},
		},
	}
}

func noteOf(_ context.Context, d *transform.TransformData) (any, error) {
	if one := d.HydrateItem.(item); one.Ok {
		return "note of " + one.ID, nil
	}
	return nil, nil
}

func itemDetail(ctx context.Context, d *plugin.QueryData, h *plugin.HydrateData) (any, error) {
	note(ctx, d, "detail")
	return "detail of " + h.Item.(item).ID, nil
}

func isAsked(d *plugin.QueryData, one item) bool {
	for _, column := range d.Quals {
		for _, qual := range column.Quals {
			if !isTrue(qual, one) {
				return false
			}
		}
	}
	return true
}

func isTrue(qual *quals.Qual, one item) bool {
	switch qual.Column {
	case "kind":
		return matches(one.Kind, qual.Operator, qual.Value.GetStringValue())
	case "n":
		return compares(int(one.N-qual.Value.GetInt64Value()), qual.Operator)
	case "at":
		// As many plugins do: to the second.
		asked := time.Unix(qual.Value.GetTimestampValue().Seconds, 0)
		return compares(one.At.Compare(asked), qual.Operator)
	case "ok":
		return (one.Ok == qual.Value.GetBoolValue()) == (qual.Operator == "=")
	case "ip":
		asked, err := netip.ParseAddr(qual.Value.GetInetValue().GetAddr())
		return err == nil && asked == netip.MustParseAddr(one.IP)
	case "note":
		switch qual.Operator {
		case "is null":
			return !one.Ok
		case "is not null":
			return one.Ok
		}
		return one.Ok && "note of "+one.ID == qual.Value.GetStringValue()
	}
	return true
}

func compares(order int, operator string) bool {
	switch operator {
	case "=":
		return order == 0
	case "<>":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	panic("operator " + operator)
}

// LIKE, of patterns without backslashes.
func matches(text string, operator string, pattern string) bool {
	if strings.HasSuffix(operator, "*") {
		text, pattern = strings.ToLower(text), strings.ToLower(pattern)
	}
	expression := strings.NewReplacer("%", "(?s:.*)", "_", "(?s:.)").Replace(regexp.QuoteMeta(pattern))
	like := regexp.MustCompile("^" + expression + "$").MatchString(text)
	switch operator {
	case "=", "~~", "~~*":
		return like
	case "<>", "!~~", "!~~*":
		return !like
	}
	panic("operator " + operator)
}

// One row for each key, or for what the API takes as the same one.
func tableLookup() *plugin.Table {
	return &plugin.Table{
		Name:        "bridge_lookup",
		Description: "One row for each key; it needs a key.",
		List: &plugin.ListConfig{
			KeyColumns: plugin.KeyColumnSlice{
				{Name: "key", Require: plugin.Required},
				{Name: "mode", Require: plugin.Optional},
			},
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "list")
				key := d.EqualsQualString("key")
				switch d.EqualsQualString("mode") {
				case "prefix":
					// A search: all keys that begin so.
					for _, one := range []string{"a", "ab", "abc", "b"} {
						if strings.HasPrefix(one, key) {
							d.StreamListItem(ctx, map[string]any{"Key": one, "Value": "of " + one, "Mode": "prefix"})
						}
					}
				case "twice":
					for range 2 {
						d.StreamListItem(ctx, map[string]any{"Key": key, "Value": "of " + key, "Mode": "twice"})
					}
				case "":
					d.StreamListItem(ctx, map[string]any{"Key": key, "Value": "of " + key})
				}
				return nil, nil
			},
		},
		Columns: []*plugin.Column{
			{Name: "key", Type: proto.ColumnType_STRING, Description: "What to look up."},
			{Name: "mode", Type: proto.ColumnType_STRING, Description: "prefix or twice."},
			{Name: "value", Type: proto.ColumnType_STRING, Description: "What was found."},
		},
	}
}

func tableAnyOf() *plugin.Table {
	return &plugin.Table{
		Name:        "bridge_any_of",
		Description: "Needs one of two keys.",
		List: &plugin.ListConfig{
			KeyColumns: plugin.AnyColumn([]string{"name", "number"}),
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "list")
				name, number := d.EqualsQualString("name"), d.EqualsQuals["number"].GetInt64Value()
				if name == "" {
					name = "number " + strconv.FormatInt(number, 10)
				} else {
					number, _ = strconv.ParseInt(strings.TrimPrefix(name, "number "), 10, 64)
				}
				d.StreamListItem(ctx, map[string]any{"Name": name, "Number": number})
				return nil, nil
			},
		},
		Columns: []*plugin.Column{
			{Name: "name", Type: proto.ColumnType_STRING, Description: "number and a number."},
			{Name: "number", Type: proto.ColumnType_INT, Description: "The number."},
		},
	}
}

// In each of two regions, one of which has no item "there".
func tableRegion() *plugin.Table {
	type regional struct{ ID, Region string }
	region := func(d *plugin.QueryData) string { return d.EqualsQualString("region") }
	return &plugin.Table{
		Name:        "bridge_region",
		Description: "Items of two regions.",
		GetMatrixItemFunc: func(context.Context, *plugin.QueryData) []map[string]any {
			return []map[string]any{{"region": "east"}, {"region": "west"}}
		},
		Get: &plugin.GetConfig{
			KeyColumns: plugin.SingleColumn("id"),
			Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "get")
				id := d.EqualsQualString("id")
				if id == "both" || id == region(d) {
					return regional{id, region(d)}, nil
				}
				return nil, nil
			},
		},
		List: &plugin.ListConfig{Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
			note(ctx, d, "list")
			d.StreamListItem(ctx, regional{"both", region(d)})
			d.StreamListItem(ctx, regional{region(d), region(d)})
			return nil, nil
		}},
		Columns: []*plugin.Column{
			{Name: "id", Type: proto.ColumnType_STRING, Description: "Its name.", Transform: transform.FromField("ID")},
			{Name: "region", Type: proto.ColumnType_STRING, Description: "Its region."},
		},
	}
}

func tableChild() *plugin.Table {
	type child struct{ Parent, Name string }
	return &plugin.Table{
		Name:        "bridge_child",
		Description: "Children of two parents.",
		List: &plugin.ListConfig{
			ParentHydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
				note(ctx, d, "parents")
				d.StreamListItem(ctx, "a")
				d.StreamListItem(ctx, "b")
				return nil, nil
			},
			Hydrate: func(ctx context.Context, d *plugin.QueryData, h *plugin.HydrateData) (any, error) {
				note(ctx, d, "children")
				for i := range 50 {
					d.StreamListItem(ctx, child{h.Item.(string), fmt.Sprintf("%s%d", h.Item, i)})
					if d.RowsRemaining(ctx) == 0 {
						break
					}
				}
				return nil, nil
			},
		},
		Columns: []*plugin.Column{
			{Name: "parent", Type: proto.ColumnType_STRING, Description: "Its parent."},
			{Name: "name", Type: proto.ColumnType_STRING, Description: "Its name."},
		},
	}
}
