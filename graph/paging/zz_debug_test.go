package paging

import (
	"context"
	"fmt"
	"os"

	"jobsgateway/restclient"
)

func debugSource(jobs source) source {
	if os.Getenv("DEBUGCALLS") == "" {
		return jobs
	}
	return func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		p, err := jobs(ctx, q)
		if err == nil {
			ids := ""
			for _, r := range p.Records {
				if r.Job != nil {
					ids += " " + r.Job.ID()[33:] + "@" + r.Job.CreatedAt().String()[11:19]
				}
			}
			if len(ids) > 400 {
				ids = ids[:200] + " .. " + ids[len(ids)-200:]
			}
			fmt.Println("   CALL", q.OrderBy, q.Offset, q.PerPage, "->", len(p.Records), "of", p.Total, "next", p.NextPage, ids)
		} else {
			fmt.Println("   CALL", q.OrderBy, q.Offset, q.PerPage, "->", err)
		}
		return p, err
	}
}
