package direct

import (
	"math/bits"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// Plans are the plans of a document's operations. Each is compiled when it is first asked for, and
// remembered. Safe for concurrent use.
type Plans struct {
	schema *ast.Schema
	doc    *ast.QueryDocument
	// conditions are the variables that @skip and @include read: all that a plan depends on.
	conditions []string

	mu    sync.RWMutex
	plans map[string]*Plan // by operation name and conditions
}

// maxPlans bounds the plans that a document remembers: each condition doubles them, and clients use few of
// the combinations.
const maxPlans = 16

// NewPlans makes the plans of a document that is valid in schema and that nobody changes any more. Conditions
// are the names of the variables that its @skip and @include read.
func NewPlans(schema *ast.Schema, doc *ast.QueryDocument, conditions []string) *Plans {
	return &Plans{schema: schema, doc: doc, conditions: conditions, plans: map[string]*Plan{}}
}

// Most returns how many plans there may come to be, at most 16.
//
// Example: two operations with one condition have four.
func (p *Plans) Most() int {
	if n := len(p.conditions); n < bits.Len(maxPlans) {
		return min(maxPlans, len(p.doc.Operations)<<n)
	}
	return maxPlans
}

// Plan returns the plan of one of the document's operations. Variables decide @skip and @include, and nothing
// else.
func (p *Plans) Plan(op *ast.OperationDefinition, variables map[string]any) *Plan {
	key := op.Name
	if len(p.conditions) > 0 {
		key = p.keyOf(op, variables)
	}
	p.mu.RLock()
	plan, ok := p.plans[key]
	p.mu.RUnlock()
	if ok {
		return plan
	}
	plan = Compile(p.schema, p.doc, op, variables)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.plans) < maxPlans {
		p.plans[key] = plan
	}
	return plan
}

// keyOf spells an operation and what its conditions come to, such as "Board 01"; an operation's name has no
// blank.
func (p *Plans) keyOf(op *ast.OperationDefinition, variables map[string]any) string {
	key := append([]byte(op.Name), ' ')
	for _, name := range p.conditions {
		if is, _ := variables[name].(bool); is {
			key = append(key, '1')
		} else {
			key = append(key, '0')
		}
	}
	return string(key)
}
