package main

import (
	"context"
	"encoding/json"
	"sort"
	"sync"
	"time"

	"github.com/turbot/steampipe-plugin-sdk/v5/grpc/proto"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin"
)

// What the plugin has been asked for: each call of a list, get or hydrate function.
type call struct {
	Table string
	Kind  string
	Quals string
	Limit *int64
}

var (
	callsLock sync.Mutex
	calls     []call
)

// Notes a call, with the quals that reached it, and waits as long as the connection says that a call takes.
func note(ctx context.Context, d *plugin.QueryData, kind string) {
	told := []string{}
	for _, column := range d.Quals {
		for _, qual := range column.Quals {
			told = append(told, qual.Column+" "+qual.Operator+" "+textOf(qual.Value))
		}
	}
	sort.Strings(told)
	text, _ := json.Marshal(told)
	callsLock.Lock()
	calls = append(calls, call{Table: d.Table.Name, Kind: kind, Quals: string(text), Limit: d.QueryContext.Limit})
	callsLock.Unlock()
	if latency := settingsOf(d.Connection).Latency; latency != nil {
		select {
		case <-time.After(time.Duration(*latency) * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func textOf(value *proto.QualValue) string {
	if value == nil || value.Value == nil {
		return ""
	}
	switch of := value.Value.(type) {
	case *proto.QualValue_StringValue:
		return of.StringValue
	case *proto.QualValue_InetValue:
		return of.InetValue.Cidr
	case *proto.QualValue_TimestampValue:
		return of.TimestampValue.AsTime().Format(time.RFC3339Nano)
	case *proto.QualValue_JsonbValue:
		return of.JsonbValue
	case *proto.QualValue_ListValue:
		texts := []string{}
		for _, one := range of.ListValue.Values {
			texts = append(texts, textOf(one))
		}
		text, _ := json.Marshal(texts)
		return string(text)
	default:
		text, _ := json.Marshal(valueOf(value))
		return string(text)
	}
}

func valueOf(value *proto.QualValue) any {
	switch of := value.Value.(type) {
	case *proto.QualValue_Int64Value:
		return of.Int64Value
	case *proto.QualValue_DoubleValue:
		return of.DoubleValue
	case *proto.QualValue_BoolValue:
		return of.BoolValue
	}
	return nil
}

// Gives the calls since it was asked last.
func tableCall() *plugin.Table {
	return &plugin.Table{
		Name:        "bridge_call",
		Description: "Calls of the plugin's functions since this was asked last.",
		List: &plugin.ListConfig{Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
			callsLock.Lock()
			taken := calls
			calls = nil
			callsLock.Unlock()
			for position, one := range taken {
				d.StreamListItem(ctx, map[string]any{
					"Position": position, "Of": one.Table, "Kind": one.Kind, "Quals": one.Quals, "Limit": one.Limit,
				})
			}
			return nil, nil
		}},
		Columns: []*plugin.Column{
			{Name: "position", Type: proto.ColumnType_INT, Description: "Its number."},
			{Name: "of", Type: proto.ColumnType_STRING, Description: "The table."},
			{Name: "kind", Type: proto.ColumnType_STRING, Description: "list, get or the hydrate function."},
			{Name: "quals", Type: proto.ColumnType_JSON, Description: "The conditions that reached it."},
			{Name: "limit", Type: proto.ColumnType_INT, Description: "The limit that reached it."},
		},
	}
}
