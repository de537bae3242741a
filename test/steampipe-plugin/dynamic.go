package main

import (
	"context"

	"github.com/turbot/steampipe-plugin-sdk/v5/plugin"
)

func describedTables(_ context.Context, d *plugin.TableMapData) (map[string]*plugin.Table, error) {
	return map[string]*plugin.Table{}, nil
}
