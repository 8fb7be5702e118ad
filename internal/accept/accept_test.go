package accept

import "testing"

func TestGzip(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"GZip"}, true},
		{[]string{"x-gzip"}, true},
		{[]string{"gzip, deflate, br"}, true},
		{[]string{"br", "gzip"}, true},
		{[]string{"br;q=1.0, gzip;q=0.2"}, true},
		{[]string{"gzip; q=0.5"}, true},
		{[]string{"gzip;q=0"}, false},
		{[]string{"gzip;q=0.000"}, false},
		{[]string{"gzip;q=much"}, false},
		{[]string{"*"}, true},
		{[]string{"*;q=0"}, false},
		{[]string{"*, gzip;q=0"}, false},
		{[]string{"gzip, *;q=0"}, true},
		{[]string{"identity"}, false},
		{[]string{"gzipped"}, false},
		{[]string{"gzip;q=0", "gzip"}, false},
		{[]string{"gzip/x"}, false},
	}
	for _, tt := range tests {
		if got := Gzip(tt.header); got != tt.want {
			t.Errorf("Gzip(%q): got %v, want %v", tt.header, got, tt.want)
		}
	}
}
