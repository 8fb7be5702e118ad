package document_test

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/internal/document"
)

//go:embed testdata/kennel.graphqls
var kennel string

func kennelSchema(t testing.TB) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: kennel})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// rulesOfTheSpecification has, for each rule of section 5 of the edition of September 2025, documents that
// keep it and documents that break it.
var rulesOfTheSpecification = []struct {
	rule         string
	keep, broken []string
}{
	{
		"5.1.1 Executable Definitions", // by the parser
		[]string{`{dog{name}}`},
		[]string{`{dog{name}} type X{a:Int}`, `schema{query:Q}`, `extend type Dog{a:Int}`, `directive @x on FIELD`},
	},
	{
		"5.2.1.1 Operation Type Existence",
		[]string{`query{dog{name}}`, `mutation{feed}`, `subscription{bark}`},
		nil, // the kennel has all types: see TestOperationTypes
	},
	{
		"5.2.2.1 Operation Name Uniqueness",
		[]string{`query A{dog{name}} query B{dog{name}} mutation C{feed}`},
		[]string{`query A{dog{name}} query A{dog{name}}`, `query A{dog{name}} mutation A{feed}`},
	},
	{
		"5.2.3.1 Lone Anonymous Operation",
		[]string{`{dog{name}}`, `{dog{...F}} fragment F on Dog{name}`},
		[]string{`{dog{name}} {cat{name}}`, `{dog{name}} query A{dog{name}}`, `query{dog{name}} mutation{feed}`},
	},
	{
		"5.2.4.1 Single Root Field",
		[]string{`subscription{bark}`, `subscription{bark bark}`, `subscription{...F} fragment F on Subscription{...{bark}}`},
		[]string{
			`subscription{bark meow}`, `subscription{bark again:bark}`, `subscription{...F bark} fragment F on Subscription{meow}`,
			`subscription{__typename}`, `subscription{x:__typename}`, `subscription($b:Boolean!){bark @include(if:$b)}`,
			`subscription{...@skip(if:true){bark}}`, `subscription{...F @skip(if:false)} fragment F on Subscription{bark}`,
			`subscription{...F} fragment F on Subscription{...on Subscription{bark meow}}`,
			`subscription{...F} fragment F on Subscription{bark ...F}`, `subscription{...F} fragment F on Subscription{...G} fragment G on Subscription{...F}`,
		},
	},
	{
		"5.3.1 Field Selections",
		[]string{`{dog{name __typename} pet{__typename} named{name}}`, `{__schema{types{name}} __type(name:"Dog"){name}}`},
		[]string{`{nope}`, `{dog{meows}}`, `{pet{name}}`, `{named{barks}}`, `{dog{__schema{types{name}}}}`, `{dog{...F}} fragment F on Dog{nope}`},
	},
	{
		"5.3.2 Field Selection Merging",
		[]string{
			`{dog{name name}}`, `{dog{x:name x:name}}`, `{dog{barks(loud:true) barks(loud:true)}}`,
			`query($a:Boolean){dog{barks(loud:$a) barks(loud:$a)}}`, `{pet{...on Dog{x:name} ...on Cat{x:name}}}`,
			`{pet{...on Dog{x:barks(loud:true)} ...on Cat{x:meows}}}`, `{dog{owner{name}} dog{owner{name}}}`,
			`{find(where:{need:1 name:"a"}){name} find(where:{name:"a" need:1}){age}}`,
		},
		[]string{
			`{dog{x:name x:age}}`, `{dog{barks barks(loud:true)}}`, `{dog{barks(loud:true) barks(loud:false)}}`,
			`query($a:Boolean,$b:Boolean){dog{barks(loud:$a) barks(loud:$b)}}`, `query($a:Boolean){dog{barks(loud:$a) barks(loud:true)}}`,
			`{pet{...on Dog{age} ...on Cat{age}}}`, `{pet{...on Dog{x:name} ...on Cat{x:owner{name}}}}`,
			`{dog{owner{x:name}} dog{owner{x:pets{__typename}}}}`, `{dog{...F ...G}} fragment F on Dog{x:name} fragment G on Dog{x:age}`,
			`{dog{...F x:age}} fragment F on Dog{...G} fragment G on Dog{x:name}`, `{find(n:1){name} find(n:2){name}}`,
			`{find(where:{need:1}){name} find(where:{need:2}){name}}`, `{list(of:[1 2]) list(of:[2 1])}`, `{find(text:"1"){name} find(text:"2"){name}}`,
		},
	},
	{
		"5.3.3 Leaf Field Selections",
		[]string{`{dog{name color}}`},
		[]string{`{dog}`, `{pet}`, `{named}`, `{dog{name{x}}}`, `{dog{color{x}}}`, `{list{x}}`},
	},
	{
		"5.4.1 Argument Names",
		[]string{`{dog{barks(loud:true) @onField}}`},
		[]string{`{dog{barks(nope:true)}}`, `{dog(loud:true){name}}`, `{dog{name @onField(n:1)}}`, `{dog{name @skip(if:true,unless:1)}}`, `{__typename(n:1)}`},
	},
	{
		"5.4.2 Argument Uniqueness",
		[]string{`{find(n:1 rate:1){name}}`},
		[]string{`{find(n:1 n:1){name}}`, `{dog{name @skip(if:true if:true)}}`},
	},
	{
		"5.4.3 Required Arguments",
		[]string{`{need(n:1)}`, `{find{name}}`, `query($n:Int!){need(n:$n)}`},
		[]string{`{need}`, `{need(n:null)}`, `{find(req:null){name}}`, `{dog{name @skip}}`, `{dog{name @need}}`, `{__type{name}}`},
	},
	{
		"5.5.1.1 Fragment Name Uniqueness",
		[]string{`{dog{...A ...B}} fragment A on Dog{name} fragment B on Dog{name}`},
		[]string{`{dog{...A}} fragment A on Dog{name} fragment A on Dog{name}`},
	},
	{
		"5.5.1.2 Fragment Spread Type Existence",
		[]string{`{pet{...on Dog{name} ...{__typename} ...@include(if:true){__typename}}}`},
		[]string{`{dog{...on Nope{name}}}`, `{dog{...F}} fragment F on Nope{name}`},
	},
	{
		"5.5.1.3 Fragments on Object, Interface or Union Types",
		[]string{`{pet{...on Named{name} ...on Pet{__typename} ...on Dog{name}}}`},
		[]string{`{dog{...on Color{x}}}`, `{dog{...on String{x}}}`, `{dog{...on Where{name}}}`, `{dog{...F}} fragment F on Color{x}`},
	},
	{
		"5.5.1.4 Fragments Must Be Used",
		[]string{`{dog{...A}} fragment A on Dog{...B} fragment B on Dog{name}`},
		[]string{`{dog{name}} fragment A on Dog{name}`, `{dog{name}} fragment A on Dog{...B} fragment B on Dog{name}`},
	},
	{
		"5.5.2.1 Fragment Spread Target Defined",
		[]string{`{dog{...A}} fragment A on Dog{name}`},
		[]string{`{dog{...A}}`, `{dog{...A}} fragment A on Dog{...B}`, `{dog{...a}} fragment A on Dog{name}`},
	},
	{
		"5.5.2.2 Fragment Spreads Must Not Form Cycles",
		[]string{`{dog{...A ...A}} fragment A on Dog{name}`},
		[]string{
			`{dog{...A}} fragment A on Dog{...A}`, `{dog{...A}} fragment A on Dog{...B} fragment B on Dog{...A}`,
			`{dog{...A}} fragment A on Dog{owner{pets{...on Dog{...A}}}}`, `{dog{name}} fragment A on Dog{...A}`,
		},
	},
	{
		"5.5.2.3 Fragment Spread Is Possible",
		[]string{`{dog{...on Dog{name} ...on Pet{__typename} ...on Named{name}}}`, `{named{...on Pet{__typename}}}`},
		[]string{`{dog{...on Cat{name}}}`, `{dog{...F}} fragment F on Cat{name}`, `{pet{...on Free{x}}}`, `{named{...on Human{name}}}`},
	},
	{
		"5.6.1 Values of Correct Type",
		[]string{
			`{find(n:2147483647 rate:1 text:"a" flag:false id:1 color:RED){name}}`, `{find(n:-2147483648 rate:1.5 text:"""a""" id:"a"){name}}`,
			`{find(n:null rate:1e3 flag:null id:12345678901234567890 color:null text:null){name}}`, `{find(at:"x"){name} list(of:1 deep:1)}`,
			`{find(at:{a:[1.5 RED true]}){name}}`, `{find(at:[1]){name} list(of:[] deep:[[1] [2.5 null] null 3])}`,
			`query($n:Int=1 $w:Where={need:1} $l:[Int!]=1 $t:Time={a:1}){find(n:$n where:$w at:$t){name} list(of:$l)}`,
		},
		valuesOfWrongType(),
	},
	{
		"5.6.2 Input Object Field Names",
		[]string{`{find(where:{need:1 name:"a"}){name}}`},
		[]string{`{find(where:{need:1 nope:1}){name}}`, `query($w:Where={need:1 nope:1}){find(where:$w){name}}`, `{find(where:{need:1 inner:{need:1 nope:1}}){name}}`},
	},
	{
		"5.6.3 Input Object Field Uniqueness",
		[]string{`{find(where:{need:1 inner:{need:2}}){name}}`},
		[]string{`{find(where:{need:1 need:1}){name}}`, `{find(where:{need:1 inner:{need:1 need:2}}){name}}`, `{find(at:{a:1 a:2}){name}}`},
	},
	{
		"5.6.4 Input Object Required Fields",
		[]string{`{find(where:{need:1 name:null}){name}}`},
		[]string{`{find(where:{}){name}}`, `{find(where:{need:null}){name}}`, `{find(where:{need:1 with:null}){name}}`, `{find(where:{need:1 inner:{}}){name}}`},
	},
	{
		"OneOf Input Objects",
		[]string{`{find(one:{a:1}){name}}`, `query($a:Int!){find(one:{a:$a}){name}}`},
		[]string{`{find(one:{}){name}}`, `{find(one:{a:1 b:"x"}){name}}`, `{find(one:{a:null}){name}}`, `query($a:Int){find(one:{a:$a}){name}}`},
	},
	{
		"5.7.1 Directives Are Defined",
		[]string{`query @onQuery{dog{name @onField @skip(if:true)}}`},
		[]string{`{dog{name @nope}}`, `query @nope{dog{name}}`, `{dog{...F @nope}} fragment F on Dog{name}`, `{dog{...F}} fragment F on Dog @nope{name}`},
	},
	{
		"5.7.2 Directives Are in Valid Locations",
		[]string{`query($a:Int @onVariable(n:1)){find(n:$a){name}}`},
		[]string{`query @onField{dog{name}}`, `{dog{name @onQuery}}`, `query @skip(if:true){dog{name}}`, `query($a:Int @skip(if:true)){find(n:$a){name}}`, `{dog{name @deprecated}}`},
	},
	{
		"5.7.3 Directives Are Unique per Location",
		[]string{`{dog{name @again @again(n:1)}}`, `{dog{name @skip(if:true) age @skip(if:true)}}`},
		[]string{`{dog{name @onField @onField}}`, `{dog{...@skip(if:true) @include(if:true) @skip(if:true){name}}}`},
	},
	{
		"5.8.1 Variable Uniqueness",
		[]string{`query A($n:Int){find(n:$n){name}} query B($n:Int){find(n:$n){name}}`},
		[]string{`query($n:Int $n:Int){find(n:$n){name}}`, `query($n:Int $n:String){find(n:$n){name}}`},
	},
	{
		"5.8.2 Variables Are Input Types",
		[]string{`query($a:Where $b:[Color!]! $c:Time){find(where:$a at:[$b $c]){name}}`},
		[]string{`query($d:Dog){find(at:$d){name}}`, `query($d:[Pet!]!){find(at:$d){name}}`, `query($d:Named={a:1}){find(at:$d){name}}`, `query($d:Nope){find(at:$d){name}}`, `query($d:[Nope!]={a:[1]}){find(at:$d){name}}`},
	},
	{
		"5.8.3 All Variable Uses Defined",
		[]string{`query($n:Int){...F} fragment F on Query{...G} fragment G on Query{find(n:$n){name}}`},
		[]string{
			`{find(n:$n){name}}`, `query($n:Int){find(n:$m){name}}`, `{...F} fragment F on Query{find(n:$n){name}}`,
			`query A($n:Int){...F} query B{...F} fragment F on Query{find(n:$n){name}}`, `{dog{name @skip(if:$b)}}`, `{find(at:{a:[$x]}){name}}`,
			`query{...F} fragment F on Query{find(where:{need:$n}){name}}`,
		},
	},
	{
		"5.8.4 All Variables Used",
		[]string{`query($b:Boolean!){dog{name @skip(if:$b)}}`, `query($x:Int){find(at:{a:[$x]}){name}}`},
		[]string{`query($n:Int){dog{name}}`, `query A($n:Int){find(n:$n){name}} query B($n:Int){dog{name}}`, `query($n:Int){dog{...F}} fragment F on Dog{name}`},
	},
	{
		"5.8.5 All Variable Usages Are Allowed",
		[]string{
			`query($n:Int!){find(n:$n){name}}`, `query($n:Int){find(req:$n){name}}`, `query($n:Int=1){need(n:$n)}`, `query($l:[Int!]!){list(of:$l)}`,
			`query($n:Int!){list(of:[$n])}`, `query($w:Int){find(where:{need:1 with:$w}){name}}`, `query($x:Boolean){find(at:{a:$x}){name}}`,
		},
		[]string{
			`query($n:Int){need(n:$n)}`, `query($n:Int=null){need(n:$n)}`, `query($n:String){find(n:$n){name}}`, `query($n:Int!){list(of:$n)}`,
			`query($l:[Int]){list(of:$l)}`, `query($n:Int){list(of:[$n])}`, `query($l:[Int!]){find(n:$l){name}}`, `query($n:Int){find(id:$n){name}}`,
			`query($b:Boolean){dog{name @skip(if:$b)}}`, `query($n:Int){find(where:{need:$n}){name}}`, `query($c:String){find(color:$c){name}}`,
			`query A($n:Int!){...F} query B($n:String){...F} fragment F on Query{find(n:$n){name}}`, `query($x:Int){find(at:$x flag:$x){name}}`,
		},
	},
}

