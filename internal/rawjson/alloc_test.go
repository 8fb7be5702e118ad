package rawjson

import "testing"

// Looking up members allocates nothing.
func TestAllocations(t *testing.T) {
	v := Value(`{"a":1,"\u0062":[2,3],"c":{"d":"e"}}`)
	values := make([]Value, 3)
	for name, read := range map[string]func() bool{
		"Get":     func() bool { return string(v.Get("c").Get("d")) == `"e"` && v.Get("x") == nil },
		"Members": func() bool { v.Members([]string{"c", "x", "b"}, values); return string(values[2]) == "[2,3]" },
		"Says":    func() bool { return v.Get("c").Get("d").Says("e") },
		"Elements": func() bool {
			n := 0
			for range v.Get("b").Elements() {
				n++
			}
			return n == 2
		},
	} {
		if n := testing.AllocsPerRun(10, func() {
			if !read() {
				t.Fatal(name)
			}
		}); n != 0 {
			t.Errorf("%s takes %v allocations", name, n)
		}
	}
}
