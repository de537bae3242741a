package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/turbot/steampipe-plugin-sdk/v5/grpc/proto"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin/quals"
	"github.com/turbot/steampipe-plugin-sdk/v5/plugin/transform"
)

// A file of tables, as a test writes it.
type description struct {
	Tables []struct {
		Name    string
		Columns []struct{ Name, Type string }
		Keys    []struct {
			Name      string
			Operators []string
			Require   string
		}
		// Values as text; a column that a row lacks is NULL.
		Rows []map[string]string
	}
}

// Tables whose rows leave out all that conditions allow, as PostgreSQL decides them.
func describedTables(_ context.Context, d *plugin.TableMapData) (map[string]*plugin.Table, error) {
	tables := map[string]*plugin.Table{}
	for _, path := range settingsOf(d.Connection).Tables {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var described description
		if err := json.Unmarshal(text, &described); err != nil {
			return nil, err
		}
		for _, one := range described.Tables {
			table := &plugin.Table{Name: one.Name, Description: one.Name}
			types := map[string]string{}
			for _, column := range one.Columns {
				types[column.Name] = column.Type
				of, known := proto.ColumnType_value[column.Type]
				if !known {
					return nil, fmt.Errorf("no type %s", column.Type)
				}
				table.Columns = append(table.Columns, &plugin.Column{
					Name: column.Name, Type: proto.ColumnType(of), Description: column.Name,
					Transform: transform.From(func(_ context.Context, d *transform.TransformData) (any, error) {
						return typed(d.HydrateItem.(map[string]string), d.ColumnName, types[d.ColumnName])
					}),
				})
			}
			keys := plugin.KeyColumnSlice{}
			for _, key := range one.Keys {
				keys = append(keys, &plugin.KeyColumn{Name: key.Name, Operators: key.Operators, Require: key.Require})
			}
			rows := one.Rows
			table.List = &plugin.ListConfig{
				KeyColumns: keys,
				Hydrate: func(ctx context.Context, d *plugin.QueryData, _ *plugin.HydrateData) (any, error) {
					for _, row := range rows {
						if fulfils(d, row, types) {
							d.StreamListItem(ctx, row)
						}
						if d.RowsRemaining(ctx) == 0 {
							break
						}
					}
					return nil, nil
				},
			}
			tables[one.Name] = table
		}
	}
	return tables, nil
}

func typed(row map[string]string, column string, of string) (any, error) {
	text, known := row[column]
	if !known {
		return nil, nil
	}
	switch of {
	case "BOOL":
		return text == "true", nil
	case "INT":
		return strconv.ParseInt(text, 10, 64)
	case "DOUBLE":
		return strconv.ParseFloat(text, 64)
	case "TIMESTAMP":
		return time.Parse(time.RFC3339Nano, text)
	case "JSON":
		return json.RawMessage(text), nil
	}
	return text, nil
}

func fulfils(d *plugin.QueryData, row map[string]string, types map[string]string) bool {
	for _, column := range d.Quals {
		for _, qual := range column.Quals {
			text, known := row[qual.Column]
			if !holds(qual, text, known, types[qual.Column]) {
				return false
			}
		}
	}
	return true
}

func holds(qual *quals.Qual, text string, known bool, of string) bool {
	switch qual.Operator {
	case "is null":
		return !known
	case "is not null":
		return known
	}
	if !known {
		return false
	}
	if strings.Contains(qual.Operator, "~") {
		like := likePattern(qual.Value.GetStringValue(), strings.HasSuffix(qual.Operator, "*")).MatchString(text)
		return like != strings.HasPrefix(qual.Operator, "!")
	}
	order := 0
	switch of {
	case "BOOL":
		if (text == "true") != qual.Value.GetBoolValue() {
			order = 1
		}
	case "INT":
		own, _ := strconv.ParseInt(text, 10, 64)
		asked := qual.Value.GetInt64Value()
		if own < asked {
			order = -1
		} else if own > asked {
			order = 1
		}
	case "DOUBLE":
		own, _ := strconv.ParseFloat(text, 64)
		asked := qual.Value.GetDoubleValue()
		// To PostgreSQL, NaN is greater than all numbers; it is not passed.
		if own < asked {
			order = -1
		} else if own > asked || own != own {
			order = 1
		}
	case "TIMESTAMP":
		own, _ := time.Parse(time.RFC3339Nano, text)
		order = own.Compare(qual.Value.GetTimestampValue().AsTime())
	case "INET", "CIDR":
		inet := qual.Value.GetInetValue()
		if prefixOf(text) != prefixOf(inet.Cidr) {
			order = 1
		}
	case "JSON":
		var own, asked any
		_ = json.NewDecoder(bytes.NewBufferString(text)).Decode(&own)
		_ = json.NewDecoder(bytes.NewBufferString(qual.Value.GetJsonbValue())).Decode(&asked)
		if !reflect.DeepEqual(own, asked) {
			order = 1
		}
	default:
		order = strings.Compare(text, qual.Value.GetStringValue())
	}
	return compares(order, qual.Operator)
}

func prefixOf(text string) netip.Prefix {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix
	}
	address := netip.MustParseAddr(text)
	return netip.PrefixFrom(address, address.BitLen())
}

func likePattern(pattern string, anyCase bool) *regexp.Regexp {
	source := strings.Builder{}
	if anyCase {
		source.WriteString("(?i)")
	}
	source.WriteString("(?s)^")
	runes := []rune(pattern)
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '%':
			source.WriteString(".*")
		case runes[i] == '_':
			source.WriteString(".")
		case runes[i] == '\\' && i+1 < len(runes):
			i++
			source.WriteString(regexp.QuoteMeta(string(runes[i])))
		default:
			source.WriteString(regexp.QuoteMeta(string(runes[i])))
		}
	}
	source.WriteString("$")
	return regexp.MustCompile(source.String())
}