// valuesOfWrongType puts each kind of literal where it does not belong: as an argument, in a list, in an
// input object, in a directive and as a default.
func valuesOfWrongType() []string {
	all := []string{`1`, `1.5`, `"a"`, `"""a"""`, `true`, `RED`, `{}`, `{a:1}`, `[{}]`, `[[RED]]`}
	takes := map[string][]string{
		"n:Int": {`1`}, "rate:Float": {`1`, `1.5`}, "text:String": {`"a"`, `"""a"""`}, "flag:Boolean": {`true`}, "color:Color": {`RED`},
		"id:ID": {`1`, `"a"`, `"""a"""`},
	}
	documents := []string{
		`{find(n:2147483648){name}}`, `{find(n:-2147483649){name}}`, `{find(n:12345678901234567890){name}}`, `{find(rate:1e999){name}}`, `{find(n:1.0){name}}`,
		`{find(color:GREEN){name}}`, `{find(color:red){name}}`, `{find(color:"RED"){name}}`, `{find(where:1){name}}`, `{find(where:[]){name}}`,
		`{find(where:[{need:1}]){name}}`, `{find(where:{need:{}}){name}}`, `{find(where:{need:[]}){name}}`, `{find(where:{need:1 ages:[{}]}){name}}`,
		`{find(where:{need:1 ages:[null]}){name}}`, `{find(where:{need:1 ages:{}}){name}}`, `{find(where:{need:1 inner:1}){name}}`, `{list(of:{})}`,
		`{list(of:[{}])}`, `{list(of:[1 [2]])}`, `{list(of:["1"])}`, `{list(of:[2147483648])}`, `{list(deep:[[[1]]])}`, `{list(deep:[{}])}`, `{list(deep:RED)}`,
		`{dog{name @include(if:{})}}`, `{dog{name @include(if:[true])}}`, `{dog{name @include(if:"true")}}`, `{dog{name @include(if:1)}}`,
		`{dog{name @include(if:null)}}`, `{dog{name @again(n:{})}}`, `{__type(name:{}){name}}`, `{__type(name:1){name}}`, `{__schema{types{fields(includeDeprecated:{}){name}}}}`,
		`query($n:Int={}){find(n:$n){name}}`, `query($n:Int!=null){find(n:$n){name}}`, `query($l:[Int!]=[null]){list(of:$l)}`, `query($l:[Int!]=[{}]){list(of:$l)}`,
		`query($w:Where={}){find(where:$w){name}}`, `query($w:Where={need:"1"}){find(where:$w){name}}`, `query($a:Int @onVariable(n:{})){find(n:$a){name}}`,
		`{...F} fragment F on Query{find(n:{}){name}}`, `{find(n:[$x]){name}}`,
	}
	for place, fine := range takes {
		name, typ, _ := strings.Cut(place, ":")
		for _, literal := range all {
			if !slices.Contains(fine, literal) {
				documents = append(documents, `{find(`+name+`:`+literal+`){name}}`, `query($x:`+typ+`=`+literal+`){find(`+name+`:$x){name}}`)
			}
		}
		documents = append(documents, `{find(`+name+`:[`+fine[0]+`]){name}}`)
	}
	return documents
}

// faultsOf parses and validates. A text that is not GraphQL gives its error, too.
func faultsOf(v document.Validator, text string) gqlerror.List {
	doc, err := document.Parse(text, 1000)
	if err != nil {
		return gqlerror.List{err}
	}
	return v.Validate(doc, 10)
}

var schemaNames = regexp.MustCompile(`\b(Dog|Cat|Pet|Named|Human|Free|Color|Time|Where|One|Int|Float|String|Boolean|ID|RED|BLUE|find|need|name|ages|barks|loud|meows|owner|onField)\b`)

// Every rule of the specification is kept by what keeps it, and broken by what breaks it. Each error has its
// places; when names may not be told, it has none that was not sent.
func TestRules(t *testing.T) {
	t.Parallel()
	telling, silent := document.NewValidator(kennelSchema(t), true), document.NewValidator(kennelSchema(t), false)
	for _, tc := range rulesOfTheSpecification {
		for _, text := range tc.keep {
			if list := faultsOf(telling, text); len(list) > 0 {
				t.Errorf("%s: %s\n%v", tc.rule, text, list)
			}
		}
		for _, text := range tc.broken {
			list, discreet := faultsOf(telling, text), faultsOf(silent, text)
			if len(list) == 0 || len(discreet) == 0 {
				t.Errorf("%s: %s is not refused", tc.rule, text)
			}
			for _, err := range slices.Concat(list, discreet) {
				if len(err.Locations) == 0 || err.Locations[0].Line != 1 || err.Locations[0].Column < 1 || err.Locations[0].Column > len(text)+1 {
					t.Errorf("%s: %s: %q has the places %v", tc.rule, text, err.Message, err.Locations)
				}
			}
			for _, err := range discreet {
				for _, name := range schemaNames.FindAllString(err.Message, -1) {
					if !strings.Contains(text, name) {
						t.Errorf("%s: %s: %q gives %q away", tc.rule, text, err.Message, name)
					}
				}
			}
		}
	}
}

// What is said of a literal helps to mend it.
func TestMessages(t *testing.T) {
	t.Parallel()
	v := document.NewValidator(kennelSchema(t), true)
	for text, want := range map[string]string{
		`{find(n:2147483648){name}}`:                              `Expected value of type "Int": a whole number from -2147483648 to 2147483647, found a number beyond 32 bits.`,
		`{find(n:1.0){name}}`:                                     `Expected value of type "Int": a whole number from -2147483648 to 2147483647, found a number with a point or an exponent.`,
		`{find(rate:"x"){name}}`:                                  `Expected value of type "Float": a number, found a string.`,
		`{find(color:GREEN){name}}`:                               `Expected value of type "Color": RED or BLUE, found another word.`,
		`{find(color:"RED"){name}}`:                               `Expected value of type "Color": RED or BLUE, found a string.`,
		`{find(where:{name:"x"}){name}}`:                          `Field "Where.need" of required type "Int!" was not provided.`,
		`{find(where:{need:1,x:1}){name}}`:                        `Field "x" is not defined by type "Where".`,
		`{find(where:{need:1,nane:1}){name}}`:                     `Field "nane" is not defined by type "Where". Did you mean "name"?`,
		`{find(where:7){name}}`:                                   `Expected value of type "Where": an object with name, ages, need, with, inner, found a number.`,
		`{find(where:[{need:1}]){name}}`:                          `Expected value of type "Where": an object with name, ages, need, with, inner, found a list.`,
		`{find(id:1.5){name}}`:                                    `Expected value of type "ID": a string, or a whole number of 64 bits, found a number with a point or an exponent.`,
		`{find(id:RED){name}}`:                                    `Expected value of type "ID": a string, or a whole number of 64 bits, found a word without quotes.`,
		`{find(flag:"true"){name}}`:                               `Expected value of type "Boolean": true or false, without quotes, found a string.`,
		`{find(text:true){name}}`:                                 `Expected value of type "String": a string, in quotes, found true or false.`,
		`{find(text:{a:1}){name}}`:                                `Expected value of type "String": a string, in quotes, found an object.`,
		`{find(tetx:"x"){name}}`:                                  `Unknown argument "tetx" on field "Query.find". Did you mean "text"?`,
		`{dogs{name}}`:                                            `Cannot query field "dogs" on type "Query". Did you mean "dog"?`,
		`{named{age}}`:                                            `Cannot query field "age" on type "Named". It needs an inline fragment, such as "... on Dog".`,
		`{pet{barks}}`:                                            `Cannot query field "barks" on type "Pet". It needs an inline fragment, such as "... on Dog".`,
		`{...F} fragment F on Querry{dog{name}}`:                  `Unknown type "Querry". Did you mean "Query"?`,
		`query($n:String){find(n:$n){name}}`:                      `Variable "$n" of type "String" used in position expecting type "Int". Declare $n as Int.`,
		`{find(one:{b:null}){name}}`:                              `Field "One.b" must be non-null.`,
		`{find(req:null){name}}`:                                  `Expected value of type "Int!", which may not be null.`,
		`{dog{name}} {cat{name}}`:                                 `This anonymous operation must be the only defined operation.`,
		`query A{dog{name}} query A{dog{name}}`:                   `There can be only one operation named "A".`,
		`{dog{name @onField @onField}}`:                           `The directive "@onField" can only be used once at this location.`,
		`subscription{bark x:bark}`:                               `A subscription must select only one root field.`,
		`subscription{__typename}`:                                `A subscription must not select introspection at its root.`,
		`subscription{bark @skip(if:true)}`:                       `A subscription's root field may not depend on "@skip".`,
		`{dog{name x:name} ...F} fragment F on Query{dog{x:age}}`: `Fields "dog" conflict because subfields "x" conflict because "name" and "age" are different fields. Use different aliases on the fields to fetch both if this was intentional.`,
	} {
		if list := faultsOf(v, text); len(list) != 1 || list[0].Message != want {
			t.Errorf("%s: %v, want %s", text, list, want)
		}
	}
}

// An argument that is not known is blamed where it stands, and not its field.
func TestPlacesOfArguments(t *testing.T) {
	t.Parallel()
	v := document.NewValidator(kennelSchema(t), true)
	for text, want := range map[string]string{
		"{dog{barks(loud:true,\r\n nope:1)}}":           `input:2:2: Unknown argument "nope" on field "Dog.barks".`,
		"{dog{name\r\n @skip(if:true\r\n unless:1)}}":   `input:3:2: Unknown argument "unless" on directive "@skip".`,
		"{dog{...F}} fragment F on Dog{barks(x:1 x:2)}": `input:1:37: Unknown argument "x" on field "Dog.barks".`,
	} {
		if list := faultsOf(v, text); len(list) == 0 || list[0].Error() != want {
			t.Errorf("%q: %v, want %s", text, list, want)
		}
	}
}

// An operation of a type that the schema does not have is refused.
func TestOperationTypes(t *testing.T) {
	t.Parallel()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: "type Query{a:Int}"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`mutation{a}`, `subscription{a}`, `mutation{...F} fragment F on Query{a}`} {
		if list := faultsOf(document.NewValidator(schema, true), text); len(list) == 0 {
			t.Errorf("%s is not refused", text)
		}
	}
}

// Equal faults are one error with its places, in the order of the text, however often a fragment is spread.
func TestEqualErrors(t *testing.T) {
	t.Parallel()
	v := document.NewValidator(kennelSchema(t), true)
	list := faultsOf(v, "{dog{"+strings.Repeat("name @nope ", 30)+"}}")
	if len(list) != 1 || len(list[0].Locations) != 20 || list[0].Locations[1] != (gqlerror.Location{Line: 1, Column: 22}) {
		t.Errorf("30 equal faults: %v", list)
	}
	list = faultsOf(v, "query A{dog{...F}}\nquery B{dog{...F} nope}\nfragment F on Dog{zzz}\nfragment G on Dog{aaa}")
	var got []string
	for _, err := range list {
		got = append(got, err.Error())
	}
	want := []string{
		`input:2:19: Cannot query field "nope" on type "Query".`, `input:3:19: Cannot query field "zzz" on type "Dog".`,
		`input:4:1: Fragment "G" is never used.`, `input:4:19: Cannot query field "aaa" on type "Dog". Did you mean "age"?`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	// What differs in names alone is equal when names are not told.
	if list := faultsOf(document.NewValidator(kennelSchema(t), false), "{dog{nope} cat{nope}}"); len(list) != 1 || len(list[0].Locations) != 2 {
		t.Errorf("without names: %v", list)
	}
	if list := faultsOf(v, "{"+strings.Repeat("x", 5000)+"}"); len(list) != 1 || len(list[0].Message) > 310 {
		t.Errorf("a long name: %d errors", len(list))
	}
}
